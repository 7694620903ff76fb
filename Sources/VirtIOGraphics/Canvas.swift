/// A drawing surface over pixels that someone else owns, for as long as it is borrowed.
///
/// All drawing is limited to ``clip`` and so to the surface: coordinates may be anything, and
/// what lies outside is left out. Nothing here allocates, blocks or traps.
///
/// ```swift
/// var canvas = Canvas(
///   width: frame.width, height: frame.height, stride: frame.stride, format: frame.format,
///   pixels: frame.pixels)
/// canvas.fill(.black)
/// canvas.draw("hello", x: 8, y: 8, scale: 2, color: .white)
/// ```
public struct Canvas: ~Copyable, ~Escapable {
  @usableFromInline var pixels: MutableSpan<UInt32>
  @usableFromInline let layout: PixelLayout
  @usableFromInline var limits: Rectangle
  private var notesDamage = false

  /// The number of columns.
  public let width: Int

  /// The number of rows.
  public let height: Int

  /// The distance between rows, in pixels.
  public let stride: Int

  /// How colours lie in memory.
  public let format: PixelFormat

  /// Creates a canvas over `pixels`, row after row from the top, `stride` words apart.
  ///
  /// A size that `pixels` cannot hold is reduced to what it can: first the columns to one
  /// stride, then the rows to those that are complete.
  ///
  /// - Parameters:
  ///   - width: the number of columns.
  ///   - height: the number of rows.
  ///   - stride: the distance between rows in pixels; the width unless given.
  ///   - format: how a colour lies in memory.
  ///   - pixels: the words to draw on, last so that the others may be read from its owner.
  @_lifetime(copy pixels)
  public init(
    width: Int, height: Int, stride: Int? = nil, format: PixelFormat,
    pixels: consuming MutableSpan<UInt32>
  ) {
    let distance = max(0, stride ?? width)
    let columns = max(0, min(width, distance, pixels.count))
    let complete = columns == 0 ? 0 : (pixels.count &- columns) / distance &+ 1
    let rows = max(0, min(height, complete))
    self.width = columns
    self.height = rows
    self.stride = distance
    self.format = format
    self.layout = format.layout
    self.limits = Rectangle(x: 0, y: 0, width: columns, height: rows)
    self.pixels = pixels
  }

  /// The whole surface.
  @inlinable
  public var bounds: Rectangle { Rectangle(x: 0, y: 0, width: width, height: height) }

  /// Where drawing has an effect: the whole surface at first, and never more than it.
  public var clip: Rectangle {
    get { limits }
    @_lifetime(self: copy self) set { limits = bounds.intersection(newValue) }
  }

  /// The smallest rectangle around all that has been drawn since ``trackDamage()``.
  ///
  /// What to present, perhaps as one of several: `damage.insert(canvas.damage)`.
  public private(set) var damage = Rectangle.empty

  /// Begins to note what is drawn on; forgets what was noted.
  @_lifetime(self: copy self)
  public mutating func trackDamage() {
    damage = .empty
    notesDamage = true
  }

  /// Notes that pixels may have changed; they lie within the clip.
  @usableFromInline
  @_lifetime(self: copy self)
  mutating func note(_ area: Rectangle) {
    if notesDamage { damage = damage.union(area) }
  }

  /// The colour at (`x`, `y`), or nil outside the surface.
  public func color(x: Int, y: Int) -> Color? {
    guard bounds.contains(x: x, y: y) else { return nil }
    return layout.decode(pixels[y &* stride &+ x])
  }

  /// Sets the pixel at (`x`, `y`).
  @_lifetime(self: copy self)
  public mutating func set(x: Int, y: Int, to color: Color) {
    guard limits.contains(x: x, y: y) else { return }
    note(Rectangle(x: x, y: y, width: 1, height: 1))
    pixels[y &* stride &+ x] = layout.encode(color)
  }
}
