/// A PC Screen Font, as the distributions have them for their consoles: version 1 or 2, read where it lies.
///
/// ```swift
/// let font = try PSFFont(bytes)
/// canvas.draw("Ελλάδα", x: 8, y: 8, color: .white, font: font)
/// ```
///
/// It is made once: its table of characters, which is in the order of the glyphs, becomes an index of 8 KiB
/// within the value. Without such a table a glyph's number is its character. Nothing allocates or traps,
/// whatever the bytes are.
public struct PSFFont: BitmapFont, ~Escapable {
  private let bytes: Span<UInt8>
  private let header: PSFHeader
  private var index = ScalarIndex()
  private var fallback = 0

  /// Reads a font.
  ///
  /// - Throws: Why it cannot be used; what is cut off, never a part of it.
  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>) throws(FontError) {
    self.bytes = bytes
    header = try PSFHeader(bytes)
    if header.table != .none { try readTable() }
    fallback = find("\u{FFFD}") ?? find("?") ?? 0
  }

  /// The number of columns of a glyph.
  public var cellWidth: Int { header.width }

  /// The number of rows of a glyph.
  public var cellHeight: Int { header.height }

  /// The number of glyphs.
  public var glyphCount: Int { header.count }

  /// Whether there is a glyph for `scalar`.
  public func contains(_ scalar: Unicode.Scalar) -> Bool { find(scalar) != nil }

  /// The glyph for `scalar`, or that for what is missing: U+FFFD, else the question mark, else the first.
  public func glyph(of scalar: Unicode.Scalar) -> Int { find(scalar) ?? fallback }

  /// One row of a glyph, the leftmost pixel in bit 31; empty where there is none.
  public func row(_ row: Int, ofGlyph glyph: Int) -> UInt32 {
    guard glyph >= 0, glyph < header.count, row >= 0, row < header.height else { return 0 }
    let size = header.rowByteCount
    let start = header.start &+ glyph &* header.byteCount &+ row &* size
    var bits: UInt32 = 0
    for place in 0..<size {
      bits |= UInt32(bytes[start &+ place]) &<< UInt32(truncatingIfNeeded: 24 &- 8 &* place)
    }
    return bits & UInt32.max &<< UInt32(truncatingIfNeeded: 32 &- header.width)
  }

  private var table: PSFTable {
    @_lifetime(copy self) get {
      PSFTable(bytes, from: header.tableStart, isUTF8: header.table == .utf8)
    }
  }

  @_lifetime(self: copy self)
  private mutating func readTable() throws(FontError) {
    var table = table
    while let scalar = table.next() { index.insert(scalar, glyph: table.glyph) }
    if table.glyph < header.count {
      throw .truncatedTable(described: table.glyph, glyphs: header.count)
    }
  }

  private func find(_ scalar: Unicode.Scalar) -> Int? {
    if header.table == .none {
      return scalar.value < UInt32(truncatingIfNeeded: header.count) ? Int(scalar.value) : nil
    }
    if let glyph = index.glyph(of: scalar) { return glyph < header.count ? glyph : nil }
    return index.isComplete ? nil : search(for: scalar)
  }

  /// For the rare font with more characters than the index takes.
  private func search(for scalar: Unicode.Scalar) -> Int? {
    var table = table
    while let found = table.next() {
      if found == scalar { return table.glyph < header.count ? table.glyph : nil }
    }
    return nil
  }
}
