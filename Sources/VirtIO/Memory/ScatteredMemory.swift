// Memory that lies in many pieces for the device. Only what a device is told of piece by piece can lie so:
// pixels, never rings or commands.

extension Platform {
  /// Takes contiguous memory, which is as good.
  public func allocateScattered(byteCount: Int) -> Region? {
    allocate(byteCount: byteCount, alignment: 4096)
  }

  /// All that is left, as the region is contiguous.
  public func segment(of region: Region, at offset: Int) -> Segment {
    Segment(
      address: region.deviceAddress.advanced(by: offset),
      byteCount: UInt32(clamping: region.byteCount &- offset))
  }
}

extension DMABuffer {
  /// Takes `byteCount` bytes, zeroed, of which the device may see every page somewhere else.
  ///
  /// - Throws: ``AllocationFailure`` if the platform has not so many.
  package init<P: Platform>(scattering byteCount: Int, from platform: borrowing P)
    throws(AllocationFailure) where P.Region == Region
  {
    let rest = Region.lineByteCount &- 1
    let padded = byteCount.addingReportingOverflow(rest)
    guard !padded.overflow,
      let region = platform.allocateScattered(byteCount: padded.partialValue & ~rest)
    else { throw AllocationFailure(byteCount: byteCount) }
    self.init(taking: region)
  }

  /// Goes through the pieces in which the device sees part of the buffer, in order, as few of them as there
  /// can be.
  ///
  /// - Parameters:
  ///   - range: The part, inside the buffer.
  ///   - platform: Where the buffer comes from.
  ///   - body: Called with each piece.
  package func forEachSegment<P: Platform>(
    of range: Range<Int>, on platform: borrowing P, _ body: (Segment) -> Void
  ) where P.Region == Region {
    // The most whole pages that a length of 32 bits can say.
    let limit = UInt64(UInt32.max & ~4095)
    var start: UInt64 = 0
    var length: UInt64 = 0
    var offset = range.lowerBound
    while offset < range.upperBound {
      let next = platform.segment(of: region, at: offset)
      // A platform that says 0 gets asked for each byte: slow, but there is an end.
      let count = min(max(1, Int(next.byteCount)), range.upperBound &- offset)
      if length > 0, start &+ length == next.address.rawValue, length &+ UInt64(count) <= limit {
        length &+= UInt64(count)
      } else {
        if length > 0 { body(Self.segment(start, length)) }
        start = next.address.rawValue
        length = UInt64(count)
      }
      offset &+= count
    }
    if length > 0 { body(Self.segment(start, length)) }
  }

  private static func segment(_ start: UInt64, _ length: UInt64) -> Segment {
    Segment(
      address: DeviceAddress(rawValue: start), byteCount: UInt32(truncatingIfNeeded: length))
  }
}

extension LendingBuffer {
  /// Goes through the pieces in which the device sees part of the slots, which follow each other.
  ///
  /// - Parameters:
  ///   - range: The part, in bytes from the start of the first slot.
  ///   - platform: Where the buffer comes from.
  ///   - body: Called with each piece.
  package func forEachSegment<P: Platform>(
    of range: Range<Int>, on platform: borrowing P, _ body: (Segment) -> Void
  ) where P.Region == Region {
    memory.forEachSegment(of: range, on: platform, body)
  }
}
