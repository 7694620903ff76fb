import Synchronization
import VirtIO
import VirtIOPCI
import VirtIOTesting

/// The driver's transport to QEMU's device, with somebody in between who hides and meddles.
struct SpyTransport<Base: Transport & ~Copyable>: Transport, ~Copyable {
  private var base: Base
  private let spy: Spy

  init(_ base: consuming Base, _ spy: Spy) {
    self.base = base
    self.spy = spy
  }

  var deviceType: UInt16 { base.deviceType }
  var interrupts: Base.Interrupts { base.interrupts }
  var configurationByteCount: UInt { base.configurationByteCount }

  func readStatus() -> DeviceStatus { base.readStatus() }
  func writeStatus(_ status: DeviceStatus) { base.writeStatus(status) }
  func readOfferedFeatures() -> Features {
    let offered = base.readOfferedFeatures()
    return offered.union(spy.invented).subtracting(spy.hidden)
  }
  func writeAcceptedFeatures(_ features: Features) { base.writeAcceptedFeatures(features) }
  func readConfigurationGeneration() -> UInt32 { base.readConfigurationGeneration() }
  func readConfiguration8(at offset: UInt) -> UInt8 { base.readConfiguration8(at: offset) }
  func readConfiguration16(at offset: UInt) -> UInt16 { base.readConfiguration16(at: offset) }
  func readConfiguration32(at offset: UInt) -> UInt32 { base.readConfiguration32(at: offset) }
  func writeConfiguration8(_ value: UInt8, at offset: UInt) {
    base.writeConfiguration8(value, at: offset)
  }
  func writeConfiguration32(_ value: UInt32, at offset: UInt) {
    base.writeConfiguration32(value, at: offset)
  }
  func readMaximumSize(ofQueue index: UInt16) -> UInt16 { base.readMaximumSize(ofQueue: index) }

  var honouredFeatures: Features { base.honouredFeatures }
  mutating func startOver() { base.startOver() }
  func requestReset(ofQueue index: UInt16) { base.requestReset(ofQueue: index) }
  func isResetting(queue index: UInt16) -> Bool { base.isResetting(queue: index) }

  mutating func enable(_ queue: QueuePlacement) throws(DeviceError) -> SpyBell<Base.Bell> {
    let bell = try base.enable(queue)
    spy.note(queue)
    return SpyBell(base: bell, queue: queue, spy: spy)
  }
}

/// A doorbell that the spy hears before the device does.
struct SpyBell<Base: Doorbell>: Doorbell {
  let base: Base
  let queue: QueuePlacement
  let spy: Spy

  func ring(next: UInt16) {
    spy.hear(queue)
    base.ring(next: next)
  }
}

/// Knows where the queues are, hides features, and meddles with what is in flight.
final class Spy: Sendable {
  /// What the driver is not told that the device offers.
  let hidden: Features
  /// What the driver is told that the device offers, though it does not.
  let invented: Features

  private struct State {
    var placements: [UInt16: QueuePlacement] = [:]
    var meddle: (@Sendable (QueuePlacement) -> Void)?
  }

  private let state = Mutex(State())

  init(hiding hidden: Features = [], inventing invented: Features = []) {
    self.hidden = hidden
    self.invented = invented
  }

  /// Where a queue was put.
  func placement(ofQueue index: UInt16) -> QueuePlacement? {
    state.withLock { $0.placements[index] }
  }

  /// Does something the next time that a doorbell is rung, just before.
  func beforeNextRing(_ meddle: @escaping @Sendable (QueuePlacement) -> Void) {
    state.withLock { $0.meddle = meddle }
  }

  fileprivate func note(_ queue: QueuePlacement) {
    state.withLock { $0.placements[queue.index] = queue }
  }

  fileprivate func hear(_ queue: QueuePlacement) {
    let meddle = state.withLock { $0.meddle.take() }
    meddle?(queue)
  }
}

extension QueuePlacement {
  /// The available ring, in the machine's RAM.
  func availableRing(in memory: HostedMemory) -> CoherentRegion? {
    memory.region(at: driverArea, byteCount: 6 + 2 * Int(size))
  }

  /// Cuts the request that was made available `position` places before the last down to 8 bytes.
  func truncateRequest(_ position: UInt16, in memory: HostedMemory) {
    guard let ring = availableRing(in: memory),
      let table = memory.region(at: descriptorArea, byteCount: 16 * Int(size))
    else { return }
    let slot = (ring.load16(uncheckedAt: 2) &- 1 &- position) % size
    let head = ring.load16(uncheckedAt: 4 + 2 * Int(slot))
    table.store32(8, uncheckedAt: 16 * Int(head) + 8)
  }
}
