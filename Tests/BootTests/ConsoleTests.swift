import Foundation
import Testing
import VirtIOGraphics
import VirtIOTesting

/// A terminal on a display: the image Console.
@Suite struct ConsoleTests {
  /// What the image writes before the log.
  private static let heading =
    "\u{1B}[1;32mvirtio\u{1B}[0m: \u{1B}[38;2;255;160;0m─┤\u{1B}[0m Ελλάδα Жук \u{1B}[4mAe\u{1B}[0m\n"

  @Test(
    "the log is on the serial line and on the display, pixel for pixel, though only damage is presented",
    arguments: [3, 75])
  func log(_ count: Int) async throws {
    var machine = MachineConfiguration(image: try Repository.image("Console"))
    machine.gpus = ["virtio-gpu-pci,xres=644,yres=490"]
    machine.append = "lines=\(count)"
    try await MachineSlots.shared.run(machine) { machine in
      _ = try await machine.waitUntilReady()
      let log = (1...count).map { "line \($0) of the log" }
      let serial = machine.serial.lines.map(\.text).filter { $0.hasPrefix("line ") }
      #expect(serial == log)
      let picture = try await machine.picture()
      #expect(try picture == Self.expected(log, width: 644, height: 490))
      #expect(machine.guestErrors() == [])
    }
  }

  /// The same text on a console here, drawn once and all of it.
  private static func expected(_ log: [String], width: Int, height: Int) throws -> Picture? {
    let path = try Repository.checkout().root + "/build/font/console.psf"
    let bytes = FileManager.default.contents(atPath: path).map { [UInt8]($0) } ?? []
    guard let font = try? PSFFont(bytes.span) else {
      return draw(log, width: width, height: height, font: BasicFont())
    }
    return draw(log, width: width, height: height, font: font)
  }

  private static func draw<Font: BitmapFont & ~Copyable & ~Escapable>(
    _ log: [String], width: Int, height: Int, font: borrowing Font
  ) -> Picture? {
    var cells = Array(repeating: TextCell(), count: 8192)
    var console = TextConsole(
      columns: width / font.cellWidth, rows: height / font.cellHeight, cells: cells.mutableSpan)
    for line in [heading] + log.map({ $0 + "\n" }) {
      let text = Array(line.utf8)
      console.write(text.span)
    }
    var words = Array(repeating: UInt32(0), count: width * height)
    var canvas = Canvas(width: width, height: height, format: .b8g8r8x8, pixels: words.mutableSpan)
    console.draw(on: &canvas, font: font)
    return Picture(
      width: width, height: height,
      bytes: words.flatMap { word in
        let color = PixelFormat.b8g8r8x8.decode(word)
        return [color.red, color.green, color.blue]
      })
  }
}
