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
  ///   - start: The first byte of the part, which lies inside the buffer.
  ///   - byteCount: How long the part is.
  ///   - platform: Where the buffer comes from.
  ///   - body: Called with each piece.
  package func forEachSegment<P: Platform>(
    from start: Int, byteCount: Int, on platform: borrowing P, _ body: (Segment) -> Void
  ) where P.Region == Region {
    // The most whole pages that a length of 32 bits can say.
    let limit = UInt64(UInt32.max & ~4095)
    var first: UInt64 = 0
    var length: UInt64 = 0
    var offset = start
    let end = start &+ byteCount
    while offset < end {
      let next = platform.segment(of: region, at: offset)
      // A platform that says 0 gets asked for each byte: slow, but there is an end.
      let count = min(max(1, UInt64(next.byteCount)), UInt64(truncatingIfNeeded: end &- offset))
      if length > 0, first &+ length == next.address.rawValue, length &+ count <= limit {
        length &+= count
      } else {
        if length > 0 { body(Self.segment(first, length)) }
        first = next.address.rawValue
        length = count
      }
      offset &+= Int(truncatingIfNeeded: count)
    }
    if length > 0 { body(Self.segment(first, length)) }
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
  ///   - start: The first byte of the part, from the start of the first slot.
  ///   - byteCount: How long the part is.
  ///   - platform: Where the buffer comes from.
  ///   - body: Called with each piece.
  package func forEachSegment<P: Platform>(
    from start: Int, byteCount: Int, on platform: borrowing P, _ body: (Segment) -> Void
  ) where P.Region == Region {
    memory.forEachSegment(from: start, byteCount: byteCount, on: platform, body)
  }
}
