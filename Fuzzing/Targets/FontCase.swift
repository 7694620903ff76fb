import FuzzInputs
import VirtIOGraphics

/// Any bytes as a PC Screen Font; once as they are, and once with a header that is believed. Beside it, a reader
/// of the table of characters that is slower and simpler.
enum FontCase {
  static func run(_ bytes: Span<UInt8>) throws(Finding) {
    try read(bytes)
    guard bytes.count >= 8 else { return }
    let input = FuzzInput(bytes)
    let repaired = input.byte() & 1 == 0 ? first(input) : second(input)
    try read(repaired.span)
  }

  /// A font of version 1 whose glyphs are what is left of the input, over and over.
  private static func first(_ input: FuzzInput) -> [UInt8] {
    let mode = input.byte() & 7
    let height = input.byte() & 7
    let rest = [UInt8](input.rest)
    let glyphs = (mode & 1 == 0 ? 256 : 512) * Int(height)
    return [0x36, 0x04, mode, height] + (0..<glyphs).map { rest[$0 % rest.count] } + rest
  }

  /// A font of version 2 whose glyphs and table are what is left of the input.
  private static func second(_ input: FuzzInput) -> [UInt8] {
    let (flags, start) = (UInt32(input.byte() & 1), UInt32(32 + (input.byte() & 3)))
    let (width, height) = (UInt32(input.byte() & 63), UInt32(input.byte() & 7))
    let rest = [UInt8](input.rest)
    let byteCount = (width + 7) / 8 * height
    let count = rest.first.map { UInt32($0) & 15 } ?? 0
    var bytes: [UInt8] = []
    for word in [0x864A_B572, 0, start, flags, count, byteCount, height, width] {
      for shift in stride(from: 0, to: 32, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(shift)))
      }
    }
    return bytes + rest
  }

  private static func read(_ bytes: Span<UInt8>) throws(Finding) {
    let font: PSFFont
    do throws(FontError) {
      font = try PSFFont(bytes)
    } catch {
      return try check(error.reason.utf8CodeUnitCount > 0, "font: a refusal says nothing")
    }
    try check(
      1...32 ~= font.cellWidth && 1...128 ~= font.cellHeight, "font: a glyph is too small or large")
    let table = FontTable(bytes, of: font)
    for scalar in [UInt32](0...0x17f) + table.scalars.prefix(64) + table.scalars.suffix(64) + [
      0x2500, 0xfffd, 0x10ffff,
    ] {
      guard let scalar = Unicode.Scalar(scalar) else { continue }
      let glyph = table.glyph(of: scalar)
      try check(font.contains(scalar) == (glyph != nil), "font: \(scalar.value) is there, or not")
      if let glyph { try check(font.glyph(of: scalar) == glyph, "font: another glyph") }
      try check(0..<font.glyphCount ~= font.glyph(of: scalar), "font: a glyph that is not there")
    }
    try draw(bytes, with: font)
  }

  /// Rows have no pixels beyond the glyph's width, and there are none beyond its rows; all can be drawn.
  private static func draw(_ text: Span<UInt8>, with font: borrowing PSFFont) throws(Finding) {
    let beyond = UInt32.max &>> UInt32(font.cellWidth & 31)
    for glyph in [-1, 0, font.glyphCount / 2, font.glyphCount - 1, font.glyphCount, .max, .min] {
      for row in [-1, 0, font.cellHeight - 1, font.cellHeight, .max, .min] {
        let bits = font.row(row, ofGlyph: glyph)
        try check(font.cellWidth == 32 || bits & beyond == 0, "font: pixels beyond a glyph")
        let isThere = 0..<font.glyphCount ~= glyph && 0..<font.cellHeight ~= row
        try check(isThere || bits == 0, "font: pixels of what is not there")
      }
    }
    var words = [UInt32](repeating: 0, count: 48 * 20)
    var canvas = Canvas(
      width: 48, height: 20, stride: 48, format: .b8g8r8x8, pixels: words.mutableSpan)
    canvas.draw(text, x: -3, y: -2, color: .white, font: font)
  }
}

/// What a font's table says, read in the simplest way: which glyph shows a character first.
private struct FontTable {
  private var glyphs: [UInt32: Int] = [:]
  private let count: Int
  private let isThere: Bool

  /// - Parameter bytes: What a font was made of.
  init(_ bytes: Span<UInt8>, of font: borrowing PSFFont) {
    count = font.glyphCount
    let copy = bytes.indices.map { bytes[$0] }
    if copy[0] == 0x36 {
      isThere = copy[2] & 6 != 0
      if isThere { readWords(copy[(4 + count * Int(copy[3]))...]) }
    } else {
      isThere = copy[12] & 1 != 0
      let (start, size) = (Self.word(copy, 8), Self.word(copy, 20))
      if isThere { readBytes(copy[(start + count * size)...]) }
    }
  }

  /// The characters of the table, in order.
  var scalars: [UInt32] { glyphs.keys.sorted() }

  func glyph(of scalar: Unicode.Scalar) -> Int? {
    let glyph = isThere ? glyphs[scalar.value] : Int(scalar.value)
    return glyph.flatMap { $0 < count ? $0 : nil }
  }

  private static func word(_ bytes: [UInt8], _ offset: Int) -> Int {
    (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
  }

  private mutating func note(_ scalars: some Sequence<Unicode.Scalar>, _ glyph: Int) {
    for scalar in scalars where glyphs[scalar.value] == nil { glyphs[scalar.value] = glyph }
  }

  private mutating func readWords(_ bytes: ArraySlice<UInt8>) {
    let words = stride(from: bytes.startIndex, to: bytes.endIndex - 1, by: 2).map {
      UInt32(bytes[$0]) | UInt32(bytes[$0 + 1]) << 8
    }
    let parts = words.split(separator: 0xffff, omittingEmptySubsequences: false)
    for (glyph, part) in parts.enumerated() {
      note(part.prefix { $0 != 0xfffe }.compactMap { Unicode.Scalar($0) }, glyph)
    }
  }

  private mutating func readBytes(_ bytes: ArraySlice<UInt8>) {
    let parts = bytes.split(separator: 0xff, omittingEmptySubsequences: false)
    for (glyph, part) in parts.enumerated() {
      // What is behind the last glyph shows nothing.
      guard glyph < count else { break }
      note(String(decoding: part.prefix { $0 != 0xfe }, as: UTF8.self).unicodeScalars, glyph)
    }
  }
}
