import Testing
import VirtIO
import VirtIOTestDoubles

@Suite("VIRTIO_F_RING_RESET")
struct QueueResetTests {
  private static let patience = PollingWaiter(timeout: .milliseconds(1))

  @Test("VQRST-1, VQRST-3: a queue is forgotten, confirmed, and placed anew, its chains laid out")
  func splitLife() throws {
    var rig = try QueueRig<8>(offering: [.version1, .ringReset, .eventIndex])
    rig.transport.queueResetDelay = 3
    let chains = try (0..<3).map { number in try rig.readableChain(number) }
    let placement = rig.ring.placement
    for chain in chains { rig.ring.use(try rig.submit(chain)) }
    _ = try rig.queue.nextCompletion()
    rig.ring.use(77)
    #expect(failure { () throws(QueueError) in try rig.queue.enqueue(chains[0]) } == nil)
    rig.transport.journal.clear()
    let proof = try rig.device.reset(&rig.queue, on: rig.platform, waiting: Self.patience)
    #expect(
      rig.transport.journal.events == [
        .requestReset(0), .readQueueReset(0), .readQueueReset(0), .readQueueReset(0),
        .readQueueReset(0),
      ])
    let refused = failure { () throws(QueueError) in try rig.queue.enqueue(chains[1]) }
    #expect(refused == .disabled)
    try rig.device.enable(&rig.queue, after: proof)
    let ring = try #require(rig.transport.rings[0])
    #expect(ring.placement == placement && ring.publishedIndex == 0)
    #expect(rig.queue.outstandingCount == 0 && !rig.queue.isBroken)
    for chain in chains {
      try rig.queue.enqueue(chain)
      rig.queue.publish()
      let taken = try #require(ring.nextChain())
      #expect(Int(taken.head) == chain.id && taken.segments.count == 1)
      ring.use(taken)
      #expect(try rig.queue.nextCompletion()?.chain == chain)
    }
  }

  @Test("Q35, VQRST-3: a packed ring starts at its first entry again")
  func packedLife() throws {
    var rig = try PackedRig<4>(offering: [.ringReset, .eventIndex])
    let chain = try rig.readableChain()
    rig.queue.suppressInterrupts(true)
    for _ in 0..<6 { rig.ring.use(try rig.submit(chain)); _ = try rig.queue.nextCompletion() }
    rig.ring.use(3, entryCount: 1)
    #expect(failure { () throws(QueueError) in try rig.queue.nextCompletion() } != nil)
    let proof = try rig.device.reset(&rig.queue, on: rig.platform, waiting: Self.patience)
    try rig.device.enable(&rig.queue, after: proof)
    let ring = try #require(rig.transport.packedRings[0])
    #expect(ring.driverEventFlags == 1, "what was asked for stays")
    try rig.queue.enqueue(chain)
    rig.queue.publish()
    let taken = try #require(ring.nextChain())
    #expect(taken.entry == 0 && Int(taken.id) == chain.id)
    ring.use(taken)
    #expect(try rig.queue.nextCompletion()?.chain == chain)
  }

  @Test("VQRST-1: a queue that is never reset is a typed error, and its memory stays")
  func stuck() throws {
    var rig = try QueueRig<8>(offering: [.version1, .ringReset])
    rig.transport.queueResetDelay = nil
    let error = failure { () throws(DeviceError) in
      try rig.device.reset(&rig.queue, on: rig.platform, waiting: Self.patience)
    }
    #expect(error == .queueNeverReset(index: 0))
    #expect(rig.platform.memory.liveCount == 1 && !rig.queue.isBroken)
  }

  @Test("VQRST-2: after the proof the memory may go")
  func freed() throws {
    var rig = try QueueRig<8>(offering: [.version1, .ringReset])
    let proof = try rig.device.reset(&rig.queue, on: rig.platform, waiting: Self.patience)
    let platform = rig.platform
    let queue = rig.queue
    queue.free(to: platform, after: proof)
    #expect(platform.isBalanced)
  }

  @Test("without the feature no queue is reset")
  func notAgreed() throws {
    var rig = try QueueRig<8>()
    let error = failure { () throws(DeviceError) in
      try rig.device.reset(&rig.queue, on: rig.platform, waiting: Self.patience)
    }
    #expect(error == .missingFeatures(required: .ringReset, offered: .version1))
    #expect(!rig.transport.journal.events.contains(.requestReset(0)))
  }
}
