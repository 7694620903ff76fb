/// Pixels that have changed, as a few rectangles.
///
/// There are never more than ``capacity`` of them: two become the one around both where that is about as
/// little to move as the two, and where there is no room for another. So the rectangles hold every pixel
/// that was added, and perhaps others. They may overlap. Nothing here allocates.
public struct DamageList: Sendable, BitwiseCopyable {
  private var storage = InlineArray<8, Rectangle>(repeating: .empty)
  private var number: UInt8 = 0

  /// How many rectangles there are.
  public var count: Int { Int(number) }

  /// The most rectangles that there can be.
  public static var capacity: Int { 8 }

  /// What it costs to move one rectangle more, in pixels: about 128 bytes of commands, answers and
  /// descriptors.
  static var rectangleCost: Int { 32 }

  /// No damage.
  public init() {}

  /// The damage of one rectangle.
  public init(_ rectangle: Rectangle) {
    insert(rectangle)
  }

  /// The damage of many rectangles, as far as it lies within `bounds`.
  public init(_ rectangles: Span<Rectangle>, within bounds: Rectangle) {
    for index in rectangles.indices { insert(rectangles[index].intersection(bounds)) }
  }

  /// Whether there is no damage.
  public var isEmpty: Bool { count == 0 }

  /// The rectangles, none of them empty, in no particular order.
  public var rectangles: Span<Rectangle> {
    @_lifetime(borrow self) get { storage.span.extracting(first: count) }
  }

  /// One of the rectangles. `index` is less than ``count``.
  public subscript(index: Int) -> Rectangle { storage[Self.place(index)] }

  /// An index of which the compiler sees that it is one.
  private static func place(_ index: Int) -> Int { index & (capacity &- 1) }

  /// The smallest rectangle around all of them.
  public var bounds: Rectangle {
    let rectangles = rectangles
    var bounds = Rectangle.empty
    for index in rectangles.indices { bounds = bounds.union(rectangles[index]) }
    return bounds
  }

  /// Whether the pixel at (`x`, `y`) is damaged.
  public func contains(x: Int, y: Int) -> Bool {
    let rectangles = rectangles
    for index in rectangles.indices where rectangles[index].contains(x: x, y: y) { return true }
    return false
  }

  /// Forgets all damage.
  public mutating func removeAll() { number = 0 }

  /// Adds a rectangle.
  ///
  /// It is joined with another one if the rectangle around both has no more pixels than the two
  /// together and those that one more rectangle costs; and if there is no room, with the one that grows
  /// least.
  public mutating func insert(_ rectangle: Rectangle) {
    if rectangle.isEmpty { return }
    var added = rectangle
    // Each turn has one rectangle less.
    while let (index, growth) = leastGrowth(with: added),
      growth <= Self.rectangleCost || count == Self.capacity
    {
      added = self[index].union(added)
      number &-= 1
      storage[Self.place(index)] = self[count]
    }
    storage[Self.place(count)] = added
    number &+= 1
  }

  /// Adds all the damage of another list.
  public mutating func formUnion(_ other: borrowing DamageList) {
    let rectangles = other.rectangles
    for index in rectangles.indices { insert(rectangles[index]) }
  }

  /// Which rectangle is joined with another at the least cost, and how many pixels more the one around
  /// both has than the two together.
  private func leastGrowth(with added: Rectangle) -> (index: Int, growth: Int)? {
    let rectangles = rectangles
    var least: (index: Int, growth: Int)?
    for index in rectangles.indices {
      let found = rectangles[index]
      let growth = found.union(added).area.subtracting(
        saturating: found.area.adding(saturating: added.area))
      if let least, least.growth <= growth { continue }
      least = (index, growth)
    }
    return least
  }
}
