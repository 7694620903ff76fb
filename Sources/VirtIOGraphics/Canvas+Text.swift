extension Canvas {
  /// Draws a literal, its first cell's top left corner at (`x`, `y`).
  ///
  /// - Returns: the column after the last cell: where the next text goes.
  @_lifetime(self: copy self)
  @discardableResult
  public mutating func draw<Font: BitmapFont>(
    _ text: TextLiteral, x: Int, y: Int, scale: Int = 1, color: Color, font: Font = BasicFont()
  ) -> Int {
    draw(text.utf8, x: x, y: y, scale: scale, color: color, font: font)
  }

  /// Draws bytes as ASCII, the first cell's top left corner at (`x`, `y`).
  ///
  /// Only the glyphs' own pixels are touched; an alpha below 255 blends. A byte that is no
  /// character of `font` shows as its fallback glyph. A `scale` below one draws nothing.
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
  public mutating func draw<Font: BitmapFont>(
    _ text: Span<UInt8>, x: Int, y: Int, scale: Int = 1, color: Color, font: Font = BasicFont()
  ) -> Int {
    guard scale > 0 else { return x }
    let (width, height) = (font.width(of: 1, scale: scale), font.height(scale: scale))
    var position = x
    for index in text.indices {
      let cell = Rectangle(x: position, y: y, width: width, height: height)
      if limits.intersects(cell) {
        draw(Unicode.Scalar(text[index]), in: cell, scale: scale, color: color, font: font)
      }
      position = position.adding(saturating: width)
    }
    return position
  }

  /// Draws a number in decimal, with leading zeros up to `digits`.
  ///
  /// - Returns: the column after the last cell.
  @_lifetime(self: copy self)
  @discardableResult
  public mutating func draw<Font: BitmapFont>(
    decimal value: Int, digits: Int = 1, x: Int, y: Int, scale: Int = 1, color: Color,
    font: Font = BasicFont()
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
  public mutating func draw<Font: BitmapFont>(
    hexadecimal value: UInt, digits: Int = 1, x: Int, y: Int, scale: Int = 1, color: Color,
    font: Font = BasicFont()
  ) -> Int {
    let text = Digits(value, radix: 16, atLeast: digits)
    return draw(text.utf8, x: x, y: y, scale: scale, color: color, font: font)
  }

  /// One glyph, as the runs of pixels in its rows.
  @_lifetime(self: copy self)
  private mutating func draw<Font: BitmapFont>(
    _ scalar: Unicode.Scalar, in cell: Rectangle, scale: Int, color: Color, font: Font
  ) {
    for row in 0..<max(0, font.cellHeight) {
      var bits = font.row(row, of: scalar)
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
