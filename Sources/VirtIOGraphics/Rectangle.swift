/// A rectangle of pixels, `x` growing to the right and `y` downwards.
///
/// Any coordinates are allowed: edges that would leave the range of `Int` saturate, and nothing
/// here traps. A width or height below one makes a rectangle empty.
@frozen
public struct Rectangle: Equatable, Sendable, BitwiseCopyable {
  /// The leftmost column.
  public var x: Int

  /// The topmost row.
  public var y: Int

  /// The number of columns.
  public var width: Int

  /// The number of rows.
  public var height: Int

  /// Creates a rectangle from its top left corner and its size.
  @inlinable
  public init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// Creates the rectangle that starts at (`minX`, `minY`) and ends before (`maxX`, `maxY`).
  ///
  /// Ends that do not lie beyond the start give an empty rectangle.
  @inlinable
  public init(minX: Int, minY: Int, maxX: Int, maxY: Int) {
    self.init(
      x: minX, y: minY,
      width: Swift.max(0, maxX.subtracting(saturating: minX)),
      height: Swift.max(0, maxY.subtracting(saturating: minY)))
  }

  /// The rectangle without pixels, at the origin.
  @inlinable
  public static var empty: Self { Self(x: 0, y: 0, width: 0, height: 0) }

  /// Whether no pixel lies inside.
  @inlinable
  public var isEmpty: Bool { width <= 0 || height <= 0 }

  /// The first column to the right of the rectangle, saturated.
  @inlinable
  public var maxX: Int { x.adding(saturating: Swift.max(0, width)) }

  /// The first row below the rectangle, saturated.
  @inlinable
  public var maxY: Int { y.adding(saturating: Swift.max(0, height)) }

  /// The number of pixels inside, saturated.
  @inlinable
  public var area: Int { isEmpty ? 0 : width.multiplied(saturating: height) }

  /// Whether the pixel at (`x`, `y`) lies inside.
  @inlinable
  public func contains(x: Int, y: Int) -> Bool {
    x >= self.x && x < maxX && y >= self.y && y < maxY
  }

  /// Whether every pixel of `other` lies inside; true for an empty `other`.
  @inlinable
  public func contains(_ other: Rectangle) -> Bool {
    other.isEmpty
      || (other.x >= x && other.maxX <= maxX && other.y >= y && other.maxY <= maxY)
  }

  /// Whether the two rectangles share a pixel.
  @inlinable
  public func intersects(_ other: Rectangle) -> Bool { !intersection(other).isEmpty }

  /// The pixels that lie in both, or ``empty``.
  @inlinable
  public func intersection(_ other: Rectangle) -> Rectangle {
    if isEmpty || other.isEmpty { return .empty }
    let shared = Rectangle(
      minX: Swift.max(x, other.x), minY: Swift.max(y, other.y),
      maxX: Swift.min(maxX, other.maxX), maxY: Swift.min(maxY, other.maxY))
    return shared.isEmpty ? .empty : shared
  }

  /// The smallest rectangle around both; an empty one adds nothing.
  @inlinable
  public func union(_ other: Rectangle) -> Rectangle {
    if other.isEmpty { return isEmpty ? .empty : self }
    if isEmpty { return other }
    return Rectangle(
      minX: Swift.min(x, other.x), minY: Swift.min(y, other.y),
      maxX: Swift.max(maxX, other.maxX), maxY: Swift.max(maxY, other.maxY))
  }

  /// The rectangle moved outwards by `margin` pixels on each side, inwards if negative.
  @inlinable
  public func expanded(by margin: Int) -> Rectangle {
    Rectangle(
      minX: x.subtracting(saturating: margin), minY: y.subtracting(saturating: margin),
      maxX: maxX.adding(saturating: margin), maxY: maxY.adding(saturating: margin))
  }
}
