import Foundation
import Testing
import VirtIOGraphics

/// Console fonts: read as they are, refused with a reason, and never a trap whatever the bytes are.
@Suite("PSFFont")
struct PSFFontTests {
  /// Three glyphs of 10 x 2: a dash and a point, in version 2; the second for two letters and a sequence.
  private static let small: [UInt8] =
    [0x72, 0xB5, 0x4A, 0x86] + words(0, 32, 1, 3, 4, 2, 10)
    + [0xFF, 0xC0, 0x00, 0x00] + [0x80, 0x00, 0x00, 0x40] + [0x00, 0x7F, 0xFF, 0xFF]
    + Array("A".utf8) + [0xFF] + Array("Бя".utf8) + [0xFE] + Array("e\u{301}".utf8) + [0xFF]
    + Array("\u{FFFD}".utf8) + [0xFF]

  private static func words(_ values: UInt32...) -> [UInt8] {
    values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
  }

  /// 256 glyphs of 8 x 2 in version 1, the glyph's number in both rows; with a table, glyph n is U+0400 + n.
  private static func old(hasTable: Bool) -> [UInt8] {
    var bytes: [UInt8] = [0x36, 0x04, hasTable ? 2 : 0, 2]
    for glyph in 0..<256 { bytes += [UInt8(glyph), UInt8(glyph)] }
    if hasTable {
      for glyph in 0..<256 { bytes += [UInt8(glyph), 0x04, 0xFE, 0xFF, 0x41, 0, 0xFF, 0xFF] }
    }
    return bytes
  }

