import VirtIOGraphics

/// What one step of the scene changed: a few rectangles, none of them empty.
struct SceneDamage: Sendable {
  /// The most rectangles a step reports.
  static var capacity: Int { 4 }

  private var storage = InlineArray<4, Rectangle>(repeating: .empty)

  /// The number of rectangles.
  private(set) var count = 0

  /// The rectangles.
  var rectangles: Span<Rectangle> {
    @_lifetime(borrow self) get { storage.span.extracting(first: count) }
  }

  /// The rectangle at `index`, empty beyond the last one.
  subscript(index: Int) -> Rectangle {
    index >= 0 && index < count ? storage[index] : .empty
  }

  /// Adds a rectangle; an empty one is left out, one too many joins the last.
  mutating func add(_ rectangle: Rectangle) {
    if rectangle.isEmpty { return }
    if count < Self.capacity {
      storage[count] = rectangle
      count += 1
    } else {
      storage[count - 1] = storage[count - 1].union(rectangle)
    }
  }
}
