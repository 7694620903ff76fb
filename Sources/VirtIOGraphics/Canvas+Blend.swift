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
