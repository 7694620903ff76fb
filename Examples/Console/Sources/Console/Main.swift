import KernelFont
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
      let start = kernel_font_start()
      // The distribution's font, if `make font` has found one.
      if let font = try? PSFFont(Span(_unsafeStart: start, count: kernel_font_size)) {
        try show(font, on: &screen, patience)
      } else {
        try show(BasicFont(), on: &screen, patience)
      }
    } catch {
      panic("\(error)")
    }
    printLine("CONSOLE READY")
    idle()
  }

  private static func show<Font: BitmapFont & ~Copyable & ~Escapable>(
    _ font: borrowing Font, on screen: inout Screen, _ patience: PollingWaiter
  ) throws(GPUError) {
    var frame = try screen.nextFrame(waiting: patience)
    var memory = InlineArray<8192, TextCell>(repeating: TextCell())
    var console = TextConsole(
      columns: frame.width / font.cellWidth, rows: frame.height / font.cellHeight,
      cells: memory.mutableSpan)
    console.write("\u{1B}[1;32mswift-virtio\u{1B}[0m on \u{1B}[4mbare metal\u{1B}[0m\n\n")
    for color in UInt8(ascii: "0")...UInt8(ascii: "7") {
      console.write("\u{1B}[4")
      console.write(byte: color)
      console.write("m    ")
    }
    console.write("\u{1B}[0m\n\n┌─────────────────────┐\n")
    console.write("│ Grüße, κόσμε, Жук ! │\n└─────────────────────┘\n\n")
    log("a display of \(frame.width) x \(frame.height) pixels", on: &console)
    log("a console of \(console.columns) x \(console.rows) characters", on: &console)
    console.write("\u{1B}[33m$\u{1B}[0m ")
    var canvas = Canvas(
      width: frame.width, height: frame.height, format: frame.format, pixels: frame.pixels)
    console.draw(on: &canvas, font: font)
    try screen.finish(try screen.present(frame), waiting: patience)
  }

  /// A line of the log: on the serial line and on the console.
  private static func log(_ message: Message, on console: inout TextConsole) {
    printLine(message)
    console.write(message.text)
    console.write("\n")
  }
}
