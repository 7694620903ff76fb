import Synchronization
import VirtIO

/// How often a driver has rung.
enum Doorbells {
  private static let rung = Atomic<UInt64>(0)

  /// How often all bells of ``CountingTransport``s were rung.
  static var count: UInt64 { rung.load(ordering: .relaxed) }

  static func note() { rung.wrappingAdd(1, ordering: .relaxed) }
}

/// A bell that counts how often it is rung.
struct CountingBell<Bell: Doorbell>: Doorbell {
  let bell: Bell

  func ring(next: UInt16) {
    Doorbells.note()
    bell.ring(next: next)
  }
}

/// A transport that is another one, but for its bells, which count.
struct CountingTransport<Base: Transport & ~Copyable>: Transport, ~Copyable {
  private var base: Base

  init(_ base: consuming Base) { self.base = base }

  var deviceType: UInt16 { base.deviceType }
  func readStatus() -> DeviceStatus { base.readStatus() }
  func writeStatus(_ status: DeviceStatus) { base.writeStatus(status) }

  var honouredFeatures: Features { base.honouredFeatures }
  func readOfferedFeatures() -> Features { base.readOfferedFeatures() }
  func writeAcceptedFeatures(_ features: Features) { base.writeAcceptedFeatures(features) }

  func readConfigurationGeneration() -> UInt32 { base.readConfigurationGeneration() }
  var configurationByteCount: UInt { base.configurationByteCount }
  func readConfiguration8(at offset: UInt) -> UInt8 { base.readConfiguration8(at: offset) }
  func readConfiguration16(at offset: UInt) -> UInt16 { base.readConfiguration16(at: offset) }
  func readConfiguration32(at offset: UInt) -> UInt32 { base.readConfiguration32(at: offset) }
  func writeConfiguration8(_ value: UInt8, at offset: UInt) {
    base.writeConfiguration8(value, at: offset)
  }
  func writeConfiguration32(_ value: UInt32, at offset: UInt) {
    base.writeConfiguration32(value, at: offset)
  }

  var interrupts: Base.Interrupts { base.interrupts }

  func readMaximumSize(ofQueue index: UInt16) -> UInt16 { base.readMaximumSize(ofQueue: index) }
  mutating func enable(_ queue: QueuePlacement) throws(DeviceError) -> CountingBell<Base.Bell> {
    CountingBell(bell: try base.enable(queue))
  }

  mutating func startOver() { base.startOver() }
  func requestReset(ofQueue index: UInt16) { base.requestReset(ofQueue: index) }
  func isResetting(queue index: UInt16) -> Bool { base.isResetting(queue: index) }
}
