/// Arithmetic that stops at the ends of `Int` instead of trapping: coordinates may be anything.
///
/// Written without branches, as every drawing call does a good deal of it.
extension Int {
  /// The sum, or the end of the range on the side it left.
  @inlinable
  func adding(saturating other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other &>> (Int.bitWidth &- 1)) ^ Int.max : sum
  }

  /// The difference, or the end of the range on the side it left.
  @inlinable
  func subtracting(saturating other: Int) -> Int {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (other &>> (Int.bitWidth &- 1)) ^ Int.min : difference
  }

  /// The product, or the end of the range on the side it left.
  @inlinable
  func multiplied(saturating other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? ((self ^ other) &>> (Int.bitWidth &- 1)) ^ Int.max : product
  }
}
