/// So many elements, in line, without memory from anywhere.
///
/// Unlike with `InlineArray`, no index can trap: one that names no element, which debug builds report,
/// stands for one of them all the same. What a device or a program says is checked before it becomes an
/// index; this makes sure that nothing else can happen, at the price of one instruction.
@frozen
public struct FixedArray<let capacity: Int, Element> {
  @usableFromInline var elements: InlineArray<capacity, Element>

  /// Makes each element from its index.
  @inline(__always)
  public init<Failure: Error>(_ body: (Int) throws(Failure) -> Element) throws(Failure) {
    elements = try InlineArray(body)
  }

  /// Makes all elements alike.
  @inline(__always)
  public init(repeating element: Element) { elements = InlineArray(repeating: element) }

  /// How many elements there are.
  public var count: Int { capacity }

  /// The indices, in order.
  public var indices: Range<Int> { elements.indices }

  /// The elements in order.
  public var span: Span<Element> {
    @_lifetime(borrow self) get { elements.span }
  }

  /// The element at `index`, which is one of ``indices``.
  public subscript(index: Int) -> Element {
    @_transparent _read { yield elements[Self.place(index)] }
    @_transparent _modify { yield &elements[Self.place(index)] }
  }

  @_transparent
  @usableFromInline
  static func place(_ index: Int) -> Int {
    assert(index >= 0 && index < capacity, "an index names an element")
    // Not all counts are powers of two; which is known when this is compiled.
    return capacity & (capacity &- 1) == 0
      ? index & (capacity &- 1)
      : Int(bitPattern: min(UInt(bitPattern: index), UInt(bitPattern: capacity &- 1)))
  }
}

extension FixedArray: Sendable where Element: Sendable {}
