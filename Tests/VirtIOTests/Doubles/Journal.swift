package import VirtIO

/// Something that a driver did, as the world around it saw it.
package enum Event: Equatable, Sendable {
  case readStatus
  case writeStatus(DeviceStatus)
  case readFeatures
  case writeFeatures(Features)
  case readGeneration
  case readConfiguration(UInt)
  case writeConfiguration8(UInt, UInt8)
  case writeConfiguration(UInt, UInt32)
  case readMaximumSize(UInt16)
  case enable(QueuePlacement)
  case requestReset(UInt16)
  case readQueueReset(UInt16)
  case ring(UInt16)
  case allocate(Int, alignment: Int)
  case free(Int)
  case load(DeviceAddress, byteCount: Int)
  case loadAcquiring(DeviceAddress)
  case store(DeviceAddress, UInt64, byteCount: Int)
  case storeReleasing(DeviceAddress, UInt64)
  case fullBarrier
}

/// What happened, in order. All doubles of a test write to the same one.
package final class Journal: @unchecked Sendable {
  /// What happened since the last ``clear()``.
  package private(set) var events: [Event] = []
  /// Whether each access to shared memory is noted too. Off, as there are many.
  package var includesMemory = false

  package init() {}

  package func note(_ event: Event) {
    events.append(event)
  }

  package func noteMemory(_ event: @autoclosure () -> Event) {
    if includesMemory { events.append(event()) }
  }

  package func clear() {
    events.removeAll()
  }

  /// The values written to the device status field.
  package var statusWrites: [DeviceStatus] {
    events.compactMap { event in
      if case .writeStatus(let status) = event { status } else { nil }
    }
  }

  /// How often the doorbell of `queue` was rung.
  package func ringCount(of queue: UInt16) -> Int {
    events.count { $0 == .ring(queue) }
  }
}
