/// Values in memory of a heap. One that is dropped without being freed is lost.
@safe public struct HeapArray<Element: BitwiseCopyable>: ~Copyable {
  /// The address of the first.
  public let address: UInt

  /// How many there are.
  public let count: Int

  private let base: UnsafeMutablePointer<Element>

  /// The caller must own the memory, and not free it but as this array.
  init(unsafeAddress address: UInt, repeating value: Element, count: Int) {
    self.address = address
    self.count = count
    // SAFETY: the caller owns `count` elements at this address, aligned, and no heap's is 0.
    unsafe base = UnsafeMutablePointer(bitPattern: address).unsafelyUnwrapped
    unsafe base.initialize(repeating: value, count: count)
  }

  /// The values.
  public var span: Span<Element> {
    @_lifetime(borrow self) get {
      // SAFETY: the memory is this array's and initialised.
      let span = unsafe Span(_unsafeStart: base, count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The values, to be changed.
  public var mutableSpan: MutableSpan<Element> {
    @_lifetime(&self) mutating get {
      // SAFETY: the memory is this array's and initialised.
      let span = unsafe MutableSpan(_unsafeStart: base, count: count)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }
}

extension Heap where Source: ~Copyable {
  /// Takes memory for `count` values, all the same at first. Does not block.
  ///
  /// - Throws: what ``allocate(byteCount:alignment:)`` throws.
  public mutating func makeArray<Element: BitwiseCopyable>(
    repeating value: Element, count: Int
  ) throws(HeapError) -> HeapArray<Element> {
    let (byteCount, overflow) = count.multipliedReportingOverflow(
      by: MemoryLayout<Element>.stride)
    guard !overflow else { throw .invalidRequest }
    let address = try allocate(
      byteCount: byteCount, alignment: MemoryLayout<Element>.alignment)
    return HeapArray(unsafeAddress: address, repeating: value, count: count)
  }

  /// Gives the memory of values back. Does not block.
  ///
  /// - Throws: what ``free(_:)`` throws; then the memory is lost.
  public mutating func free<Element: BitwiseCopyable>(
    _ array: consuming HeapArray<Element>
  ) throws(HeapError) {
    try free(array.address)
  }
}
