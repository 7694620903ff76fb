/// Which chain lies where on a ring that is used in order, and up to where the device is known to be.
///
/// - Spec: VirtIO 1.4 §2.7.9 "In-order use of descriptors", §2.8.11 "In-order use of descriptors"
struct InOrderLedger<let capacity: Int>: Sendable {
  /// Where a chain lies.
  struct Place: Sendable {
    /// The entry of its head.
    var entry: UInt16 = 0
    /// How many chains were enqueued before it.
    var number: UInt16 = 0
  }

  /// The chain at each entry that is a head.
  private var chains = FixedArray<capacity, UInt16>(repeating: 0)
  private var places = FixedArray<capacity, Place>(repeating: Place())
  /// How many chains were used up to the end of the batch that the device last told of.
  private(set) var batchEnd: UInt16 = 0
  /// How much the device claims to have written to the last chain of it. Of those before it says
  /// nothing.
  private(set) var writtenByteCount: UInt32 = 0

  init() {}

  mutating func enqueue(_ chain: Int, entry: UInt16, number: UInt16) {
    chains[Int(entry)] = UInt16(truncatingIfNeeded: chain)
    places[chain] = Place(entry: entry, number: number)
  }

  /// The chain whose head is at `entry`.
  mutating func chain(at entry: UInt16) -> Int { Int(chains[Int(entry)]) }

  mutating func entry(of chain: Int) -> UInt16 { places[chain].entry }

  /// How many chains the device has used if `chain` is the last of them, and so many were before.
  mutating func batchCount(upTo chain: Int, after completedCount: UInt16) -> UInt16 {
    places[chain].number &- completedCount &+ 1
  }

  mutating func beginBatch(end: UInt16, writtenByteCount: UInt32) {
    batchEnd = end
    self.writtenByteCount = writtenByteCount
  }
}
