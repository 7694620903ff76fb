/// What the driver keeps of a chain, where the device cannot write: 16 bytes.
struct ChainRecord: Sendable {
  /// How long its readable segment is.
  var readableLimit: UInt32 = 0
  /// How much of that its descriptor says.
  var readableByteCount: UInt32 = 0
  /// How long its writable segment is.
  var writableByteCount: UInt32 = 0
  var phase = Phase.absent
  /// How many entries of the ring it takes.
  var entryCount: UInt8 = 0
  /// Whether its descriptors are in a table of their own.
  var isIndirect = false

  /// Where a chain is.
  enum Phase: UInt8, Sendable {
    /// There is no such chain.
    case absent
    /// With the driver.
    case idle
    /// Enqueued, and not given back.
    case inFlight
  }
}

/// A chain's descriptors, where they are written anew each time that it is enqueued.
struct DescriptorPair: Sendable {
  var first = Descriptor.none
  /// Only of a chain with two entries.
  var second = Descriptor.none
}
