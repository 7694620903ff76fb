/// A device in service.
public struct LiveDevice<T: Transport & ~Copyable>: ~Copyable {
  var transport: T
  /// What was agreed.
  public let features: Features

  init(transport: consuming T, features: Features) {
    self.transport = transport
    self.features = features
  }

  /// Reads the device configuration consistently. Does not block.
  ///
  /// - Parameter read: Reads the fields; called again while they change, at most 64 times.
  /// - Throws: ``DeviceError/configurationUnstable``.
  public func readConfiguration<Value>(_ read: (borrowing T) -> Value)
    throws(DeviceError) -> Value
  {
    try transport.consistently(read)
  }

  /// Writes 8 bits of the device configuration; `offset` is inside it.
  public func writeConfiguration8(_ value: UInt8, at offset: UInt) {
    transport.writeConfiguration8(value, at: offset)
  }

  /// Writes 32 bits of the device configuration; `offset` is a multiple of 4 inside it.
  public func writeConfiguration32(_ value: UInt32, at offset: UInt) {
    transport.writeConfiguration32(value, at: offset)
  }

  /// How its interrupts are told apart.
  public var interrupts: T.Interrupts { transport.interrupts }

  /// Whether the device says that only a reset can help it, or has left service by itself. One register
  /// read.
  public func needsReset() -> Bool {
    let status = transport.readStatus()
    return status.intersection(.inService.union(.stopped)) != .inService
  }

  // MARK: One queue

  /// Makes the device forget one queue, while the others live. Blocks.
  ///
  /// From then on the queue says ``QueueError/disabled``, whatever it was before; ``enable(_:after:)``
  /// takes it into service again, and its memory may go instead.
  ///
  /// - Parameters:
  ///   - queue: One of this device's.
  ///   - platform: The one that the queue was made on.
  ///   - waiter: How, and how long at most, to wait for the device.
  /// - Throws: ``DeviceError/missingFeatures(required:offered:)`` if `VIRTIO_F_RING_RESET` was not
  ///   agreed, or ``DeviceError/queueNeverReset(index:)``: the device may still be at its memory then, and
  ///   the queue is as good as it was.
  /// - Spec: VirtIO 1.4 §2.6.1 "Virtqueue Reset"
  public func reset<P: Platform, W: Waiter, let capacity: Int>(
    _ queue: inout Virtqueue<P.Region, T.Bell, capacity>, on platform: borrowing P,
    waiting waiter: W
  ) throws(DeviceError) -> QueueResetProof {
    guard features.contains(.ringReset) else {
      throw .missingFeatures(required: .ringReset, offered: features)
    }
    let index = queue.placement.index
    var waiter = waiter
    transport.requestReset(ofQueue: index)
    while transport.isResetting(queue: index) {
      guard waiter.wait(on: platform) else { throw .queueNeverReset(index: index) }
    }
    queue.takeOutOfService(.disabled)
    return QueueResetProof(queue: index)
  }

  /// Takes a queue into service again that was reset. Its chains are the driver's, all of them, and laid
  /// out as they were. Does not block.
  ///
  /// - Throws: ``DeviceError``: it cannot be notified any more, or the proof is another queue's.
  /// - Spec: VirtIO 1.4 §2.6.1.2 "Virtqueue Re-enable"
  public mutating func enable<Region: DMARegion, let capacity: Int>(
    _ queue: inout Virtqueue<Region, T.Bell, capacity>, after proof: consuming QueueResetProof
  ) throws(DeviceError) {
    let placement = queue.placement
    guard proof.queue == placement.index,
      transport.readMaximumSize(ofQueue: placement.index) >= placement.size
    else { throw .queueMissing(index: placement.index) }
    queue.renew()
    queue.enterService(try transport.enable(placement))
  }

  // MARK: Taking down

  /// Takes the device out of service.
  ///
  /// - Throws: ``DeviceError/neverReset(status:)``: its memory must then stay where it is.
  public consuming func reset<P: Platform, W: Waiter>(
    on platform: borrowing P, waiting waiter: W
  ) throws(DeviceError) -> ResetProof {
    try transport.reset(on: platform, waiting: waiter)
  }
}

/// Proof that a device has confirmed that a queue was reset: it touches its memory no more.
public struct QueueResetProof: ~Copyable, Sendable {
  /// Which queue of the device.
  let queue: UInt16

  fileprivate init(queue: UInt16) {
    self.queue = queue
  }
}
