/// Where the parts of a split virtqueue lie in one block of memory.
///
/// The parts start where those of the largest queue that the driver wants would: so the queue's code
/// finds them at constant distances.
///
/// - Spec: VirtIO 1.4 §2.7 "Split Virtqueues"
struct SplitLayout: Equatable, Sendable {
  /// The most entries that there is room for.
  private let capacity: Int

  /// What the device writes starts at a multiple of this, a power of two.
  private let lineByteCount: Int

  /// A layout with room for `capacity` entries, but no more than 32768.
  ///
  /// - Parameter lineByteCount: ``DMARegion/lineByteCount`` of the memory, a power of two.
  init(capacity: Int, lineByteCount: Int) {
    // Even where caches are snooped it is faster if the two sides write to different lines.
    self.lineByteCount = max(64, lineByteCount)
    self.capacity = max(1, min(capacity, 32768))
  }

  /// The most entries that fit and that a device with room for `limit` allows: a power of two.
  func size(atMost limit: Int) -> Int {
    1 << (Int.bitWidth &- 1 &- max(1, min(limit, capacity)).leadingZeroBitCount)
  }

  /// `struct virtq_desc` is 16 bytes.
  static var descriptorByteCount: Int { 16 }
  /// `struct virtq_used_elem` is 8 bytes.
  static var usedElementByteCount: Int { 8 }

  // The used ring and the tables start cache lines of their own, as the device writes the one while
  // the driver writes the others; the block is padded to its last line's end when it is allocated.
  var availableOffset: Int { 0 }
  var descriptorOffset: Int { (availableOffset &+ 6 &+ 2 &* capacity &+ 15) & ~15 }
  // It starts 4 bytes into its line: so its elements lie at multiples of 8, and each is one load.
  var usedOffset: Int { line(descriptorOffset &+ Self.descriptorByteCount &* capacity) &+ 4 }
  private var end: Int { usedOffset &+ 6 &+ Self.usedElementByteCount &* capacity }

  /// Where the tables for indirect descriptors lie, one for each entry, if there are any.
  var tableOffset: Int { line(end) }

  func byteCount(withTables: Bool) -> Int {
    withTables ? tableOffset &+ IndirectTable.byteCount &* capacity : end
  }

  private func line(_ offset: Int) -> Int { (offset &+ lineByteCount &- 1) & ~(lineByteCount &- 1) }

  // Fields of `struct virtq_avail`.
  var availableFlagsOffset: Int { availableOffset }
  var availableIndexOffset: Int { availableOffset &+ 2 }
  var availableRingOffset: Int { availableOffset &+ 4 }
  /// `used_event`: behind the ring's `size` entries.
  func usedEventOffset(size: Int) -> Int { availableRingOffset &+ 2 &* size }

  // Fields of `struct virtq_used`.
  var usedFlagsOffset: Int { usedOffset }
  var usedIndexOffset: Int { usedOffset &+ 2 }
  var usedRingOffset: Int { usedOffset &+ 4 }
  /// `avail_event`: behind the ring's `size` elements.
  func availableEventOffset(size: Int) -> Int {
    usedRingOffset &+ Self.usedElementByteCount &* size
  }
}
