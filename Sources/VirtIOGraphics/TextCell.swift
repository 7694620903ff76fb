/// One place of a terminal's grid: a character and its colours.
///
/// A blank one is all zeros, so that an array of them costs a program no constant of its size.
public struct TextCell: Equatable, Sendable, BitwiseCopyable {
  /// The character's number in the lower 21 bits, as it differs from a space; the style above.
  var content: UInt32 = 0
  /// `0xRRGGBB`, as it differs from the usual grey.
  var foreground: UInt32 = 0
  /// `0xRRGGBB`.
  var background: UInt32 = 0

  private static var space: UInt32 { 0x20 }
  private static var grey: UInt32 { 0xAA_AAAA }

  /// A space, white on black.
  public init() {}

  /// A character's number, and its colours as `0xRRGGBB`.
  init(character: UInt32, isUnderlined: Bool = false, foreground: UInt32, background: UInt32) {
    content = character ^ Self.space | (isUnderlined ? 1 << 21 : 0)
    self.foreground = foreground ^ Self.grey
    self.background = background
  }

  /// The character; a space where nothing has been written.
  public var scalar: Unicode.Scalar {
    Unicode.Scalar(content & 0x1F_FFFF ^ Self.space) ?? " "
  }

  /// Whether a line goes under it.
  public var isUnderlined: Bool { content & 1 << 21 != 0 }

  /// The colour of the character.
  public var foregroundColor: Color { Color(rgb: foreground ^ Self.grey) }

  /// The colour around the character.
  public var backgroundColor: Color { Color(rgb: background) }

  /// The same with a character of ASCII.
  func with(ascii byte: UInt8) -> TextCell {
    var cell = self
    cell.content = cell.content & ~0x1F_FFFF | UInt32(byte) ^ Self.space
    return cell
  }

  /// Exchanges the two colours.
  mutating func invert() {
    (foreground, background) = (background ^ Self.grey, foreground ^ Self.grey)
  }
}
