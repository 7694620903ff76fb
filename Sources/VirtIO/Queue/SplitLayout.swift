/// Where the three parts of a split virtqueue lie in one block of memory.
///
/// - Spec: VirtIO 1.4 §2.7 "Split Virtqueues"
struct SplitLayout: Equatable, Sendable {
  /// The number of entries, a power of two.
  let size: Int

  /// What the device writes starts at a multiple of this, a power of two.
  private let lineByteCount: Int

  /// The largest layout with at most `limit` entries. `limit` is 1 to 32768.
  ///
  /// - Parameter lineByteCount: ``DMARegion/lineByteCount`` of the memory, a power of two.
  init(atMost limit: Int, lineByteCount: Int) {
    // Even where caches are snooped it is faster if the two sides write to different lines.
    self.lineByteCount = max(64, lineByteCount)
    let limit = max(1, min(limit, 32768))
    size = 1 << (Int.bitWidth &- 1 &- limit.leadingZeroBitCount)
  }

  /// The mask that turns a free-running index into a slot of a ring.
  var mask: UInt16 { UInt16(truncatingIfNeeded: size &- 1) }

  /// `struct virtq_desc` is 16 bytes.
  static var descriptorByteCount: Int { 16 }
  /// `struct virtq_used_elem` is 8 bytes.
  static var usedElementByteCount: Int { 8 }

  // The descriptor table is first: it has the strictest alignment, 16. The used ring starts a cache
  // line of its own, as the device writes it while the driver writes the others; it is the last, and
  // the block is padded to its line's end when it is allocated.
  var availableOffset: Int { size &* Self.descriptorByteCount }
  var usedOffset: Int {
    (availableOffset &+ 6 &+ 2 &* size &+ lineByteCount &- 1) & ~(lineByteCount &- 1)
  }
  var byteCount: Int { usedOffset &+ 6 &+ Self.usedElementByteCount &* size }

  // Fields of `struct virtq_avail`.
  var availableFlagsOffset: Int { availableOffset }
  var availableIndexOffset: Int { availableOffset &+ 2 }
  var availableRingOffset: Int { availableOffset &+ 4 }

  // Fields of `struct virtq_used`.
  var usedFlagsOffset: Int { usedOffset }
  var usedIndexOffset: Int { usedOffset &+ 2 }
  var usedRingOffset: Int { usedOffset &+ 4 }

  /// What the device is told of a queue that lies at `address`.
  func placement(
    of index: UInt16, maximumSize: UInt16, at address: DeviceAddress, interrupts: Bool = false
  ) -> QueuePlacement {
    QueuePlacement(
      index: index, size: UInt16(truncatingIfNeeded: size), maximumSize: maximumSize,
      descriptorArea: address, driverArea: address.advanced(by: availableOffset),
      deviceArea: address.advanced(by: usedOffset),
      interrupts: interrupts)
  }
}
