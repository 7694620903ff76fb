import Testing
import VirtIOGraphics

@testable import KernelCrashScreen

/// The report of a crash as rows, and as a picture.
@Suite struct CrashPageTests {
  private static func rows(_ text: String, _ columnCount: Int) -> [String] {
    let bytes = Array(text.utf8)
    var rows = CrashRows(columnCount)
    var result: [String] = []
    while let row = rows.next(in: bytes.span) {
      result.append(
        "\(row.line):" + String(repeating: " ", count: row.indent)
          + String(decoding: bytes[row.bytes], as: UTF8.self))
      if result.count > 1000 { break }
    }
    return result
  }

  @Test("lines that fit stay as they are")
  func short() {
    #expect(Self.rows("one\n\ntwo\n", 16) == ["0:one", "1:", "2:two"])
    #expect(Self.rows("one", 16) == ["0:one"])
    #expect(Self.rows("", 16) == [])
    #expect(Self.rows("0123456789abcdef\nx\n", 16) == ["0:0123456789abcdef", "1:x"])
  }

  @Test("a line that is too long goes on after a space, indented")
  func long() {
    #expect(
      Self.rows("a line that is too long for a row\nx\n", 16)
        == ["0:a line that is", "0:  too long for a", "0:  row", "1:x"])
    // The space that does not fit is where it breaks.
    #expect(Self.rows("0123456789abcdef ghi\n", 16) == ["0:0123456789abcdef", "0:  ghi"])
  }

  @Test("words that are too long are cut, and so is everything in a row of one column")
  func words() {
    #expect(
      Self.rows("0123456789abcdefghij\n", 16) == ["0:0123456789abcdef", "0:  ghij"])
    #expect(Self.rows("ab c\n", 1) == ["0:a", "0:b", "0:c"])
    #expect(Self.rows("ab\n", 0) == ["0:a", "0:b"])
  }

  @Test("no character is lost, whatever the width", arguments: 1...40)
  func complete(columnCount: Int) {
    let text = "PANIC: read from unmapped memory at 0x2000000000: data abort\nESR 0x1\n  at 0x40\n"
    let words = Self.rows(text, columnCount).map { $0.drop { $0 != ":" }.dropFirst() }
      .joined(separator: " ").filter { $0 != " " }
    #expect(words == text.filter { $0 != " " && $0 != "\n" })
  }

  /// The pixels of a page, with a word behind them that must stay.
  private static func pixels(_ text: String, _ width: Int, _ height: Int) -> [UInt32] {
    var pixels = [UInt32](repeating: 0xDEAD_BEEF, count: width * height + 1)
    let bytes = Array(text.utf8)
    var span = pixels.mutableSpan
    var canvas = Canvas(
      width: width, height: height, format: .b8g8r8x8,
      pixels: span._mutatingExtracting(first: width * height))
    CrashPage(width: width, height: height).draw(bytes.span, on: &canvas)
    return pixels
  }

  @Test("a page covers any size", arguments: [1, 2, 15, 16, 17, 40, 333, 640, 1280])
  func sizes(width: Int) {
    let text = "PANIC: why\n" + String(repeating: "  at 0x40200000\n", count: 40)
    for height in [1, 2, 9, 16, 33, 200, 480, 801] {
      let pixels = Self.pixels(text, width, height)
      #expect(pixels.dropLast().allSatisfy { $0 != 0xDEAD_BEEF })
      #expect(pixels.last == 0xDEAD_BEEF)
    }
  }

  @Test("what there is no row for is left out, which the last row says")
  func truncation() {
    func pixels(_ lineCount: Int, _ end: String = "") -> [UInt32] {
      // Below the band, which has one row, there are five.
      Self.pixels("X\n" + String(repeating: "at\n", count: lineCount) + end, 640, 86)
    }
    #expect(pixels(6) == pixels(4, "...\n"))
    #expect(pixels(7) == pixels(6))
    #expect(pixels(5) != pixels(6))
  }

  @Test("letters grow with the picture, and a line of registers fits from 640 columns on")
  func scale() {
    #expect(CrashPage(width: 640, height: 480).scale == 1)
    #expect(CrashPage(width: 1280, height: 800).scale == 2)
    #expect(CrashPage(width: 1920, height: 1080).scale == 3)
    #expect(CrashPage(width: 16_000, height: 16_000).scale == 8)
    for width in 640...4000 {
      #expect(CrashPage(width: width, height: 3000).columnCount >= 91)
    }
  }
}
