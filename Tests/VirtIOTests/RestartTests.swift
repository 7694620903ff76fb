import Testing
import VirtIO
import VirtIOTestDoubles

/// A device that starts over in the middle of its service.
@Suite struct RestartTests {
  private static let patience = PollingWaiter(timeout: .milliseconds(1))

  @Test("STATUS-4, INIT-1: the steps of initialisation once more, with nothing allocated")
  func steps() throws {
    let features: Features = [.version1, .eventIndex]
    var rig = try QueueRig<8>(offering: features)
    let placement = rig.ring.placement
    let allocations = rig.platform.memory.liveCount
    let chain = try rig.readableChain(1)
    rig.ring.use(try rig.submit(chain))
    _ = try rig.queue.nextCompletion()
    rig.ring.use(77)
    #expect(failure { () throws(QueueError) in try rig.queue.nextCompletion() } != nil)
    rig.transport.status.insert(.needsReset)
    let needsReset = rig.device.needsReset()
    #expect(needsReset)
    rig.transport.journal.clear()
    let restart = try rig.device.restart(on: rig.platform, waiting: Self.patience)
    try rig.device.enable(&rig.queue, during: restart)
    try rig.device.resume(restart)
    #expect(
      rig.transport.journal.events == [
        .writeStatus([]), .readStatus, .writeStatus([.acknowledge]),
        .writeStatus([.acknowledge, .driver]), .readFeatures, .writeFeatures(features),
        .writeStatus([.acknowledge, .driver, .featuresOK]), .readStatus,
        .readMaximumSize(0), .enable(placement),
        .writeStatus([.acknowledge, .driver, .featuresOK, .driverOK]), .readStatus,
      ])
    #expect(rig.platform.memory.liveCount == allocations)
    #expect(!rig.queue.isBroken && rig.queue.outstandingCount == 0)
    // The same chain in the same order has the same number.
    let again = try rig.readableChain(1)
    #expect(again == chain)
    let ring = try #require(rig.transport.rings[0])
    try rig.queue.enqueue(again)
    rig.queue.publish()
    ring.use(try #require(ring.nextChain()))
    #expect(try rig.queue.nextCompletion()?.chain == again)
  }

  @Test("Q16, Q18: whatever the device has made of the queue's memory, it is as it was at first")
  func overwritten() throws {
    var rig = try PackedRig<4>(offering: [.ringReset, .eventIndex])
    let chain = try rig.readableChain()
    rig.queue.suppressInterrupts(true)
    for _ in 0..<6 { rig.ring.use(try rig.submit(chain)); _ = try rig.queue.nextCompletion() }
    let restart = try rig.device.restart(on: rig.platform, waiting: Self.patience)
    #expect(failure { () throws(QueueError) in try rig.queue.enqueue(chain) } == nil)
    try rig.device.enable(&rig.queue, during: restart)
    // Before it is laid out again there is no such chain.
    #expect(failure { () throws(QueueError) in try rig.queue.enqueue(chain) } != nil)
    try rig.device.resume(restart)
    let ring = try #require(rig.transport.packedRings[0])
    #expect(ring.driverEventFlags == 1, "what was asked for stays")
    let again = try rig.readableChain()
    try rig.queue.enqueue(again)
    rig.queue.publish()
    let taken = try #require(ring.nextChain())
    #expect(taken.entry == 0 && Int(taken.id) == again.id)
    ring.use(taken)
    #expect(try rig.queue.nextCompletion()?.chain == again)
  }

  @Test(
    "H14, H05: features that are not offered again, or not accepted, are a typed error, and FAILED")
  func features() throws {
    var rig = try QueueRig<8>(offering: [.version1, .eventIndex])
    rig.transport.offered = .version1
    #expect(
      restartFailure(&rig)
        == .missingFeatures(required: [.version1, .eventIndex], offered: .version1))
    #expect(rig.transport.status == [.acknowledge, .driver, .failed])
    rig.transport.offered = [.version1, .eventIndex, .inOrder]
    rig.transport.refusesFeatures = true
    #expect(restartFailure(&rig) == .featuresRefused(accepted: [.version1, .eventIndex]))
    #expect(rig.transport.status.contains(.failed))
    rig.transport.refusesFeatures = false
    rig.transport.resetDelay = nil
    #expect(restartFailure(&rig) != nil)
    rig.transport.resetDelay = 0
    #expect(restartFailure(&rig) == nil)
  }

  @Test("H17, H20: a queue that is gone, or smaller now, is a typed error; a larger one does")
  func sizes() throws {
    var rig = try QueueRig<8>()
    for (size, expected) in [
      (0, DeviceError.queueMissing(index: 0)), (4, .queueTooSmall(index: 0, size: 4)),
    ] as [(UInt16, DeviceError)] {
      rig.transport.maximumSizes = [0: size]
      let restart = try rig.device.restart(on: rig.platform, waiting: Self.patience)
      let error = failure { () throws(DeviceError) in
        try rig.device.enable(&rig.queue, during: restart)
      }
      #expect(error == expected)
      #expect(rig.transport.status.contains(.failed) && rig.queue.isBroken)
    }
    rig.transport.maximumSizes = [0: 64]
    let restart = try rig.device.restart(on: rig.platform, waiting: Self.patience)
    try rig.device.enable(&rig.queue, during: restart)
    let placement = try #require(rig.transport.rings[0]?.placement)
    #expect(placement.size == 8 && placement.maximumSize == 64)
    #expect(rig.queue.size == 8)
  }

  private func restartFailure(_ rig: inout QueueRig<8>) -> DeviceError? {
    do {
      _ = try rig.device.restart(on: rig.platform, waiting: Self.patience)
      return nil
    } catch {
      return error
    }
  }
}
