/// Where the parts of a packed virtqueue lie in one block of memory.
///
/// - Spec: VirtIO 1.4 §2.8 "Packed Virtqueues"
struct PackedLayout: Equatable, Sendable {
  /// The most entries that there is room for.
  private let capacity: Int

  /// What the device alone writes starts at a multiple of this, a power of two.
  private let lineByteCount: Int

  /// A layout with room for `capacity` entries, but no more than 32768.
  ///
  /// - Parameter lineByteCount: ``DMARegion/lineByteCount`` of the memory, a power of two.
  init(capacity: Int, lineByteCount: Int) {
    self.lineByteCount = max(64, lineByteCount)
    self.capacity = max(1, min(capacity, 32768))
  }

  /// The most entries that fit and that a device with room for `limit` allows.
  func size(atMost limit: Int) -> Int { max(1, min(limit, capacity)) }

  /// The largest unit in which memory may change hands: both sides write descriptors of one ring.
  static var largestUnit: Int { Descriptor.byteCount }

  var ringOffset: Int { 0 }
  /// `struct pvirtq_event_suppress` that the driver writes: offset and wrap counter, then flags.
  var driverEventOffset: Int { ringOffset &+ Descriptor.byteCount &* capacity }
  /// `struct pvirtq_event_suppress` that the device writes.
  var deviceEventOffset: Int { line(driverEventOffset &+ 4) }

  /// Where the tables for indirect descriptors lie, one for each entry, if there are any.
  var tableOffset: Int { line(deviceEventOffset &+ 4) }

  func byteCount(withTables: Bool) -> Int {
    withTables ? tableOffset &+ IndirectTable.byteCount &* capacity : deviceEventOffset &+ 4
  }

  private func line(_ offset: Int) -> Int { (offset &+ lineByteCount &- 1) & ~(lineByteCount &- 1) }
}
