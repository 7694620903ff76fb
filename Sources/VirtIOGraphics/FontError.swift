/// Why bytes are no font that can be used.
public enum FontError: Error, Equatable, Sendable {
  /// They begin like no PC Screen Font, neither version 1 nor 2.
  case unknownFormat

  /// They end too early: so many there should be, so many there are.
  case truncated(needed: Int, found: Int)

  /// The table of characters ends after so many of the glyphs.
  case truncatedTable(described: Int, glyphs: Int)

  /// Glyphs of this size cannot be drawn: 1 to 32 columns and 1 to 128 rows can.
  case unsupportedSize(width: Int, height: Int)

  /// There are no glyphs, too many, or they are smaller than their bitmaps.
  case inconsistent

  /// The same in words.
  public var reason: StaticString {
    switch self {
    case .unknownFormat: "this is no PC Screen Font"
    case .truncated: "the font is cut off"
    case .truncatedTable: "the font's table of characters is cut off"
    case .unsupportedSize: "the font's glyphs are empty, or more than 32 x 128 pixels"
    case .inconsistent: "the font contradicts itself"
    }
  }
}
