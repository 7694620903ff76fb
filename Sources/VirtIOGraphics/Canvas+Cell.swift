extension Canvas {
  /// Draws a cell of a terminal, its top left corner at (`x`, `y`): all its pixels are replaced.
  @_lifetime(self: copy self)
  public mutating func draw<Font: BitmapFont & ~Copyable & ~Escapable>(
    _ cell: TextCell, x: Int, y: Int, scale: Int = 1, font: borrowing Font = BasicFont()
  ) {
    let area = Rectangle(
      x: x, y: y, width: font.width(of: 1, scale: scale), height: font.height(scale: scale))
    let visible = limits.intersection(area)
    if visible.isEmpty { return }
    note(visible)
    if scale == 1, visible == area, area.width <= 32 {
      drawRows(of: cell, in: area, font: font)
    } else {
      fill(area, with: cell.backgroundColor)
      draw(scalar: cell.scalar, x: x, y: y, scale: scale, color: cell.foregroundColor, font: font)
    }
    if cell.isUnderlined {
      fill(
        Rectangle(
          minX: area.x, minY: area.maxY.subtracting(saturating: scale), maxX: area.maxX,
          maxY: area.maxY),
        with: cell.foregroundColor)
    }
  }

  /// Draws a cell that lies within the clip, word by word.
  @_lifetime(self: copy self)
  private mutating func drawRows<Font: BitmapFont & ~Copyable & ~Escapable>(
    of cell: TextCell, in area: Rectangle, font: borrowing Font
  ) {
    let (front, back) = (layout.encode(cell.foregroundColor), layout.encode(cell.backgroundColor))
    let glyph = font.glyph(of: cell.scalar)
    var start = area.y &* stride &+ area.x
    for row in 0..<area.height {
      var bits = font.row(row, ofGlyph: glyph)
      var words = pixels._mutatingExtracting(start..<start &+ area.width)
      for index in words.indices {
        words[index] = bits & 0x8000_0000 == 0 ? back : front
        bits <<= 1
      }
      start &+= stride
    }
  }
}
