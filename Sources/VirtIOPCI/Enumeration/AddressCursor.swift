/// The next free address of a window. Addresses are given out upwards and never taken back.
struct AddressCursor: Equatable {
  private(set) var next: UInt64
  private let end: UInt64

  /// A cursor at the start of `window`, or one that is used up if there is none.
  ///
  /// - Parameter limit: No address from here on is given out.
  init(_ window: PCIWindow?, limit: UInt64 = .max) {
    guard let window else {
      next = 0
      end = 0
      return
    }
    // An unset BAR reads as address 0, so that address is not given out.
    next = max(window.pciBase, 1)
    let windowEnd = window.pciBase.addingReportingOverflow(window.byteCount)
    end = min(limit, windowEnd.overflow ? .max : windowEnd.partialValue)
  }

  /// Takes `byteCount` bytes, aligned to it; nil if there is no room. `byteCount` is a power of two.
  mutating func take(_ byteCount: UInt64) -> UInt64? {
    guard let start = aligned(to: byteCount), start < end, byteCount <= end &- start else {
      return nil
    }
    next = start &+ byteCount
    return start
  }

  /// Moves up to the next multiple of `granule`, as far as there is one in the window.
  mutating func align(to granule: UInt64) {
    next = min(aligned(to: granule) ?? end, max(end, next))
  }

  /// Moves past `end` of a range that is in use, if the range lies in this window.
  mutating func skip(_ range: Range<UInt64>) {
    guard range.lowerBound < end, range.upperBound > next else { return }
    next = min(range.upperBound, end)
  }

  /// What was taken between this cursor and a later one.
  func range(upTo later: AddressCursor) -> Range<UInt64> {
    next..<max(next, later.next)
  }

  private func aligned(to granule: UInt64) -> UInt64? {
    let sum = next.addingReportingOverflow(granule &- 1)
    return sum.overflow ? nil : sum.partialValue & ~(granule &- 1)
  }
}
