import VirtIO

/// A buffer in the device's hands.
struct ModelChain {
  /// What names it when it is given back: the head of its chain, or in a packed ring its buffer id.
  var head: UInt16
  /// Its descriptors in the table of a split queue.
  var descriptors: [UInt16] = []
  /// What the device reads, and what it writes.
  var readable: [ModelRange] = []
  var writable: [ModelRange] = []
  /// Tables of further descriptors.
  var tables: [ModelRange] = []
  /// How many slots of a packed ring it takes.
  var slotCount = 0
  /// What there was in those tables when the buffer was made available.
  var entries: [UInt8] = []
  /// What there was to read then.
  var request: [UInt8] = []
  /// Whether it makes sense enough to be used.
  var isUsable = true
  /// The cursor's resource whose pixels have arrived once this is given back.
  var filledResource: UInt32?

  var ranges: [ModelRange] { readable + writable + tables }
  func overlaps(_ range: ModelRange) -> Bool { ranges.contains { $0.overlaps(range) } }
  /// How many bytes the device can write.
  var capacity: Int { writable.reduce(0) { $0 + Int($1.byteCount) } }
}
