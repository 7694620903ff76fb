/// A descriptor chain that was laid out once and can be made available again and again.
///
/// A queue's chains are made when the queue is set up; while it runs, nothing is searched for or
/// allocated.
public struct Chain: Hashable, Sendable {
  /// The number of chains of its queue that were made before it.
  let index: UInt16

  /// The number of chains of its queue that were made before it: 0, 1, 2 and so on, less than the
  /// queue's capacity. Its driver may index a table with it.
  public var id: Int { Int(index) }
}

/// A piece of memory in a ``Chain``.
public struct Segment: Equatable, Sendable {
  /// Where the device sees it.
  public let address: DeviceAddress
  /// Its length.
  public let byteCount: UInt32

  /// The `byteCount` bytes from `address`.
  public init(address: DeviceAddress, byteCount: UInt32) {
    self.address = address
    self.byteCount = byteCount
  }
}

/// A chain that the device has used and given back.
public struct Completion: Equatable, Sendable {
  /// Which chain.
  public let chain: Chain
  /// How many bytes the device claims to have written, but no more than the chain can hold.
  public let writtenByteCount: UInt32
}

/// What is wrong with a queue, or with how it was used.
public enum QueueError: Error, Equatable, Sendable {
  /// The device broke the rules of the ring; the queue is dead until it, or the device, is reset.
  case broken(Violation)
  /// All descriptors are taken by chains.
  case full
  /// The chain is available to the device already.
  case inFlight
  /// The queue was reset, and has not been enabled again.
  case disabled
  /// More bytes than the chain's readable segment has were to be read from it; or a chain of 4 GiB or
  /// more.
  case tooLong
  /// A segment of no bytes, which no device has to take.
  case empty

  /// What the device did.
  public enum Violation: Equatable, Sendable {
    /// Its used index went further than buffers had been made available.
    case usedIndex(found: UInt16, outstanding: UInt16)
    /// It gave back a buffer that it did not have.
    case usedElement(id: UInt32)
  }
}