  @Test("version 2: glyphs of several bytes a row, and the characters that they show")
  func second() throws {
    let font = try PSFFont(Self.small.span)
    expect(font.cellWidth == 10 && font.cellHeight == 2 && font.glyphCount == 3)
    #expect(
      font.contains("A") && font.contains("я") && !font.contains("e") && !font.contains("\u{301}"))
    expect(font.glyph(of: "Б") == 1 && font.glyph(of: "я") == 1 && font.glyph(of: "x") == 2)
    expect(font.row(0, of: "A") == 0xFFC0_0000 && font.row(1, of: "Б") == 0x0040_0000)
    // What lies beyond the width in the file is no pixel.
    expect(font.row(1, ofGlyph: 2) == 0xFFC0_0000)
    expect(font.row(2, ofGlyph: 0) == 0 && font.row(0, ofGlyph: 3) == 0)
    expect(font.row(-1, ofGlyph: 0) == 0 && font.row(0, ofGlyph: -1) == 0)
  }

  @Test("text in UTF-8, and what is none once as the fallback")
  func text() throws {
    let font = try PSFFont(Self.small.span)
    let bytes = Array("AБ".utf8) + [0xF0, 0x9F] + Array("A".utf8) + [0xD0]
    let drawn = art(50, 2) {
      expect($0.draw(bytes.span, x: 0, y: 0, color: .white, font: font) == 50)
    }
    #expect(
      drawn == """
        ###########..................###########.........#
        ...................###########..........##########
        """)
  }

  @Test("a table that is no UTF-8: what cuts a character off is one itself, the rest is U+FFFD")
  func badTable() throws {
    var bytes = Array(Self.small.prefix(32 + 12))
    bytes += [0xC3] + Array("A".utf8) + [0xFF] + [0xE0, 0xFF] + Array("B".utf8) + [0xFF]
    let font = try PSFFont(bytes.span)
    expect(font.contains("A") && font.glyph(of: "A") == 0)
    expect(font.contains("B") && font.glyph(of: "B") == 2)
    expect(font.glyph(of: "\u{FFFD}") == 0)
  }

  @Test("version 1: with a table and without")
  func first() throws {
    let bytes = Self.old(hasTable: true)
    let font = try PSFFont(bytes.span)
    expect(font.cellWidth == 8 && font.cellHeight == 2 && font.glyphCount == 256)
    expect(font.glyph(of: "\u{0441}") == 0x41 && !font.contains("A"))
    expect(font.row(1, of: "\u{0441}") == 0x4100_0000)
    let plainBytes = Self.old(hasTable: false)
    let plain = try PSFFont(plainBytes.span)
    expect(plain.glyph(of: "A") == 0x41 && plain.glyph(of: "я") == 0x3F)
  }

  @Test("a font cut off anywhere is refused, with how much there should be")
  func cut() throws {
    for count in 0..<Self.small.count {
      let bytes = Array(Self.small[..<count])
      let error = #expect(throws: FontError.self) { try Self.read(bytes) }
      switch count {
      case ..<4: #expect(error == .unknownFormat)
      case ..<32: #expect(error == .truncated(needed: 32, found: count))
      case ..<44: #expect(error == .truncated(needed: 44, found: count))
      default:
        guard case .truncatedTable(let described, 3) = error else {
          Issue.record("\(count) bytes: \(String(describing: error))")
          continue
        }
        #expect(described < 3)
      }
    }
  }

  @Test("a header that asks for too much, or for nothing, is refused")
  func headers() {
    func refuse(
      _ at: Int, _ value: UInt32, _ expected: FontError,
      _ location: SourceLocation = #_sourceLocation
    ) {
      var bytes = Self.small
      bytes.replaceSubrange(at..<at + 4, with: Self.words(value))
      #expect(throws: expected, sourceLocation: location) { try Self.read(bytes) }
    }
    refuse(0, 0, .unknownFormat)
    refuse(8, 31, .inconsistent)
    refuse(8, .max, .truncated(needed: Int(UInt32.max) + 12, found: Self.small.count))
    refuse(16, 0, .inconsistent)
    refuse(16, .max, .inconsistent)
    refuse(20, 3, .inconsistent)
    refuse(20, .max, .truncated(needed: 32 + 3 * Int(UInt32.max), found: Self.small.count))
    refuse(24, 0, .unsupportedSize(width: 10, height: 0))
    refuse(24, .max, .unsupportedSize(width: 10, height: Int(UInt32.max)))
    refuse(28, 33, .unsupportedSize(width: 33, height: 2))
    refuse(28, 0, .unsupportedSize(width: 0, height: 2))
  }

  @Test("whatever is changed in a font, it is refused or can be drawn with", arguments: 0..<40)
  func changed(seed: Int) {
    var random = Numbers(seed: UInt64(seed))
    for _ in 0..<50 {
      var bytes = seed % 2 == 0 ? Self.small : Self.old(hasTable: true)
      for _ in 0..<random.next(1...6) {
        bytes[random.next(0...min(60, bytes.count - 1))] = UInt8(random.next(0...255))
      }
      bytes.removeLast(random.next(0...3))
      guard let font = try? PSFFont(bytes.span) else { continue }
      expect(font.glyphCount > 0 && font.cellWidth <= 32 && font.cellHeight <= 128)
      var picture = Picture(20, 20)
      picture.draw { $0.draw("AБя?\u{10FFFF}", x: -3, y: -1, color: .white, font: font) }
      expect(font.glyph(of: "\u{10FFFF}") < font.glyphCount)
    }
  }

  @Test("more characters than the index takes are found all the same")
  func many() throws {
    let count: UInt32 = 3000
    var bytes = [0x72, 0xB5, 0x4A, 0x86] + Self.words(0, 32, 1, count, 1, 1, 8)
    for glyph in 0..<count { bytes.append(UInt8(truncatingIfNeeded: glyph)) }
    for glyph in 0..<count { bytes += Array(String(Unicode.Scalar(0x4E00 + glyph)!).utf8) + [0xFF] }
    let font = try PSFFont(bytes.span)
    for glyph in stride(from: 0, to: count, by: 7) {
      expect(font.glyph(of: Unicode.Scalar(0x4E00 + glyph)!) == Int(glyph))
    }
    expect(font.glyph(of: "A") == 0)
  }

  @Test(
    "the distribution's font has Latin, Greek, Cyrillic and box drawing",
    .enabled(if: FileManager.default.fileExists(atPath: consoleFont)))
  func distribution() throws {
    let bytes = try [UInt8](Data(contentsOf: URL(filePath: consoleFont)))
    let font = try PSFFont(bytes.span)
    let alphabets = [
      0x20...0x7E, 0xA0...0xFF, 0x391...0x3A1, 0x3A3...0x3C9, 0x410...0x44F, 0x2500...0x257F,
    ]
    for alphabet in alphabets {
      for value in alphabet { expect(font.contains(Unicode.Scalar(UInt32(value))!), "\(value)") }
    }
    // A corner of a box reaches the middle of two sides, so that boxes close.
    expect(font.row(font.cellHeight - 1, of: "│") == font.row(font.cellHeight - 1, of: "┌"))
    expect(font.row(0, of: "┌") == 0 && font.row(0, of: "│") != 0)
  }

  private static func read(_ bytes: [UInt8]) throws(FontError) {
    _ = try PSFFont(bytes.span)
  }
}

/// Where `make font` leaves the font.
private let consoleFont = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().appending(path: "build/font/console.psf")
  .path()

/// As `#expect`, for what calls a value that does not escape.
private func expect(
  _ holds: Bool, _ note: String = "", at location: SourceLocation = #_sourceLocation
) {
  #expect(holds, "\(note)", sourceLocation: location)
}
