/// How a 32-bit pixel lies in memory: the name lists the bytes from the lowest address upwards.
///
/// These are the eight layouts that virtio-gpu knows (its numbers for them belong to the driver).
/// An `x` byte has no meaning: it is written as 255 and read as opaque.
@frozen
public enum PixelFormat: Equatable, Sendable {
  /// Blue, green, red, alpha.
  case b8g8r8a8

  /// Blue, green, red, unused.
  case b8g8r8x8

  /// Alpha, red, green, blue.
  case a8r8g8b8

  /// Unused, red, green, blue.
  case x8r8g8b8

  /// Red, green, blue, alpha.
  case r8g8b8a8

  /// Unused, blue, green, red.
  case x8b8g8r8

  /// Alpha, blue, green, red.
  case a8b8g8r8

  /// Red, green, blue, unused.
  case r8g8b8x8

  /// Whether the layout keeps an alpha byte.
  public var hasAlpha: Bool { layout.hasAlpha }

  /// The word whose bytes in memory are `color` in this layout.
  public func encode(_ color: Color) -> UInt32 { layout.encode(color) }

  /// The colour that a word in this layout stands for.
  public func decode(_ word: UInt32) -> Color { layout.decode(word) }
}

/// The position of each channel in the word, worked out once so that pixels need no decisions.
@usableFromInline
struct PixelLayout: BitwiseCopyable, Sendable {
  @usableFromInline let red: UInt32
  @usableFromInline let green: UInt32
  @usableFromInline let blue: UInt32
  @usableFromInline let alpha: UInt32
  @usableFromInline let hasAlpha: Bool

  /// Creates a layout from the byte that each channel occupies.
  init(red: UInt32, green: UInt32, blue: UInt32, alpha: UInt32, hasAlpha: Bool) {
    self.red = red &* 8
    self.green = green &* 8
    self.blue = blue &* 8
    self.alpha = alpha &* 8
    self.hasAlpha = hasAlpha
  }

  // The masking shifts (`&<<`) need no range check: every shift is 0, 8, 16 or 24.

  @inlinable
  func encode(_ color: Color) -> UInt32 {
    let alphaByte: UInt32 = hasAlpha ? UInt32(color.alpha) : 255
    let word =
      UInt32(color.red) &<< red | UInt32(color.green) &<< green
      | UInt32(color.blue) &<< blue | alphaByte &<< alpha
    return word.littleEndian
  }

  @inlinable
  func decode(_ stored: UInt32) -> Color {
    let word = UInt32(littleEndian: stored)
    return Color(
      red: UInt8(truncatingIfNeeded: word &>> red),
      green: UInt8(truncatingIfNeeded: word &>> green),
      blue: UInt8(truncatingIfNeeded: word &>> blue),
      alpha: hasAlpha ? UInt8(truncatingIfNeeded: word &>> alpha) : 255)
  }
}

extension PixelFormat {
  var layout: PixelLayout {
    switch self {
    case .b8g8r8a8: PixelLayout(red: 2, green: 1, blue: 0, alpha: 3, hasAlpha: true)
    case .b8g8r8x8: PixelLayout(red: 2, green: 1, blue: 0, alpha: 3, hasAlpha: false)
    case .a8r8g8b8: PixelLayout(red: 1, green: 2, blue: 3, alpha: 0, hasAlpha: true)
    case .x8r8g8b8: PixelLayout(red: 1, green: 2, blue: 3, alpha: 0, hasAlpha: false)
    case .r8g8b8a8: PixelLayout(red: 0, green: 1, blue: 2, alpha: 3, hasAlpha: true)
    case .x8b8g8r8: PixelLayout(red: 3, green: 2, blue: 1, alpha: 0, hasAlpha: false)
    case .a8b8g8r8: PixelLayout(red: 3, green: 2, blue: 1, alpha: 0, hasAlpha: true)
    case .r8g8b8x8: PixelLayout(red: 0, green: 1, blue: 2, alpha: 3, hasAlpha: false)
    }
  }
}
