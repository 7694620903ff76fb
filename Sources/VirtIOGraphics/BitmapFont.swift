/// A font whose glyphs are bitmaps of one size.
///
/// A font is a value that the drawing calls take; ``BasicFont`` is what they use by default.
public protocol BitmapFont: ~Copyable, ~Escapable {
  /// The number of columns of a cell, at most 32: the glyph and the gap to the next one.
  var cellWidth: Int { get }

  /// The number of rows of a cell.
  var cellHeight: Int { get }

  /// The number of the glyph for `scalar`; of the fallback glyph if the font does not have it.
  func glyph(of scalar: Unicode.Scalar) -> Int

  /// One row of a glyph, the leftmost pixel in bit 31.
  ///
  /// `glyph` is what ``glyph(of:)`` has given; `row` lies in 0 ..< ``cellHeight``.
  func row(_ row: Int, ofGlyph glyph: Int) -> UInt32
}

extension BitmapFont where Self: ~Copyable & ~Escapable {
  /// One row of the glyph for `scalar`, the leftmost pixel in bit 31.
  public func row(_ row: Int, of scalar: Unicode.Scalar) -> UInt32 {
    self.row(row, ofGlyph: glyph(of: scalar))
  }

  /// The width of `count` glyphs beside each other, in pixels, saturated.
  public func width(of count: Int, scale: Int = 1) -> Int {
    max(0, count).multiplied(saturating: cellWidth.multiplied(saturating: max(0, scale)))
  }

  /// The height of a line, in pixels, saturated.
  public func height(scale: Int = 1) -> Int {
    cellHeight.multiplied(saturating: max(0, scale))
  }
}
