public import VirtIO
import VirtIOGraphics

extension GPUError: Describable {
  /// Says what went wrong, with the command, resource and scanout concerned.
  public func describe<Sink: TextSink>(to sink: inout Sink) {
    switch self {
    case .device(let error): error.describe(to: &sink)
    case .queue(let error): error.describe(to: &sink)
    case .outOfMemory(let failure): failure.describe(to: &sink)
    case .command(let failure): failure.describe(to: &sink)
    case .timedOut(let subject, let needsReset):
      subject.describe(to: &sink)
      sink.write(" was not answered in time")
      if needsReset { sink.write(": the device needs a reset") }
    case .needsReset: sink.write("the device needs a reset")
    case .busy: sink.write("all command slots are in use")
    case .noFrame(let scanout):
      sink.write("no frame became free in time for scanout ")
      sink.write(UInt64(scanout.rawValue))
    case .scanoutDisabled(let scanout):
      sink.write("nothing is connected to scanout ")
      sink.write(UInt64(scanout.rawValue))
    case .noScanout: sink.write("no scanout is enabled")
    case .invalidSize(let width, let height):
      sink.write("no picture can be ")
      sink.write(UInt64(width))
      sink.write("x")
      sink.write(UInt64(height))
    case .invalidViewport(let part):
      sink.write("no part of the surface is ")
      sink.write(UInt64(clamping: part.width))
      sink.write("x")
      sink.write(UInt64(clamping: part.height))
      sink.write(" at ")
      sink.write(UInt64(clamping: part.x))
      sink.write(", ")
      sink.write(UInt64(clamping: part.y))
    case .surfaceIsShared(let scanout):
      sink.write("another layout has the surface of scanout ")
      sink.write(UInt64(scanout.rawValue))
    case .tooScattered(let pieceCount, let limit):
      sink.write("the pixels' memory lies in ")
      sink.write(UInt64(clamping: pieceCount))
      sink.write(" pieces, a device takes ")
      sink.write(UInt64(clamping: limit))
    case .staleFrame: sink.write("the frame belongs to a surface that is gone")
    case .invalidCursorImage(let pixelCount):
      sink.write("a cursor image has not as many pixels as its size says: found ")
      sink.write(UInt64(clamping: pixelCount))
    case .invalidHotspot(let x, let y):
      sink.write("a cursor cannot point with a pixel outside its image: found ")
      sink.write(UInt64(x))
      sink.write(", ")
      sink.write(UInt64(y))
    case .bufferTooSmall(let byteCount, let needed):
      sink.write("the device may fill ")
      sink.write(UInt64(clamping: needed))
      sink.write(" bytes, there is room for ")
      sink.write(UInt64(clamping: byteCount))
    case .notOffered(let features):
      sink.write("the device does not offer GPU features ")
      sink.write(hexadecimal: features.rawValue)
    }
  }
}

extension CommandSubject: Describable {
  /// Writes the command's number, and the resource and the scanout if it has them.
  public func describe<Sink: TextSink>(to sink: inout Sink) {
    sink.write("command ")
    sink.write(hexadecimal: UInt64(command.rawValue))
    if resource != .none {
      sink.write(" on resource ")
      sink.write(UInt64(resource.rawValue))
    }
    if let scanout {
      sink.write(" for scanout ")
      sink.write(UInt64(scanout.rawValue))
    }
  }
}

extension CommandFailure: Describable {
  /// Says what the command was about, and what was wrong with the answer.
  public func describe<Sink: TextSink>(to sink: inout Sink) {
    subject.describe(to: &sink)
    switch reason {
    case .refused(let response):
      sink.write(" was refused with ")
      sink.write(hexadecimal: UInt64(response.rawValue))
    case .unexpected(let response):
      sink.write(" was answered with ")
      sink.write(hexadecimal: UInt64(response.rawValue))
    case .short(let byteCount):
      sink.write(" was answered with only ")
      sink.write(UInt64(byteCount))
      sink.write(" bytes")
    case .fence(let expected, let found):
      sink.write(" was answered without its fence: expected ")
      sink.write(expected)
      sink.write(", found ")
      sink.write(found ?? 0)
    }
  }
}
