/// A list of at most `capacity` elements, stored in place.
///
/// It keeps the first ones and counts the others.
public struct BoundedList<let capacity: Int, Element: BitwiseCopyable & Sendable>:
  BitwiseCopyable, Sendable
{
  private var storage: InlineArray<capacity, Element>

  private var number: UInt32 = 0

  /// How many elements the list holds.
  public var count: Int { Int(number) }

  /// How many elements were offered after the list was full.
  public private(set) var droppedCount = 0

  init(filledWith element: Element) {
    storage = InlineArray(repeating: element)
  }

  /// The element at `index`, which must be less than ``count``.
  public subscript(index: Int) -> Element { storage[Self.place(index)] }

  /// An index of which the compiler sees that it is one: another stands for the last.
  private static func place(_ index: Int) -> Int {
    Int(bitPattern: min(UInt(bitPattern: index), UInt(bitPattern: capacity &- 1)))
  }

  mutating func append(_ element: Element) {
    guard count < capacity else {
      droppedCount &+= 1
      return
    }
    storage[Self.place(count)] = element
    number &+= 1
  }
}
