import Testing
import VirtIO
import VirtIOTestDoubles

@Suite("A queue's memory")
struct QueueMemoryTests {
  @Test("it is given back after a reset, even with chains in flight")
  func afterReset() throws {
    var rig = try QueueRig<8>()
    let chain = try rig.readableChain()
    _ = try rig.submit(chain)
    let platform = rig.platform
    #expect(platform.memory.liveCount == 1)
    try close(rig)
    #expect(platform.isBalanced)
    let events = platform.journal.events
    let freed = try #require(events.firstIndex { if case .free = $0 { true } else { false } })
    let reset = try #require(events.lastIndex(of: .readStatus))
    #expect(reset < freed, "not before the device has read back 0")
  }

  @Test("without a proof of reset it stays where it is")
  func dropped() throws {
    let platform: TestPlatform
    do {
      let rig = try QueueRig<8>()
      platform = rig.platform
    }
    // There is no other way: `free(to:after:)` asks for a proof, which only a reset makes.
    #expect(platform.memory.liveCount == 1)
  }

  @Test("H01: a device that never leaves reset gives no proof, and so no memory")
  func stuck() throws {
    let rig = try QueueRig<8>()
    let platform = rig.platform
    rig.transport.resetDelay = nil
    do throws(DeviceError) {
      try close(rig)
      Issue.record("it was closed")
    } catch {
      #expect(error == .neverReset(status: [.acknowledge, .driver, .featuresOK, .driverOK]))
    }
    #expect(platform.memory.liveCount == 1)
  }

  private func close(_ rig: consuming QueueRig<8>) throws(DeviceError) {
    let platform = rig.platform
    let queue = rig.queue
    let proof = try rig.device.reset(on: platform, waiting: .polling(.milliseconds(1)))
    queue.free(to: platform, after: proof)
  }
}
