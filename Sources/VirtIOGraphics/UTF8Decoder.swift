/// Makes characters of bytes in UTF-8, one byte after the other.
///
/// What is no UTF-8 gives U+FFFD, once for each longest part that might have become a character, as
/// `String(decoding:as:)` does it. A character may be cut anywhere: the decoder waits for its rest.
struct UTF8Decoder: Sendable, BitwiseCopyable {
  /// What a byte has led to.
  enum Step: Equatable {
    /// A character has begun and not ended.
    case incomplete
    /// A character.
    case scalar(Unicode.Scalar)
    /// The bytes before were none: U+FFFD, and the byte is to be given once more.
    case interrupted
  }

  private var value: UInt32 = 0
  private var missing: UInt8 = 0
  /// What the next byte may be: neither an overlong form nor a surrogate nor beyond U+10FFFF.
  private var (low, high): (UInt8, UInt8) = (0x80, 0xBF)

  /// Creates a decoder at the beginning of a character.
  init() {}

  /// The character for what is none.
  static var replacement: Unicode.Scalar { "\u{FFFD}" }

  /// Whether a character has begun and not ended.
  var isWithinCharacter: Bool { missing != 0 }

  /// Takes a byte.
  mutating func take(_ byte: UInt8) -> Step {
    if missing == 0 { return begin(byte) }
    guard byte >= low, byte <= high else {
      missing = 0
      return .interrupted
    }
    value = value << 6 | UInt32(byte & 0x3F)
    (low, high) = (0x80, 0xBF)
    missing &-= 1
    return missing == 0 ? .scalar(Unicode.Scalar(value) ?? Self.replacement) : .incomplete
  }

  private mutating func begin(_ byte: UInt8) -> Step {
    (low, high) = (0x80, 0xBF)
    switch byte {
    case 0...0x7F: return .scalar(Unicode.Scalar(byte))
    case 0xC2...0xDF: (value, missing) = (UInt32(byte & 0x1F), 1)
    case 0xE0...0xEF:
      (value, missing) = (UInt32(byte & 0x0F), 2)
      if byte == 0xE0 { low = 0xA0 }
      if byte == 0xED { high = 0x9F }
    case 0xF0...0xF4:
      (value, missing) = (UInt32(byte & 0x07), 3)
      if byte == 0xF0 { low = 0x90 }
      if byte == 0xF4 { high = 0x8F }
    default: return .scalar(Self.replacement)
    }
    return .incomplete
  }
}
