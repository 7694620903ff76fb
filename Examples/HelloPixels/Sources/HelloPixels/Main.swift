import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOPCI

@main
struct Main {
  static func main() {
    let board = Board()
    guard let device = board.nextDevice(ofType: 16) else { panic("there is no GPU") }
    device.requireDMACoherence()
    guard let transport = try? PCITransport(device.function, deviceType: 16) else {
      panic("the GPU does not have what VirtIO devices have on PCI")
    }
    do throws(GPUError) {
      let patience = PollingWaiter(timeout: .seconds(2))
      var screen = try Display.open(transport, on: board.platform, waiting: patience)
      var frame = try screen.nextFrame(waiting: patience)
      draw(in: &frame)
      try screen.finish(try screen.present(frame), waiting: patience)
    } catch {
      panic("\(error)")
    }
    printLine("HELLO READY")
    idle()
  }

  static func draw(in frame: inout Frame) {
    var canvas = Canvas(
      width: frame.width, height: frame.height, format: frame.format, pixels: frame.pixels)
    canvas.fill(Color(rgb: 0x10_2040))
    canvas.fill(Rectangle(x: 32, y: 32, width: 400, height: 96), with: Color(rgb: 0xF0_5138))
    canvas.draw("Hello, pixels!", x: 64, y: 64, scale: 4, color: .white)
  }
}
