/// A circle around the middle of a pixel.
///
/// A pixel belongs to it that lies within half a pixel more than the radius: a radius of 0 is the one pixel,
/// a negative one nothing.
@frozen
public struct Circle: Equatable, Sendable, BitwiseCopyable {
  /// The column of the centre.
  public var x: Int

  /// The row of the centre.
  public var y: Int

  /// The distance of the outermost pixels, in pixels.
  public var radius: Int

  /// Creates a circle from its centre and its radius.
  @inlinable
  public init(x: Int, y: Int, radius: Int) {
    self.x = x
    self.y = y
    self.radius = radius
  }

  /// The smallest rectangle around it, saturated.
  public var bounds: Rectangle {
    if radius < 0 { return .empty }
    return Rectangle(
      minX: x.subtracting(saturating: radius), minY: y.subtracting(saturating: radius),
      maxX: x.adding(saturating: radius).adding(saturating: 1),
      maxY: y.adding(saturating: radius).adding(saturating: 1))
  }

  /// How far the circle reaches to each side of its centre in a row; nil where it has no pixel.
  ///
  /// A radius beyond that of `Int32` is held to it.
  func reach(inRow row: Int) -> Int? {
    let radius = min(radius, Int(Int32.max))
    let distance = row.subtracting(saturating: y)
    guard radius >= 0, distance.magnitude <= UInt(radius) else { return nil }
    // (r + 1/2)^2 without its quarter, which no sum of two squares tells apart.
    return (radius &* radius &+ radius &- distance &* distance).squareRootRoundedDown
  }
}

extension Canvas {
  /// Lays `color` over a circle and what is inside, by its alpha.
  @_lifetime(self: copy self)
  public mutating func fill(_ circle: Circle, with color: Color) {
    let area = limits.intersection(circle.bounds)
    for y in area.y..<area.maxY {
      if let reach = circle.reach(inRow: y) { span(circle.x, y, reach, with: color) }
    }
  }

  /// Lays `color` over the line around a circle, `thickness` pixels wide and inside of it, by its alpha.
  @_lifetime(self: copy self)
  public mutating func outline(_ circle: Circle, thickness: Int = 1, with color: Color) {
    if thickness <= 0 { return }
    let area = limits.intersection(circle.bounds)
    // A negative radius has no row.
    let inner = Circle(
      x: circle.x, y: circle.y, radius: circle.radius.subtracting(saturating: thickness))
    for y in area.y..<area.maxY {
      guard let outer = circle.reach(inRow: y) else { continue }
      guard let inner = inner.reach(inRow: y) else {
        span(circle.x, y, outer, with: color)
        continue
      }
      let left = circle.x.subtracting(saturating: outer)
      let right = circle.x.adding(saturating: outer).adding(saturating: 1)
      row(y, left, circle.x.subtracting(saturating: inner), with: color)
      row(y, circle.x.adding(saturating: inner).adding(saturating: 1), right, with: color)
    }
  }

  /// So many pixels to each side of a column.
  @_lifetime(self: copy self)
  private mutating func span(_ x: Int, _ y: Int, _ reach: Int, with color: Color) {
    row(
      y, x.subtracting(saturating: reach), x.adding(saturating: reach).adding(saturating: 1),
      with: color)
  }

  @_lifetime(self: copy self)
  private mutating func row(_ y: Int, _ minX: Int, _ maxX: Int, with color: Color) {
    blend(Rectangle(minX: minX, minY: y, maxX: maxX, maxY: y &+ 1), with: color)
  }
}

extension Int {
  /// The root of a number that is not negative: the greatest whose square is not more.
  var squareRootRoundedDown: Int {
    var (rest, root) = (UInt(Swift.max(0, self).magnitude), UInt(0))
    var bit = UInt(1) &<< UInt(Int.bitWidth &- 2)
    while bit != 0 {
      if rest >= root &+ bit {
        rest &-= root &+ bit
        root = root >> 1 &+ bit
      } else {
        root >>= 1
      }
      bit >>= 2
    }
    return Int(truncatingIfNeeded: root)
  }
}
