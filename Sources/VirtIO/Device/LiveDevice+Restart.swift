// A device that is to start over goes the way of its first initialisation once more: reset, features,
// queues, DRIVER_OK. Nothing is allocated on it, so it cannot fail for want of memory; and each step takes
// what the step before it gives, so that none can be left out.
//
// - Spec: VirtIO 1.4 §2.1.2 "Device Requirements: Device Status Field", §3.1.1 "Driver Requirements: Device
//   Initialization"

extension LiveDevice where T: ~Copyable {
  /// Resets the device and agrees with it on the same features again: steps 1 to 6. Blocks.
  ///
  /// The device has forgotten all that it was told, queues included, and does nothing until
  /// ``resume(_:)``. This may be called in any state that a device can be in, also after an earlier
  /// attempt has failed.
  ///
  /// - Parameters:
  ///   - platform: The one that the device was initialised on.
  ///   - waiter: How, and how long at most, to wait for the reset.
  /// - Returns: What the queues are enabled by.
  /// - Throws: ``DeviceError/neverReset(status:)``: the device may still be at the memory that it was
  ///   told of. Or ``DeviceError/missingFeatures(required:offered:)`` or
  ///   ``DeviceError/featuresRefused(accepted:)``: it was reset, does not take the features again, and is
  ///   marked FAILED. Or ``DeviceError/wrongStatus(found:)``: it has broken again meanwhile.
  public mutating func restart<P: Platform, W: Waiter>(
    on platform: borrowing P, waiting waiter: W
  ) throws(DeviceError) -> Restart {
    let proof = try transport.reset(on: platform, waiting: waiter)
    transport.startOver()
    transport.acknowledge()
    let offered = transport.readOfferedFeatures()
    guard offered.isSuperset(of: features) else {
      transport.fail(after: .introduced)
      throw .missingFeatures(required: features, offered: offered)
    }
    try transport.agree(on: features)
    return Restart(proof: proof)
  }

  /// Takes a queue into service again, in the memory that it has: step 7. Does not block.
  ///
  /// The queue is as it was when it was made, with interrupts as they were asked for last; its chains are to
  /// be laid out again, and have the same numbers if that is done in the same order.
  ///
  /// - Throws: ``DeviceError``: the device has no such queue any more, not in this size, or does not take
  ///   it. The device is then marked FAILED, and the queue is out of service.
  public mutating func enable<Region: DMARegion, let capacity: Int>(
    _ queue: inout Virtqueue<Region, T.Bell, capacity>, during restart: borrowing Restart
  ) throws(DeviceError) {
    queue.takeOutOfService(.disabled)
    do throws(DeviceError) {
      let placement = queue.placement
      let maximumSize = transport.readMaximumSize(ofQueue: placement.index)
      guard maximumSize > 0 else { throw .queueMissing(index: placement.index) }
      guard maximumSize >= placement.size else {
        throw .queueTooSmall(index: placement.index, size: maximumSize)
      }
      queue.startOver(maximumSize: maximumSize)
      queue.enterService(try transport.enable(queue.placement))
    } catch {
      transport.fail(after: .agreed)
      throw error
    }
  }

  /// Sets DRIVER_OK, step 8: from now on the queues may be used again. Does not block.
  ///
  /// - Throws: ``DeviceError/wrongStatus(found:)`` if the status does not read back so.
  public mutating func resume(_ restart: consuming Restart) throws(DeviceError) {
    let wanted = DeviceStatus.inService
    transport.writeStatus(wanted)
    let status = transport.readStatus()
    guard status == wanted else { throw .wrongStatus(found: status) }
  }
}

/// A device that was reset in the middle of its service, and has agreed on its features again.
public struct Restart: ~Copyable, Sendable {
  /// That it was reset.
  public let proof: ResetProof

  fileprivate init(proof: ResetProof) {
    self.proof = proof
  }
}
