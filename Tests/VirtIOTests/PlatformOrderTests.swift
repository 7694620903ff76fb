import Testing
import VirtIO
import VirtIOTestDoubles

@Suite("VIRTIO_F_ORDER_PLATFORM")
struct PlatformOrderTests {
  /// What a queue does to shared memory to publish one chain, and to take it back.
  private static func events(_ features: Features) throws -> (publish: [Event], take: [Event]) {
    var rig = try QueueRig<8>(offering: features)
    let chain = try rig.readableChain()
    try rig.queue.enqueue(chain, readableByteCount: 64)
    rig.transport.journal.clear()
    rig.transport.journal.includesMemory = true
    rig.queue.publish()
    let publish = rig.transport.journal.events
    rig.ring.use(UInt32(chain.id))
    rig.transport.journal.clear()
    _ = try rig.queue.nextCompletion()
    return (publish, rig.transport.journal.events)
  }

  /// Where in a list the barriers stand, as indices of the accesses they precede.
  private static func barriers(_ events: [Event]) -> [Int] {
    var accesses = 0
    return events.compactMap { event in
      if event == .fullBarrier { return accesses }
      accesses += 1
      return nil
    }
  }

  @Test("RFB-8, S9: with it, barriers for devices stand where an ordered access was enough without")
  func barriers() throws {
    let plain = try Self.events([.version1])
    let strong = try Self.events([.version1, .orderPlatform])
    // Store of the index, load of the flags, the bell.
    #expect(Self.barriers(plain.publish) == [1])
    #expect(Self.barriers(strong.publish) == [0, 1])
    // Load of the index, two loads of the element.
    #expect(Self.barriers(plain.take) == [])
    #expect(Self.barriers(strong.take) == [1])
    #expect(plain.take.count == 3)
  }
}
