import VirtIO

/// The buses that a walk has been on, so that none is walked twice, whatever bridges say.
struct BusSet {
  private var words = FixedArray<4, UInt64>(repeating: 0)

  /// Adds a bus; false if it was there.
  mutating func insert(_ bus: UInt8) -> Bool {
    let bit: UInt64 = 1 << UInt64(bus & 63)
    let word = Int(bus >> 6)
    guard words[word] & bit == 0 else { return false }
    words[word] |= bit
    return true
  }
}
