package import VirtIO

/// A device behind a transport that is neither PCI nor anything else.
///
/// It behaves unless told otherwise, and notes every access. It is a class so that a test keeps hold
/// of it after the driver has consumed it.
package final class FakeTransport: Transport, @unchecked Sendable {
  package let journal: Journal
  private let memory: DeviceMemory

  package var deviceType: UInt16 = 16

  // What the device is like.

  package var offered: Features = [.version1]
  package var refusesFeatures = false
  /// How many times the status reads as before after a reset; nil if for ever.
  package var resetDelay: Int? = 0
  /// Whether a reset, given how many there were before, works as ``resetDelay`` says; else it never ends.
  package var resets: (Int) -> Bool = { _ in true }
  /// The words of the device configuration.
  package var configuration: [UInt32] = []
  /// Called when 8 bits of it were written.
  package var onSelection: () -> Void = {}
  /// Answers what the generation is, given how many times it was read before.
  package var generation: (Int) -> UInt32 = { _ in 0 }
  /// What each queue has room for.
  package var maximumSizes: [UInt16: UInt16] = [0: 64, 1: 16]
  /// What the transport itself can honour.
  package var honouredFeatures: Features = [
    .notificationData, .notificationConfigData, .ringReset,
  ]
  /// How many times a queue says that it is still being reset; nil if for ever.
  package var queueResetDelay: Int? = 0
  /// A queue that cannot be enabled.
  package var brokenQueue: UInt16?
  /// Called when a doorbell rings.
  package var onRing: (UInt16) -> Void = { _ in }

  // What the driver has made of it.

  package var status: DeviceStatus = []
  package private(set) var accepted: Features = []
  package private(set) var rings: [UInt16: DeviceRing] = [:]
  package private(set) var packedRings: [UInt16: PackedDeviceRing] = [:]
  /// What each doorbell was last rung with.
  package private(set) var lastNext: [UInt16: UInt16] = [:]
  private var resetLooks: Int? = 0
  private var generationReadCount = 0
  private var resetCount = 0
  private var staleReads: (count: Int?, status: DeviceStatus) = (0, [])

  package init(on platform: TestPlatform) {
    journal = platform.journal
    memory = platform.memory
  }

  package func readStatus() -> DeviceStatus {
    journal.note(.readStatus)
    guard let count = staleReads.count else { return staleReads.status }
    if count > 0 {
      staleReads.count = count - 1
      return staleReads.status
    }
    return status
  }

  package func writeStatus(_ status: DeviceStatus) {
    journal.note(.writeStatus(status))
    if status.isEmpty {
      staleReads = (resets(resetCount) ? resetDelay : nil, self.status)
      resetCount += 1
      rings = [:]
      packedRings = [:]
      accepted = []
    }
    self.status = refusesFeatures ? status.subtracting(.featuresOK) : status
  }

  package func readOfferedFeatures() -> Features {
    journal.note(.readFeatures)
    return offered
  }

  package func writeAcceptedFeatures(_ features: Features) {
    journal.note(.writeFeatures(features))
    accepted = features
  }

  package func readConfigurationGeneration() -> UInt32 {
    journal.note(.readGeneration)
    defer { generationReadCount += 1 }
    return generation(generationReadCount)
  }

  package var configurationByteCount: UInt { UInt(configuration.count) * 4 }

  package func readConfiguration8(at offset: UInt) -> UInt8 {
    journal.note(.readConfiguration(offset))
    return UInt8(truncatingIfNeeded: configuration[Int(offset / 4)] >> (8 * UInt32(offset & 3)))
  }

  package func readConfiguration16(at offset: UInt) -> UInt16 {
    journal.note(.readConfiguration(offset))
    return UInt16(truncatingIfNeeded: configuration[Int(offset / 4)] >> (8 * UInt32(offset & 3)))
  }

  package func readConfiguration32(at offset: UInt) -> UInt32 {
    journal.note(.readConfiguration(offset))
    return configuration[Int(offset / 4)]
  }

  package func writeConfiguration8(_ value: UInt8, at offset: UInt) {
    journal.note(.writeConfiguration8(offset, value))
    let shift = 8 * UInt32(offset & 3)
    configuration[Int(offset / 4)] &= ~(0xff << shift)
    configuration[Int(offset / 4)] |= UInt32(value) << shift
    onSelection()
  }

  package func writeConfiguration32(_ value: UInt32, at offset: UInt) {
    journal.note(.writeConfiguration(offset, value))
    configuration[Int(offset / 4)] = value
  }

  package func readMaximumSize(ofQueue index: UInt16) -> UInt16 {
    journal.note(.readMaximumSize(index))
    return maximumSizes[index] ?? 0
  }

  package func enable(_ queue: QueuePlacement) throws(DeviceError) -> FakeDoorbell {
    if queue.index == brokenQueue {
      throw .notificationOutOfRange(index: queue.index, offset: 0xfff)
    }
    journal.note(.enable(queue))
    if queue.features.contains(.packedRing) {
      packedRings[queue.index] = PackedDeviceRing(queue, in: memory)
    } else {
      rings[queue.index] = DeviceRing(queue, in: memory)
    }
    return FakeDoorbell(transport: self, queue: queue.index)
  }

  package func requestReset(ofQueue index: UInt16) {
    journal.note(.requestReset(index))
    resetLooks = queueResetDelay
    if queueResetDelay == 0 { forget(index) }
  }

  package func isResetting(queue index: UInt16) -> Bool {
    journal.note(.readQueueReset(index))
    guard let looks = resetLooks, looks > 0 else { return resetLooks == nil }
    resetLooks = looks - 1
    if looks == 1 { forget(index) }
    return true
  }

  private func forget(_ index: UInt16) {
    rings[index] = nil
    packedRings[index] = nil
  }

  func hear(_ queue: UInt16, next: UInt16) {
    lastNext[queue] = next
    journal.note(.ring(queue))
    onRing(queue)
  }
}
