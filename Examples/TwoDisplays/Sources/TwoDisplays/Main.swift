import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOPCI

typealias Screen = Display<BoardPlatform, PCITransport<MMIO>>

@main
struct Main {
  static func main() {
    let board = Board()
    guard let device = board.nextDevice(ofType: Screen.deviceType) else { panic("there is no GPU") }
    device.requireDMACoherence()
    guard let transport = try? PCITransport(device.function, deviceType: Screen.deviceType) else {
      panic("the GPU does not have what VirtIO devices have on PCI")
    }
    do throws(GPUError) {
      let patience = PollingWaiter(timeout: .seconds(2))
      var screen = try Screen.open(transport, on: board.platform, waiting: patience)
      let left = screen.scanouts[0]
      let right = screen.scanouts[1]
      guard left.isEnabled, right.isEnabled else { panic("there are no two displays") }
      if board.arguments.has("layout", "span") {
        let both = FixedArray<2, ScanoutID> { $0 == 0 ? left.id : right.id }
        try screen.span(both.span, arranged: .sideBySide)
        try show("One picture", on: left.id, of: &screen, patience)
      } else {
        try show("Left", on: left.id, of: &screen, patience)
        try show("Right", on: right.id, of: &screen, patience)
      }
    } catch {
      panic("\(error)")
    }
    printLine("DISPLAYS READY")
    idle()
  }

  private static func show(
    _ title: TextLiteral, on scanout: ScanoutID, of screen: inout Screen, _ patience: PollingWaiter
  ) throws(GPUError) {
    var frame = try screen.nextFrame(on: scanout, waiting: patience)
    var canvas = Canvas(
      width: frame.width, height: frame.height, format: frame.format, pixels: frame.pixels)
    let sky = Gradient(
      from: Color(rgb: 0x1B_1F3B), to: Color(rgb: 0xC8_553D), direction: .horizontal)
    canvas.fill(canvas.bounds, with: sky)
    let sun = Circle(x: canvas.width / 2, y: canvas.height / 2, radius: canvas.height / 4)
    canvas.fill(sun, with: Color(rgb: 0xF2_B134))
    canvas.draw(title, x: 32, y: 32, scale: 3, color: .white)
    try screen.finish(try screen.present(frame), waiting: patience)
  }
}
