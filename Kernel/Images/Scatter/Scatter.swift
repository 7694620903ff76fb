import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOPCI

/// Shows a picture although no two pages of RAM that are free lie side by side in more than short runs.
///
/// With `run=PAGES` runs are that long. The picture is TestCard's.
@main
struct Scatter {
  static func main() {
    var board = Board()
    guard let device = board.nextDevice(ofType: 16) else {
      panic("no GPU: expected a PCI function 1af4:1050, found none")
    }
    device.requireDMACoherence()
    guard let platform = board.makeScatteringPlatform(byteCount: 16 << 20) else {
      panic("no window: expected 16 MiB of addresses")
    }
    let run = Int(clamping: board.arguments.number("run") ?? 8)
    let freeByteCount = fragment(board.platform, run: max(1, min(run, 64)))
    printLine("SCATTER free=\(freeByteCount >> 10) KiB in runs of \(run) pages")
    guard platform.allocate(byteCount: 4096 * (run + 1), alignment: 4096) == nil else {
      panic("memory is not in short runs")
    }
    let transport: PCITransport<MMIO>
    do {
      transport = try PCITransport(device.function, deviceType: 16, maximumVectorCount: 0)
    } catch {
      panic("GPU at \(device): \(error)")
    }
    do throws(GPUError) {
      let patience = PollingWaiter(timeout: .seconds(2))
      var screen = try Display.open(transport, on: platform, waiting: patience)
      for round in 0..<4 {
        var frame = try screen.nextFrame(waiting: patience)
        draw(&frame, shift: 3 - round)
        try screen.finish(try screen.present(frame), waiting: patience)
      }
      printLine("SCATTER READY")
      idle()
    } catch {
      panic("\(error)")
    }
  }

  /// Draws TestCard's picture, or another that is shifted.
  private static func draw(_ frame: inout Frame, shift: Int) {
    let (width, height) = (frame.width, frame.height)
    var pixels = frame.pixels
    for y in 0..<height {
      let green = height > 1 ? y * 255 / (height - 1) : 0
      for x in 0..<width {
        let red = width > 1 ? x * 255 / (width - 1) : 0
        let blue = ((x &+ shift) ^ y) & 255
        pixels[y * width + x] = UInt32(truncatingIfNeeded: red << 16 | green << 8 | blue)
      }
    }
  }

  /// Takes all RAM in pieces, one behind the other, then gives every other piece back.
  ///
  /// - Returns: How many bytes are free then.
  private static func fragment(_ platform: BoardPlatform, run: Int) -> Int {
    let pageByteCount = 4096
    // Each piece says where the last one lies.
    var last: UInt64 = 0
    while let piece = platform.allocate(
      byteCount: run * pageByteCount, alignment: pageByteCount)
    {
      piece.store64(last, uncheckedAt: 0)
      last = piece.deviceAddress.rawValue
    }
    while platform.allocate(byteCount: pageByteCount, alignment: pageByteCount) != nil {}
    var count = 0
    while let base = unsafe UnsafeMutableRawPointer(bitPattern: UInt(last)) {
      // SAFETY: a piece that was taken above, which lies where the device sees it.
      let piece = unsafe CoherentRegion(
        base: base, deviceAddress: DeviceAddress(rawValue: last), byteCount: run * pageByteCount)
      last = piece.load64(uncheckedAt: 0)
      count += 1
      if count & 1 == 0 { platform.free(piece) }
    }
    return count / 2 * run * pageByteCount
  }
}
