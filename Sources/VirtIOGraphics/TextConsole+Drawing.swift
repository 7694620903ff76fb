extension TextConsole {
  /// Takes what of the console has to be drawn anew since the last call: in pixels, where it is drawn with
  /// the same values.
  ///
  /// - Parameters:
  ///   - x: The left edge of the console.
  ///   - y: Its top edge.
  ///   - scale: The side of one glyph pixel.
  ///   - font: The shapes.
  @_lifetime(self: copy self)
  public mutating func takeDamage<Font: BitmapFont & ~Copyable & ~Escapable>(
    x: Int = 0, y: Int = 0, scale: Int = 1, font: borrowing Font = BasicFont()
  ) -> DamageList {
    noteCursor()
    let (width, height) = (font.width(of: 1, scale: scale), font.height(scale: scale))
    var damage = DamageList()
    for row in 0..<rows {
      let (first, end) = takeNote(row)
      if first >= end { continue }
      damage.insert(
        Rectangle(
          minX: x.adding(saturating: first.multiplied(saturating: width)),
          minY: y.adding(saturating: row.multiplied(saturating: height)),
          maxX: x.adding(saturating: end.multiplied(saturating: width)),
          maxY: y.adding(saturating: (row &+ 1).multiplied(saturating: height))))
    }
    return damage
  }

  /// Where the cursor is shown, in the view; nil if it is not.
  private var shownCursor: TextPosition? {
    guard showsCursor, cursor.row &+ viewOffset < rows else { return nil }
    return TextPosition(column: cursor.column, row: cursor.row &+ viewOffset)
  }

  @_lifetime(self: copy self)
  private mutating func noteCursor() {
    let shown = shownCursor
    if shown == drawnCursor { return }
    if let drawnCursor { note(drawnCursor.row, drawnCursor.column, drawnCursor.column &+ 1) }
    if let shown { note(shown.row, shown.column, shown.column &+ 1) }
    drawnCursor = shown
  }

  /// Draws all that lies in some rectangles: the damage, and what the canvas lacks besides. Leaves the
  /// canvas's clip as it was.
  public func draw<Font: BitmapFont & ~Copyable & ~Escapable>(
    on canvas: inout Canvas, in rectangles: Span<Rectangle>, x: Int = 0, y: Int = 0, scale: Int = 1,
    font: borrowing Font = BasicFont()
  ) {
    let clip = canvas.clip
    for index in rectangles.indices {
      canvas.clip = clip.intersection(rectangles[index])
      draw(on: &canvas, x: x, y: y, scale: scale, font: font)
    }
    canvas.clip = clip
  }

  /// Draws all that lies in the canvas's clip.
  public func draw<Font: BitmapFont & ~Copyable & ~Escapable>(
    on canvas: inout Canvas, x: Int = 0, y: Int = 0, scale: Int = 1,
    font: borrowing Font = BasicFont()
  ) {
    let (width, height) = (font.width(of: 1, scale: scale), font.height(scale: scale))
    if width <= 0 || height <= 0 { return }
    let clip = canvas.clip
    let shown = Self.places(clip.x, clip.maxX, from: x, size: width, count: columns)
    let cursor = shownCursor
    for row in Self.places(clip.y, clip.maxY, from: y, size: height, count: rows) {
      let start = start(of: row &- viewOffset)
      let cellY = y.adding(saturating: row.multiplied(saturating: height))
      for column in shown {
        var cell = cells[start &+ column]
        if let cursor, cursor.column == column, cursor.row == row {
          cell.invert()
        }
        canvas.draw(
          cell, x: x.adding(saturating: column.multiplied(saturating: width)), y: cellY,
          scale: scale, font: font)
      }
    }
  }

  /// Which of `count` places of one size, side by side, have a part between two coordinates.
  private static func places(_ min: Int, _ max: Int, from start: Int, size: Int, count: Int)
    -> Range<Int>
  {
    let first = Swift.max(0, min.subtracting(saturating: start) / size)
    let end = max.subtracting(saturating: start).adding(saturating: size &- 1) / size
    let held = Swift.max(0, Swift.min(end, count))
    return Swift.min(first, held)..<held
  }
}
