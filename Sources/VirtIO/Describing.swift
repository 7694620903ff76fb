/// Takes text, where there is no `String`: a serial line, a log, a crash screen.
public protocol TextSink {
  /// Takes text.
  mutating func write(_ text: StaticString)
  /// Takes a number, to be shown in decimal.
  mutating func write(_ number: UInt64)
  /// Takes a number, to be shown in hexadecimal.
  mutating func write(hexadecimal number: UInt64)
}

/// Says what it is in plain words: an error, to people who read a console.
public protocol Describable {
  /// Writes a few words, without an end of line.
  func describe<Sink: TextSink>(to sink: inout Sink)
}

extension DeviceError: Describable {
  /// Says what was expected of the device, and what it did.
  public func describe<Sink: TextSink>(to sink: inout Sink) {
    switch self {
    case .wrongType(let expected, let found):
      sink.write("not the device that was looked for: expected VirtIO device type ")
      sink.write(UInt64(expected))
      sink.write(", found ")
      sink.write(UInt64(found))
    case .neverReset(let status):
      sink.write("the device never left reset: expected status 0, found ")
      sink.write(hexadecimal: UInt64(status.rawValue))
    case .wrongStatus(let status):
      sink.write("the device has broken on its way into service: found status ")
      sink.write(hexadecimal: UInt64(status.rawValue))
    case .queueNeverReset(let index):
      sink.write("the device never reset queue ")
      sink.write(UInt64(index))
    case .missingFeatures(let required, let offered):
      sink.write("the device lacks features: expected ")
      sink.write(hexadecimal: required.rawValue)
      sink.write(", found ")
      sink.write(hexadecimal: offered.rawValue)
    case .featuresRefused(let accepted):
      sink.write("the device refused its own features: expected FEATURES_OK after accepting ")
      sink.write(hexadecimal: accepted.rawValue)
      sink.write(", found it cleared")
    case .configurationUnstable:
      sink.write("the device configuration never settled: its generation kept changing")
    case .configurationTooSmall(let byteCount, let needed):
      sink.write("the device configuration is too small: expected ")
      sink.write(UInt64(needed))
      sink.write(" bytes, found ")
      sink.write(UInt64(byteCount))
    case .queueMissing(let index):
      sink.write("the device has no queue ")
      sink.write(UInt64(index))
    case .queueTooSmall(let index, let size):
      sink.write("queue ")
      sink.write(UInt64(index))
      sink.write(" is too small: found room for ")
      sink.write(UInt64(size))
    case .queueRefused(let index, _):
      sink.write("the device does not take queue ")
      sink.write(UInt64(index))
    case .notificationOutOfRange(let index, let offset):
      sink.write("queue ")
      sink.write(UInt64(index))
      sink.write(" has its notification outside the notification structure: found offset ")
      sink.write(UInt64(offset))
    case .outOfMemory(let failure): failure.describe(to: &sink)
    }
  }
}

extension AllocationFailure: Describable {
  /// Says how much memory there was not.
  public func describe<Sink: TextSink>(to sink: inout Sink) {
    sink.write("no memory for ")
    sink.write(UInt64(clamping: byteCount))
    sink.write(" contiguous bytes")
  }
}

extension QueueError: Describable {
  /// Says what is wrong with the queue.
  public func describe<Sink: TextSink>(to sink: inout Sink) {
    switch self {
    case .broken(.usedIndex(let found, let outstanding)):
      sink.write("the device broke the queue: used index ")
      sink.write(UInt64(found))
      sink.write(" with ")
      sink.write(UInt64(outstanding))
      sink.write(" buffers outstanding")
    case .broken(.usedElement(let id)):
      sink.write("the device broke the queue: it gave back buffer ")
      sink.write(UInt64(id))
      sink.write(", which it did not have")
    case .full: sink.write("the queue has no descriptors left")
    case .disabled: sink.write("the queue was reset and is not enabled")
    case .inFlight: sink.write("the chain is in flight already")
    case .tooLong: sink.write("the chain has no room for so many bytes")
    case .empty: sink.write("a segment of the chain has no bytes")
    }
  }
}
