/// Memory that is contiguous for the program but not for the device: the pieces that it lies in, in order,
/// as few of them as there can be.
///
/// No piece is longer than its 32-bit length can say; a longer run is cut between pages.
public struct ScatterList<let capacity: Int>: Sendable {
  private var storage: InlineArray<capacity, Segment>
  /// How many pieces there are.
  public private(set) var count = 0
  /// The length of all pieces together, in bytes.
  public private(set) var byteCount: UInt64 = 0

  /// The length of the longest piece: the most whole pages of 4096 bytes.
  private static var limit: UInt64 { UInt64(UInt32.max & ~4095) }

  /// A list of nothing.
  public init() {
    storage = InlineArray(
      repeating: Segment(address: DeviceAddress(rawValue: 0), byteCount: 0))
  }

  /// The pieces.
  public var segments: Span<Segment> {
    @_lifetime(borrow self) get { storage.span.extracting(first: count) }
  }

  /// Goes on with `byteCount` bytes from `address`, a page for instance. What follows the last piece in
  /// memory too becomes part of it. Does not block or allocate.
  ///
  /// - Throws: ``ScatterListError``; nothing has changed then.
  public mutating func append(_ address: DeviceAddress, byteCount added: UInt64)
    throws(ScatterListError)
  {
    guard added > 0 else { return }
    let (total, isTooLong) = byteCount.addingReportingOverflow(added)
    guard !address.rawValue.addingReportingOverflow(added &- 1).overflow, !isTooLong else {
      throw .outOfRange
    }
    let joined = min(added, roomInLast(for: address))
    let rest = added &- joined
    let needed = rest / Self.limit &+ (rest % Self.limit == 0 ? 0 : 1)
    guard needed <= UInt64(capacity &- count) else { throw .full(capacity: capacity) }
    if joined > 0 { lengthenLast(by: joined) }
    var offset = joined
    while offset < added {
      let length = min(added &- offset, Self.limit)
      storage[count] = Segment(
        address: DeviceAddress(rawValue: address.rawValue &+ offset),
        byteCount: UInt32(truncatingIfNeeded: length))
      count &+= 1
      offset &+= length
    }
    byteCount = total
  }

  /// How many bytes from `address` on fit in the last piece; 0 if they do not follow it.
  private func roomInLast(for address: DeviceAddress) -> UInt64 {
    guard count > 0 else { return 0 }
    let last = storage[count &- 1]
    let end = last.address.rawValue.addingReportingOverflow(UInt64(last.byteCount))
    guard !end.overflow, end.partialValue == address.rawValue else { return 0 }
    return Self.limit &- UInt64(last.byteCount)
  }

  private mutating func lengthenLast(by byteCount: UInt64) {
    let last = storage[count &- 1]
    storage[count &- 1] = Segment(
      address: last.address,
      byteCount: UInt32(truncatingIfNeeded: UInt64(last.byteCount) &+ byteCount))
  }
}

/// Why a piece of memory could not be put on a ``ScatterList``.
public enum ScatterListError: Error, Equatable, Sendable {
  /// It would take more pieces than there is room for.
  case full(capacity: Int)
  /// It goes on behind the last address there is.
  case outOfRange
}
