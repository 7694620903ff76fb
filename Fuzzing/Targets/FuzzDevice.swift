import VirtIO

/// A device behind a transport of no registers at all, as it should be; what its queues do is others' business.
final class FuzzDevice: Transport {
  var deviceType: UInt16 { 16 }
  /// What is on offer.
  let offered: Features
  /// What each queue has room for.
  let maximumSizes: [UInt16]
  /// The words of the device configuration.
  var configuration: [UInt32] = [0, 0, 1, 0]
  var generation: UInt32 = 0
  var status: DeviceStatus = []
  /// Where the queues lie that are enabled.
  private(set) var placements: [QueuePlacement?]
  /// How many times a doorbell was rung.
  private(set) var ringCount = 0
  /// How many times a register was accessed.
  private(set) var accessCount = 0
  var onRing: (Int) -> Void = { _ in }
  /// Called when all queues, or one of them, are gone.
  var onReset: (Int?) -> Void = { _ in }

  init(offering features: Features, maximumSizes: [UInt16]) {
    offered = features.union(.version1)
    self.maximumSizes = maximumSizes
    placements = [QueuePlacement?](repeating: nil, count: maximumSizes.count)
  }

  func readStatus() -> DeviceStatus {
    accessCount += 1
    return status
  }

  func writeStatus(_ status: DeviceStatus) {
    accessCount += 1
    self.status = status
    guard status.isEmpty else { return }
    for index in placements.indices { placements[index] = nil }
    onReset(nil)
  }

  var honouredFeatures: Features { [.notificationData, .ringReset] }

  func readOfferedFeatures() -> Features {
    accessCount += 1
    return offered
  }

  func writeAcceptedFeatures(_ features: Features) { accessCount += 1 }

  func readConfigurationGeneration() -> UInt32 {
    accessCount += 1
    return generation
  }

  var configurationByteCount: UInt { UInt(configuration.count * 4) }

  func readConfiguration8(at offset: UInt) -> UInt8 {
    UInt8(truncatingIfNeeded: readConfiguration32(at: offset & ~3) >> UInt32(offset % 4 * 8))
  }

  func readConfiguration16(at offset: UInt) -> UInt16 {
    UInt16(truncatingIfNeeded: readConfiguration32(at: offset & ~3) >> UInt32(offset % 4 * 8))
  }

  func readConfiguration32(at offset: UInt) -> UInt32 {
    accessCount += 1
    return configuration.indices.contains(Int(offset / 4)) ? configuration[Int(offset / 4)] : .max
  }

  func writeConfiguration8(_ value: UInt8, at offset: UInt) { accessCount += 1 }

  func writeConfiguration32(_ value: UInt32, at offset: UInt) {
    accessCount += 1
    if offset == 4 { configuration[0] &= ~value }
  }

  func readMaximumSize(ofQueue index: UInt16) -> UInt16 {
    accessCount += 1
    return maximumSizes.indices.contains(Int(index)) ? maximumSizes[Int(index)] : 0
  }

  func enable(_ queue: QueuePlacement) throws(DeviceError) -> FuzzBell {
    accessCount += 1
    placements[Int(queue.index)] = queue
    return FuzzBell(device: self, queue: Int(queue.index))
  }

  func requestReset(ofQueue index: UInt16) {
    accessCount += 1
    placements[Int(index)] = nil
    onReset(Int(index))
  }

  func isResetting(queue index: UInt16) -> Bool {
    accessCount += 1
    return false
  }

  fileprivate func hear(_ queue: Int) {
    accessCount += 1
    ringCount += 1
    onRing(queue)
  }
}

/// Rings for one queue of a ``FuzzDevice``. One thread has all of it.
struct FuzzBell: Doorbell, @unchecked Sendable {
  let device: FuzzDevice
  let queue: Int

  func ring(next: UInt16) { device.hear(queue) }
}
