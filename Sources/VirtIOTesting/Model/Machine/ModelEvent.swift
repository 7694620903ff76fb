/// Something that happened between the driver and the model, in order.
public enum ModelEvent: Hashable, Sendable {
  /// The driver read registers.
  case read(address: UInt64, width: Int, value: UInt64)
  /// The driver wrote registers.
  case write(address: UInt64, width: Int, value: UInt64)
  /// The driver loaded from shared memory.
  case load(address: UInt64, width: Int, value: UInt64)
  /// The driver stored to shared memory.
  case store(address: UInt64, width: Int, value: UInt64)
  /// The driver ordered its accesses.
  case barrier
  /// The driver allocated memory, or failed to.
  case allocation(byteCount: Int, succeeded: Bool)
  /// The driver gave memory back.
  case release(address: UInt64)
  /// The device took a buffer.
  case taken(queue: UInt16, head: UInt16)
  /// The device gave a buffer back.
  case used(queue: UInt16, id: UInt32, byteCount: UInt32)
  /// The device interrupted.
  case interrupted(ModelInterrupt)
}

/// An interrupt that the device sent.
public enum ModelInterrupt: Hashable, Sendable {
  /// By wire.
  case wire
  /// By a message: a store of `data` to `address`.
  case message(vector: UInt16, address: UInt64, data: UInt32)
}
