import VirtIOGraphics

/// What one step of the scene changed: a few rectangles, none of them empty.
struct SceneDamage: Sendable {
  /// The most rectangles a step reports.
  static var capacity: Int { 4 }

  private var rectangles = InlineArray<4, Rectangle>(repeating: .empty)

  /// The number of rectangles.
  private(set) var count = 0

  /// The rectangle at `index`, empty beyond the last one.
  subscript(index: Int) -> Rectangle {
    index >= 0 && index < count ? rectangles[index] : .empty
  }

  /// Adds a rectangle; an empty one is left out, one too many joins the last.
  mutating func add(_ rectangle: Rectangle) {
    if rectangle.isEmpty { return }
    if count < Self.capacity {
      rectangles[count] = rectangle
      count += 1
    } else {
      rectangles[count - 1] = rectangles[count - 1].union(rectangle)
    }
  }
}
