import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOPCI

/// The least that puts pixels on a display: start, draw, flush. Its size is watched.
@main
struct Minimal {
  static func main() {
    let board = Board(reporting: .brief)
    guard let device = board.nextDevice(ofType: 16) else {
      panic("no GPU: expected a PCI function 1af4:1050, found none")
    }
    device.requireDMACoherence()
    // What went wrong exactly, `"\(error)"` would say; the words for that are not the least.
    guard
      let transport = try? PCITransport(
        device.function, deviceType: 16, maximumVectorCount: 0)
    else { panic("the GPU does not have what VirtIO devices have on PCI") }
    do throws(GPUError) {
      let patience = PollingWaiter(timeout: .seconds(2))
      var screen = try Display.open(transport, on: board.platform, waiting: patience)
      var frame = try screen.nextFrame(waiting: patience)
      var pixels = frame.pixels
      for index in pixels.indices { pixels[index] = UInt32(truncatingIfNeeded: index) }
      let presentation = try screen.present(frame)
      try screen.finish(presentation, waiting: patience)
    } catch {
      panic("the GPU did not show the picture")
    }
    printLine("MINIMAL READY")
    idle()
  }
}
