/// What the header of a PC Screen Font says, checked against the bytes that there are.
struct PSFHeader: BitwiseCopyable {
  /// Where the glyphs begin.
  var start: Int
  /// How many there are.
  var count: Int
  /// How many bytes each has.
  var byteCount: Int
  var width: Int
  var height: Int
  /// How the table of characters is written.
  var table: Table

  /// The words of version 1, the bytes of version 2.
  enum Table { case none, utf16, utf8 }

  /// How many bytes a row of a glyph has.
  var rowByteCount: Int { (width &+ 7) / 8 }

  /// Where the table begins. Held small by the checks.
  var tableStart: Int { start &+ count &* byteCount }

  init(_ bytes: Span<UInt8>) throws(FontError) {
    if bytes.count >= 2, bytes[0] == 0x36, bytes[1] == 0x04 {
      try self.init(version1: bytes)
    } else if bytes.count >= 4, bytes.word(at: 0) == 0x864A_B572 {
      try self.init(version2: bytes)
    } else {
      throw .unknownFormat
    }
    guard (1...32).contains(width), (1...128).contains(height) else {
      throw .unsupportedSize(width: width, height: height)
    }
    guard (1...65_536).contains(count), byteCount >= height &* rowByteCount else {
      throw .inconsistent
    }
    if bytes.count < tableStart { throw .truncated(needed: tableStart, found: bytes.count) }
  }

  private init(version1 bytes: Span<UInt8>) throws(FontError) {
    guard bytes.count >= 4 else { throw .truncated(needed: 4, found: bytes.count) }
    let mode = bytes[2]
    start = 4
    count = mode & 1 == 0 ? 256 : 512
    byteCount = Int(bytes[3])
    (width, height) = (8, byteCount)
    table = mode & 6 == 0 ? .none : .utf16
  }

  private init(version2 bytes: Span<UInt8>) throws(FontError) {
    guard bytes.count >= 32 else { throw .truncated(needed: 32, found: bytes.count) }
    // None of these is more than 2^32: neither is any sum or product of two more than fits.
    start = Int(bytes.word(at: 8))
    table = bytes.word(at: 12) & 1 == 0 ? .none : .utf8
    count = Int(bytes.word(at: 16))
    byteCount = Int(bytes.word(at: 20))
    height = Int(bytes.word(at: 24))
    width = Int(bytes.word(at: 28))
    if start < 32 { throw .inconsistent }
  }
}

extension Span<UInt8> {
  /// Four bytes, the lowest first. The caller has looked that they are there.
  func word(at offset: Int) -> UInt32 {
    UInt32(self[offset]) | UInt32(self[offset &+ 1]) << 8 | UInt32(self[offset &+ 2]) << 16
      | UInt32(self[offset &+ 3]) << 24
  }
}
