/// A range of physical addresses, as a `reg` property states one.
public struct AddressRange: BitwiseCopyable, Equatable, Sendable {
  /// The first address.
  public var base: UInt64

  /// How many bytes the range has.
  public var byteCount: UInt64

  /// Makes a range.
  ///
  /// Nothing is checked.
  public init(base: UInt64 = 0, byteCount: UInt64 = 0) {
    self.base = base
    self.byteCount = byteCount
  }

  /// The first address past the range; the greatest address there is if the range would wrap.
  public var end: UInt64 {
    let (end, overflow) = base.addingReportingOverflow(byteCount)
    return overflow ? .max : end
  }
}
