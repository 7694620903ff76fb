import Testing
import VirtIO
import VirtIOMMIO
import VirtIOTestDoubles

@Suite("MMIOTransport: QueueReset")
struct MMIOQueueResetTests {
  private typealias Queue = Virtqueue<JournaledRegion, MMIODoorbell<FakeSlot>, 16>

  private static let patience = PollingWaiter(timeout: .milliseconds(1))
  private let slot = FakeSlot()
  private let platform = TestPlatform()

  /// A device in service, with one queue.
  private struct Rig: ~Copyable {
    var device: LiveDevice<MMIOTransport<FakeSlot>>
    var queue: Queue
    let platform: TestPlatform

    mutating func reset() throws(DeviceError) -> QueueResetProof {
      try device.reset(&queue, on: platform, waiting: MMIOQueueResetTests.patience)
    }
  }

  private func start(offering features: Features) throws -> Rig {
    slot.offered = features.union(.version1).rawValue
    let window = try #require(slot.window)
    guard let transport = try MMIOTransport(window) else { throw MMIOError.wrongMagic(found: 0) }
    var device = try AcknowledgedDevice(
      resetting: transport, on: platform, waiting: Self.patience
    ).negotiate(requiring: []) { _ in [] }
    let queue: Queue = try device.makeQueue(0, on: platform)
    return Rig(device: device.start(), queue: queue, platform: platform)
  }

  @Test(
    """
    MMIO-23, MMIO-24, VQRST-1, VQRST-3: a queue was reset once QueueReset reads 0, and QueueReady too; \
    then it is programmed as at first
    """)
  func life() throws {
    var rig = try start(offering: .ringReset)
    #expect(rig.device.features.contains(.ringReset))
    let placed = slot.queues[0].areas
    slot.resetReads = 2
    slot.clear()
    let proof = try rig.reset()
    #expect(
      slot.accesses == [
        .write(0x030, 0), .write(0x0c0, 1), .write(0x030, 0), .read(0x0c0), .write(0x030, 0),
        .read(0x0c0), .write(0x030, 0), .read(0x0c0), .read(0x044),
      ])
    slot.queues[0].areas = Array(repeating: 0, count: 6)
    slot.clear()
    try rig.device.enable(&rig.queue, after: proof)
    #expect(
      slot.accesses.map(\.offset) == [
        0x030, 0x044, 0x034, 0x038, 0x080, 0x084, 0x090, 0x094, 0x0a0, 0x0a4, 0x044, 0x044,
      ])
    #expect(slot.queues[0].areas == placed && slot.queues[0].ready == 1)
    #expect(slot.violations == [])
  }

  @Test("MMIO-23: a device without the register has reset nothing, though it reads 0")
  func absent() throws {
    var rig = try start(offering: .ringReset)
    slot.resetReads = nil
    #expect(throws: DeviceError.queueNeverReset(index: 0)) {
      _ = try rig.reset()
    }
    #expect(!rig.queue.isBroken && platform.memory.liveCount == 1)
    #expect(slot.violations == [])
  }

  @Test("MMIO-23: a reset that is never done ends by the clock")
  func stuck() throws {
    var rig = try start(offering: .ringReset)
    slot.resetReads = .max
    #expect(throws: DeviceError.queueNeverReset(index: 0)) {
      _ = try rig.reset()
    }
    #expect(slot.violations == [])
  }

  @Test("FEAT-1, MMIO-1: not offered, QueueReset is never accessed")
  func notOffered() throws {
    var rig = try start(offering: [])
    #expect(throws: DeviceError.self) {
      _ = try rig.reset()
    }
    #expect(!slot.accesses.contains { $0.offset == 0x0c0 })
    #expect(slot.violations == [])
  }
}
