import Foundation
import Testing
import VirtIOGraphics

/// What a call draws on a small surface, kept as a PNG file beside the tests.
///
/// `UPDATE_GOLDEN=1 swift test --filter GoldenTests` writes the files anew: look at each before it is committed.
struct GoldenPicture: Sendable, CustomTestStringConvertible {
  let name: String
  let draw: @Sendable (inout Canvas) -> Void

  init(_ name: String, _ draw: @escaping @Sendable (inout Canvas) -> Void) {
    self.name = name
    self.draw = draw
  }

  var testDescription: String { name }

  static let width = 48
  static let height = 32

  /// Where its file lies.
  var path: String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Golden/\(name).png").path
  }

  /// What is drawn in a format: three bytes a pixel, red first.
  func bytes(in format: PixelFormat) -> [UInt8] {
    var picture = Picture(Self.width, Self.height, stride: Self.width + 5, format: format)
    picture.draw(draw)
    var bytes: [UInt8] = []
    for y in 0..<Self.height {
      for x in 0..<Self.width {
        let color = format.decode(picture.words[y * picture.stride + x])
        bytes += [color.red, color.green, color.blue]
      }
    }
    return bytes
  }

  /// All of them.
  static let all = [
    fill, gradient, rectangle, line, circle, blit, text, console,
  ]

  private static let fill = GoldenPicture("fill") { canvas in
    canvas.fill(Color(rgb: 0x10_2040))
    canvas.fill(Rectangle(x: -5, y: -5, width: 20, height: 15), with: .white)
    canvas.fill(Rectangle(x: 40, y: 20, width: 99, height: 99), with: .pureGreen)
    canvas.blend(Rectangle(x: 8, y: 4, width: 36, height: 20), with: .pureRed.withAlpha(100))
    canvas.clip = Rectangle(x: 20, y: 10, width: 9, height: 9)
    canvas.fill(Color(rgb: 0xFF_A000))
    canvas.fill(Rectangle(x: 22, y: 12, width: 0, height: 5), with: .black)
  }

  private static let gradient = GoldenPicture("gradient") { canvas in
    let (start, end) = (Color(rgb: 0x05_0A14), Color(rgb: 0xF0_5138))
    let directions = [Gradient.Direction.vertical, .horizontal, .diagonal]
    for (column, direction) in directions.enumerated() {
      for (row, isDithered) in [false, true].enumerated() {
        let area = Rectangle(x: 16 * column, y: 16 * row, width: 16, height: 16)
        canvas.fill(
          area, with: Gradient(from: start, to: end, direction: direction, isDithered: isDithered))
      }
    }
  }

  private static let rectangle = GoldenPicture("rectangle") { canvas in
    for step in 0..<4 {
      canvas.outline(
        Rectangle(x: 2 + 11 * step, y: 2, width: 10, height: 12), thickness: step + 1,
        with: .white)
    }
    canvas.outline(Rectangle(x: -3, y: 18, width: 20, height: 30), with: .pureRed)
    canvas.outline(Rectangle(x: 30, y: 18, width: 40, height: 10), thickness: 2, with: .pureGreen)
    canvas.outline(Rectangle(x: 20, y: 18, width: 1, height: 1), with: .white)
  }

  private static let line = GoldenPicture("line") { canvas in
    for step in 0..<12 {
      let (x, y) = [
        (0, 0), (8, 0), (16, 0), (31, 0), (31, 5), (31, 15), (31, 31), (15, 31), (7, 31), (0, 31),
        (0, 20), (0, 9),
      ][step]
      let shade = UInt8(80 + 15 * step)
      canvas.line(
        from: (16, 15), to: (x, y), with: Color(red: shade, green: 255 - shade, blue: 200))
    }
    canvas.line(from: (34, -9), to: (60, 41), with: .white)
    canvas.line(from: (47, 31), to: (32, 0), with: .pureRed.withAlpha(120))
    canvas.line(from: (33, 28), to: (46, 28), with: .white.withAlpha(90))
  }

  private static let circle = GoldenPicture("circle") { canvas in
    canvas.fill(Circle(x: 10, y: 10, radius: 9), with: .white)
    canvas.fill(Circle(x: 16, y: 18, radius: 8), with: .pureRed.withAlpha(128))
    canvas.outline(Circle(x: 34, y: 12, radius: 10), with: .pureGreen)
    canvas.outline(Circle(x: 34, y: 12, radius: 7), thickness: 3, with: Color(rgb: 0x3080FF))
    canvas.fill(Circle(x: 47, y: 31, radius: 6), with: .white.withAlpha(200))
    for radius in 0..<4 {
      canvas.fill(Circle(x: 3 + 8 * radius, y: 28, radius: radius), with: .white)
    }
  }

  private static let blit = GoldenPicture("blit") { canvas in
    canvas.fill(canvas.bounds, with: Gradient(from: .pureRed, to: .white, direction: .horizontal))
    let format = PixelFormat.r8g8b8a8
    let words = (0..<16 * 20).map { index in
      let (x, y) = (index % 20, index / 20)
      return format.encode(
        Color(
          red: UInt8(12 * x), green: UInt8(16 * y), blue: UInt8(255 - 10 * x),
          alpha: UInt8(min(255, 17 * y))))
    }
    canvas.blend(words.span, in: format, width: 20, x: 2, y: 1)
    canvas.blend(words.span, in: format, width: 20, x: 25, y: 3, alpha: 140)
    canvas.blend(words.span, in: .b8g8r8x8, width: 20, x: 36, y: 24, alpha: 200)
    canvas.blend(words.span, in: format, width: 20, x: -9, y: 20)
    let own = canvas.format
    let copied = (0..<36).map { own.encode(Color(rgb: UInt32($0) &* 0x07_0503)) }
    canvas.copy(copied.span, width: 6, x: 16, y: 24)
  }

  private static let text = GoldenPicture("text") { canvas in
    canvas.draw("Ag@{}~!", x: 1, y: 1, color: .white)
    canvas.draw("\u{E9}\u{2502}?", x: 28, y: 9, color: .pureGreen)
    canvas.draw("Qy", x: 1, y: 11, scale: 2, color: .pureRed.withAlpha(160))
    canvas.draw(decimal: -407, digits: 5, x: 12, y: 23, color: Color(rgb: 0x80C0FF))
    canvas.draw("cut", x: 40, y: 26, scale: 2, color: .white)
  }

  private static let console = GoldenPicture("console") { canvas in
    var cells = Array(repeating: TextCell(), count: 80)
    var console = TextConsole(columns: 8, rows: 4, cells: cells.mutableSpan)
    console.write("gone\n\u{1B}[1;32mok\u{1B}[0m \u{1B}[7minv\u{1B}[0m\n")
    console.write("\u{1B}[4;38;2;255;160;0mline\u{1B}[0m\u{1B}[44m  \u{1B}[0m\n12345678abc\u{8}")
    console.draw(on: &canvas)
  }
}
