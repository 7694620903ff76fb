/// One place of a terminal's grid: a character and its colours.
public struct TextCell: Equatable, Sendable, BitwiseCopyable {
  /// The character's number in the lower 21 bits, the style above.
  var content: UInt32
  /// `0xRRGGBB`.
  var foreground: UInt32
  /// `0xRRGGBB`.
  var background: UInt32

  /// A space, white on black.
  public init() {
    self.init(content: 0x20, foreground: 0xAA_AAAA, background: 0)
  }

  init(content: UInt32, foreground: UInt32, background: UInt32) {
    self.content = content
    self.foreground = foreground
    self.background = background
  }

  /// The character; a space where nothing has been written.
  public var scalar: Unicode.Scalar { Unicode.Scalar(content & 0x1F_FFFF) ?? " " }

  /// Whether a line goes under it.
  public var isUnderlined: Bool { content & 1 << 21 != 0 }

  /// The colour of the character.
  public var foregroundColor: Color { Color(rgb: foreground) }

  /// The colour around the character.
  public var backgroundColor: Color { Color(rgb: background) }
}
