/// The table of characters of a PC Screen Font: for each glyph those that it shows, one after the other.
struct PSFTable: ~Escapable {
  private let bytes: Span<UInt8>
  private let isUTF8: Bool
  private var position: Int
  private var decoder = UTF8Decoder()
  /// Within what is shown as one glyph and is more than one character: passed over.
  private var isSequence = false

  /// The glyph whose characters are read.
  private(set) var glyph = 0

  /// The table that begins at `start`, which is no more than there are bytes.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, from start: Int, isUTF8: Bool) {
    self.bytes = bytes
    self.isUTF8 = isUTF8
    position = start
  }

  /// The next character of ``glyph``, or of one after it; nil at the end.
  @_lifetime(self: copy self)
  mutating func next() -> Unicode.Scalar? {
    while let step = isUTF8 ? nextOfUTF8() : nextOfUTF16() {
      switch step {
      case .scalar(let scalar): if !isSequence { return scalar }
      case .sequence: isSequence = true
      case .end:
        isSequence = false
        glyph &+= 1
      case .other: break
      }
    }
    return nil
  }

  private enum Step {
    case scalar(Unicode.Scalar)
    case sequence
    case end
    case other
  }

  @_lifetime(self: copy self)
  private mutating func nextOfUTF16() -> Step? {
    guard position &+ 1 < bytes.count else { return nil }
    let word = UInt32(bytes[position]) | UInt32(bytes[position &+ 1]) << 8
    position &+= 2
    if word == 0xFFFF { return .end }
    if word == 0xFFFE { return .sequence }
    guard let scalar = Unicode.Scalar(word) else { return .other }
    return .scalar(scalar)
  }

  @_lifetime(self: copy self)
  private mutating func nextOfUTF8() -> Step? {
    guard position < bytes.count else { return nil }
    let byte = bytes[position]
    if byte >= 0xFE, !decoder.isWithinCharacter {
      position &+= 1
      return byte == 0xFF ? .end : .sequence
    }
    let step = decoder.take(byte)
    // What cuts a character off is read once more.
    if step == .interrupted { return .scalar(UTF8Decoder.replacement) }
    position &+= 1
    guard case .scalar(let scalar) = step else { return .other }
    return .scalar(scalar)
  }
}
