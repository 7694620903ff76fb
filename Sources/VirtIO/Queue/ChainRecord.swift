/// What the driver keeps of a chain, where the device cannot write: 16 bytes.
struct ChainRecord: Sendable {
  /// How long its readable segment is.
  var readableLimit: UInt32 = 0
  /// How much of that its descriptor says.
  var readableByteCount: UInt32 = 0
  /// How long its writable segment is.
  var writableByteCount: UInt32 = 0
  /// How many chains had been enqueued before it was, modulo 2^16.
  var number: UInt16 = 0
  var phase = Phase.absent
  var shape = Shape.single

  /// How many entries of the ring it takes.
  var entryCount: UInt8 { shape.rawValue & 3 }
  /// Whether its descriptors are in a table of their own.
  var isIndirect: Bool { shape == .table }

  /// How a chain's descriptors lie. The lower bits say how many entries of the ring they take.
  enum Shape: UInt8, Sendable {
    case single = 1
    case pair = 2
    /// In a table of their own.
    case table = 0x81
  }

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

/// A chain's descriptors, as the driver wants them: they are written anew each time that it is enqueued, or
/// stay in the table of a split ring.
struct DescriptorPair: Sendable {
  var first = Descriptor.none
  /// Only of a chain with two entries.
  var second = Descriptor.none

  /// Where the second lies in the table of a split ring: the first says it.
  var tail: Int { Int(first.rest >> 48) }
}
