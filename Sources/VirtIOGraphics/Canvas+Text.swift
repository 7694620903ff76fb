extension Canvas {
  /// Draws a literal, its first cell's top left corner at (`x`, `y`).
  ///
  /// - Returns: the column after the last cell: where the next text goes.
  @_lifetime(self: copy self)
  @discardableResult
  public mutating func draw<Font: BitmapFont & ~Copyable & ~Escapable>(
    _ text: TextLiteral, x: Int, y: Int, scale: Int = 1, color: Color,
    font: borrowing Font = BasicFont()
  ) -> Int {
    draw(text.utf8, x: x, y: y, scale: scale, color: color, font: font)
  }

  /// Draws bytes in UTF-8, the first cell's top left corner at (`x`, `y`).
  ///
  /// Only the glyphs' own pixels are touched; an alpha below 255 blends. What `font`
  /// does not have shows as its fallback glyph, and so does, once, each part of the bytes that is no UTF-8.
  /// A `scale` below one draws nothing.
  ///
  /// - Parameters:
  ///   - text: the bytes.
  ///   - x: the left edge.
  ///   - y: the top edge.
  ///   - scale: the side of one glyph pixel, in pixels of the canvas.
  ///   - color: the colour of the glyphs.
  ///   - font: the shapes.
  /// - Returns: the column after the last cell: where the next text goes.
  @_lifetime(self: copy self)
  @discardableResult
  public mutating func draw<Font: BitmapFont & ~Copyable & ~Escapable>(
    _ text: Span<UInt8>, x: Int, y: Int, scale: Int = 1, color: Color,
    font: borrowing Font = BasicFont()
  ) -> Int {
    guard scale > 0 else { return x }
    let width = font.width(of: 1, scale: scale)
    var decoder = UTF8Decoder()
    var position = x
    var index = 0
    while index < text.count {
      let scalar: Unicode.Scalar
      switch decoder.take(text[index]) {
      case .incomplete:
        index &+= 1
        // What ends within a character is none.
        if index < text.count { continue }
        scalar = UTF8Decoder.replacement
      case .interrupted: scalar = UTF8Decoder.replacement
      case .scalar(let found):
        index &+= 1
        scalar = found
      }
      draw(scalar: scalar, x: position, y: y, scale: scale, color: color, font: font)
      position = position.adding(saturating: width)
    }
    return position
  }

  /// Draws a character, its cell's top left corner at (`x`, `y`). Only the glyph's own pixels are touched.
  @_lifetime(self: copy self)
  public mutating func draw<Font: BitmapFont & ~Copyable & ~Escapable>(
    scalar: Unicode.Scalar, x: Int, y: Int, scale: Int = 1, color: Color,
    font: borrowing Font = BasicFont()
  ) {
    let cell = Rectangle(
      x: x, y: y, width: font.width(of: 1, scale: scale), height: font.height(scale: scale))
    if !limits.intersects(cell) { return }
    drawGlyph(font.glyph(of: scalar), in: cell, scale: scale, color: color, font: font)
  }

  /// Draws a number in decimal, with leading zeros up to `digits`.
  ///
  /// - Returns: the column after the last cell.
  @_lifetime(self: copy self)
  @discardableResult
  public mutating func draw<Font: BitmapFont & ~Copyable & ~Escapable>(
    decimal value: Int, digits: Int = 1, x: Int, y: Int, scale: Int = 1, color: Color,
    font: borrowing Font = BasicFont()
  ) -> Int {
    var next = x
    if value < 0 { next = draw("-", x: x, y: y, scale: scale, color: color, font: font) }
    let text = Digits(value.magnitude, radix: 10, atLeast: digits)
    return draw(text.utf8, x: next, y: y, scale: scale, color: color, font: font)
  }

  /// Draws a number in hexadecimal, lower case and without prefix, with leading zeros up to
  /// `digits`.
  ///
  /// - Returns: the column after the last cell.
  @_lifetime(self: copy self)
  @discardableResult
  public mutating func draw<Font: BitmapFont & ~Copyable & ~Escapable>(
    hexadecimal value: UInt, digits: Int = 1, x: Int, y: Int, scale: Int = 1, color: Color,
    font: borrowing Font = BasicFont()
  ) -> Int {
    let text = Digits(value, radix: 16, atLeast: digits)
    return draw(text.utf8, x: x, y: y, scale: scale, color: color, font: font)
  }

  /// One glyph, as the runs of pixels in its rows.
  @_lifetime(self: copy self)
  private mutating func drawGlyph<Font: BitmapFont & ~Copyable & ~Escapable>(
    _ glyph: Int, in cell: Rectangle, scale: Int, color: Color, font: borrowing Font
  ) {
    for row in 0..<max(0, font.cellHeight) {
      var bits = font.row(row, ofGlyph: glyph)
      var column = 0
      while bits != 0 {
        let gap = bits.leadingZeroBitCount
        bits = bits << UInt32(gap)
        let run = (~bits).leadingZeroBitCount
        bits = run == 32 ? 0 : bits << UInt32(run)
        blend(
          Rectangle(
            x: cell.x.adding(saturating: (column &+ gap).multiplied(saturating: scale)),
            y: cell.y.adding(saturating: row.multiplied(saturating: scale)),
            width: run.multiplied(saturating: scale), height: scale),
          with: color)
        column &+= gap &+ run
      }
    }
  }
}

/// A number as text, right-aligned in a buffer that holds any.
private struct Digits: ~Copyable {
  private var characters = InlineArray<20, UInt8>(repeating: 0x30)
  private var first = 20

  /// Creates the digits of `value` in a `radix` of 10 to 16, with zeros up to `minimum`.
  init(_ value: UInt, radix: UInt, atLeast minimum: Int) {
    let zeros = 20 &- max(1, min(20, minimum))
    var rest = value
    while first > zeros || rest != 0 {
      first &-= 1
      let digit = UInt8(truncatingIfNeeded: rest % radix)
      characters[first] = digit &+ (digit < 10 ? 0x30 : 0x57)
      rest /= radix
    }
  }

  var utf8: Span<UInt8> {
    @_lifetime(borrow self) get { characters.span.extracting(first...) }
  }
}
