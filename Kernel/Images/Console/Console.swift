import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOPCI

/// A terminal on the display: what is written to the log is there and on the serial line.
///
/// Each line is presented as the damage that it makes. With `lines=N` among its arguments there are so many
/// lines. The font is the distribution's, or the built-in one if the image was made without.
@main
struct ConsoleImage {
  static func main() {
    let board = Board()
    guard let device = board.nextDevice(ofType: 16) else {
      panic("no GPU: expected a PCI function 1af4:1050, found none")
    }
    device.requireDMACoherence()
    let transport: PCITransport<MMIO>
    do {
      transport = try PCITransport(device.function, deviceType: 16, maximumVectorCount: 0)
    } catch {
      panic("GPU at \(device): \(error)")
    }
    do throws(GPUError) {
      let patience = PollingWaiter(timeout: .seconds(2))
      var screen = try Display.open(transport, on: board.platform, waiting: patience)
      let lines = board.arguments.number("lines") ?? 40
      if let font = try? PSFFont(Font.bytes) {
        try show(lines, on: &screen, font: font, patience)
      } else {
        try show(lines, on: &screen, font: BasicFont(), patience)
      }
      idle()
    } catch {
      panic("\(error)")
    }
  }

  /// Writes lines, in the size that the first picture has.
  @inline(never)
  private static func show<Font: BitmapFont & ~Copyable & ~Escapable, P: Platform>(
    _ lines: UInt64, on screen: inout Display<P, PCITransport<MMIO>>, font: borrowing Font,
    _ patience: PollingWaiter
  ) throws(GPUError) {
    // About 100 KiB on the stack: a screen of 100 x 37 characters, and what has scrolled off.
    var memory = InlineArray<8192, TextCell>(repeating: TextCell())
    var frame = try screen.nextFrame(waiting: patience)
    var console = TextConsole(
      columns: frame.width / font.cellWidth, rows: frame.height / font.cellHeight,
      cells: memory.mutableSpan)
    console.write("\u{1B}[1;32mvirtio\u{1B}[0m: \u{1B}[38;2;255;160;0m\u{2500}\u{2524}\u{1B}[0m ")
    console.write(
      "\u{395}\u{3BB}\u{3BB}\u{3AC}\u{3B4}\u{3B1} \u{416}\u{443}\u{43A} \u{1B}[4mAe\u{1B}[0m\n")
    var line: UInt64 = 0
    while true {
      let damage = console.takeDamage(font: font)
      ConsoleFrame.draw(console, on: &frame, damage, font: font)
      let presentation = try screen.present(frame, damage: damage.rectangles)
      if line == lines {
        try screen.finish(presentation, waiting: patience)
        break
      }
      line += 1
      log("line \(line) of the log", on: &console)
      frame = try screen.nextFrame(waiting: patience)
    }
    printLine("CONSOLE READY")
  }

  /// A line of the log: on the serial line and on the console.
  private static func log(_ message: Message, on console: inout TextConsole) {
    printLine(message)
    console.write(message.text)
    console.write("\n")
  }
}
