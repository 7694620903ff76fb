/// A list of at most `capacity` elements, stored in place.
///
/// It keeps the first ones and counts the others.
public struct BoundedList<let capacity: Int, Element: BitwiseCopyable & Sendable>:
  BitwiseCopyable, Sendable
{
  private var storage: InlineArray<capacity, Element>

  /// How many elements the list holds.
  public private(set) var count = 0

  /// How many elements were offered after the list was full.
  public private(set) var droppedCount = 0

  init(filledWith element: Element) {
    storage = InlineArray(repeating: element)
  }

  /// The element at `index`, which must be less than ``count``.
  public subscript(index: Int) -> Element { storage[index] }

  mutating func append(_ element: Element) {
    guard count < capacity else {
      droppedCount &+= 1
      return
    }
    storage[count] = element
    count &+= 1
  }
}
