extension Canvas {
  /// Lays `color` over `rectangle` by its alpha; an opaque colour fills.
  @_lifetime(self: copy self)
  public mutating func blend(_ rectangle: Rectangle, with color: Color) {
    if color.alpha == 255 { return fill(rectangle, with: color) }
    if color.alpha == 0 { return }
    update(rectangle) { _, _, pixel in pixel = color.over(pixel) }
  }

  /// Lays `color` over the pixel at (`x`, `y`) by its alpha.
  @_lifetime(self: copy self)
  public mutating func blend(x: Int, y: Int, with color: Color) {
    guard limits.contains(x: x, y: y) else { return }
    note(Rectangle(x: x, y: y, width: 1, height: 1))
    let position = y &* stride &+ x
    pixels[position] = layout.encode(color.over(layout.decode(pixels[position])))
  }

  /// Changes each pixel of `rectangle` as `body` says, from its column, its row and its colour.
  ///
  /// The way to any effect of one's own: no format to know, nothing to clip.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func update(
    _ rectangle: Rectangle, _ body: (_ x: Int, _ y: Int, _ pixel: inout Color) -> Void
  ) {
    let area = limits.intersection(rectangle)
    note(area)
    let layout = layout
    for y in area.y..<area.maxY {
      let start = y &* stride &+ area.x
      var row = pixels._mutatingExtracting(start..<start &+ area.width)
      for index in row.indices {
        var color = layout.decode(row[index])
        body(area.x &+ index, y, &color)
        row[index] = layout.encode(color)
      }
    }
  }

  /// Sets each pixel of `rectangle` to what `body` makes of its column and row.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func fill(
    _ rectangle: Rectangle, by body: (_ x: Int, _ y: Int) -> Color
  ) {
    let area = limits.intersection(rectangle)
    note(area)
    let layout = layout
    for y in area.y..<area.maxY {
      let start = y &* stride &+ area.x
      var row = pixels._mutatingExtracting(start..<start &+ area.width)
      for index in row.indices {
        row[index] = layout.encode(body(area.x &+ index, y))
      }
    }
  }
}

extension Canvas {
  /// Lays rows of words in any format over what is there, by their own alpha, the first at (`x`, `y`).
  ///
  /// What has no alpha is opaque.
  ///
  /// - Parameters:
  ///   - source: the rows, one after the other; a last incomplete one is left out.
  ///   - format: how a colour lies in the words of `source`.
  ///   - width: the number of words in a row.
  ///   - x: the column of the leftmost word.
  ///   - y: the row of the first row.
  ///   - alpha: how much of all of them is laid over: 255 by their own alpha alone, 0 nothing.
  @_lifetime(self: copy self)
  public mutating func blend(
    _ source: Span<UInt32>, in format: PixelFormat, width: Int, x: Int, y: Int, alpha: UInt8 = 255
  ) {
    guard width > 0, alpha > 0 else { return }
    let layout = format.layout
    let area = limits.intersection(
      Rectangle(x: x, y: y, width: width, height: source.count / width))
    for row in area.y..<area.maxY {
      // A difference within the rows fits, however far outside they begin.
      let start = (row &- y) &* width &+ (area.x &- x)
      let words = source.extracting(start..<start &+ area.width)
      update(Rectangle(x: area.x, y: row, width: area.width, height: 1)) { column, _, pixel in
        var color = layout.decode(words[column &- area.x])
        color.alpha = Color.scale(UInt32(color.alpha) &* UInt32(alpha))
        pixel = color.over(pixel)
      }
    }
  }
}
