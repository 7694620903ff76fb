import Testing
import VirtIO
import VirtIOTestDoubles

@testable import struct VirtIO.PackedLayout

@Suite("Virtqueue, packed")
struct PackedQueueTests {
  @Test(
    "PACKED-ALIGN-1, PACKED-ALIGN-2, PACKED-ALIGN-3, PACKED-D-15: parts are aligned, and apart",
    arguments: [1, 2, 3, 5, 64, 100, 32768])
  func layout(_ size: Int) {
    let layout = PackedLayout(capacity: size, lineByteCount: 1)
    #expect(layout.size(atMost: .max) == size && layout.ringOffset % 16 == 0)
    #expect(layout.driverEventOffset % 4 == 0 && layout.deviceEventOffset % 64 == 0)
    #expect(layout.driverEventOffset >= layout.ringOffset + 16 * size)
    #expect(layout.deviceEventOffset >= layout.driverEventOffset + 4)
    #expect(layout.byteCount(withTables: false) >= layout.deviceEventOffset + 4)
    #expect(PackedLayout(capacity: .max, lineByteCount: 1).size(atMost: 70_000) == 32768)
  }

  @Test(
    """
    PACKED-D-3, PACKED-D-8, PACKED-D-9, PACKED-D-16, PACKED-SG-4: a chain's descriptors follow each \
    other, each with its flags and the id
    """)
  func chainLayout() throws {
    var rig = try PackedRig<8>()
    _ = try rig.readableChain()
    let chain = try rig.queue.makeChain(
      readable: Segment(address: DeviceAddress(rawValue: 0x1122_3344_5566_7788), byteCount: 0x1234),
      writable: Segment(address: DeviceAddress(rawValue: 0x99aa), byteCount: 24))
    let found = try rig.submit(chain)
    #expect(found.id == 1 && found.entry == 0 && found.entryCount == 2)
    // addr, len, id, flags: AVAIL and NEXT; then AVAIL and WRITE
    #expect(
      rig.ring.descriptorBytes(0)
        == [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x34, 0x12, 0, 0, 1, 0, 0x81, 0])
    #expect(
      rig.ring.descriptorBytes(1) == [0xaa, 0x99, 0, 0, 0, 0, 0, 0, 24, 0, 0, 0, 1, 0, 0x82, 0])
  }

  @Test(
    """
    PACKED-SG-5, PACKED-SG-6, PACKED-SG-7, PACKED-SUP-1: of a batch nothing is shown before it is \
    published, then all of it, with one doorbell
    """)
  func publishing() throws {
    var rig = try PackedRig<8>()
    let chains = [try rig.pair(0), try rig.readableChain(1), try rig.pair(2)]
    for chain in chains { try rig.queue.enqueue(chain) }
    #expect(rig.ring.nextChain() == nil && rig.ringCount == 0)
    #expect(rig.ring.flags(0) == 0, "the head is held back")
    rig.queue.publish()
    let found = (0..<3).compactMap { _ in rig.ring.nextChain() }
    #expect(found.map(\.id) == [0, 1, 2] && found.map(\.entryCount) == [2, 1, 2])
    #expect(rig.ring.nextChain() == nil && rig.ringCount == 1)
    rig.queue.publish()
    #expect(rig.ringCount == 1, "nothing new, nothing said")
  }

  @Test("SMP06, PACKED-BAR-1, PACKED-BAR-2: the head last, a full barrier, the event, the doorbell")
  func order() throws {
    var rig = try PackedRig<8>()
    let chain = try rig.pair()
    let ring = rig.ring.placement.descriptorArea
    rig.transport.journal.includesMemory = true
    try rig.queue.enqueue(chain)
    rig.queue.publish()
    // Length, id 0, and AVAIL with WRITE or NEXT.
    let head: UInt64 = 0x0081_0000_0000_0040
    let tail: UInt64 = 0x0082_0000_0000_0018
    let expected: [Event] = [
      .store(ring.advanced(by: 16), 0x7006_4000, byteCount: 8),
      .store(ring.advanced(by: 24), tail, byteCount: 8),
      .store(ring, 0x7000_0000, byteCount: 8),
      .storeReleasing(ring.advanced(by: 8), head),
      .fullBarrier,
      .load(rig.ring.placement.deviceArea, byteCount: 4),
      .ring(0),
    ]
    #expect(rig.transport.journal.events == expected)
  }

  @Test(
    """
    K06, PACKED-D-1, PACKED-D-2, PACKED-D-4, PACKED-D-5, PACKED-DESC-1, PACKED-DESC-2: round and round, \
    in any order, on rings of any size
    """,
    arguments: [3, 4, 5, 7, 8] as [UInt16])
  func laps(_ size: UInt16) throws {
    var rig = try PackedRig<8>(size: size)
    var idle: [Chain] = []
    idle.append(try rig.pair(0))
    while idle.count + 1 < Int(size) { idle.append(try rig.readableChain(idle.count)) }
    var generator = SplitMix64(seed: UInt64(size))
    var held: [PackedDeviceRing.Chain] = []
    for count in 0..<70_000 {
      while !idle.isEmpty, held.isEmpty || Bool.random(using: &generator) {
        let chain = idle.remove(at: Int.random(in: 0..<idle.count, using: &generator))
        let taken = try rig.submit(chain)
        guard Int(taken.id) == chain.id, taken.entryCount == (chain.id == 0 ? 2 : 1) else {
          Issue.record("chain \(chain.id) arrived as \(taken) in round \(count)")
          return
        }
        held.append(taken)
      }
      let taken = held.remove(at: Int.random(in: 0..<held.count, using: &generator))
      rig.ring.use(taken, written: UInt32(count % 65))
      let completion = try rig.queue.nextCompletion()
      let writable = taken.id == 0 ? 24 : 0
      guard let completion, completion.chain.id == Int(taken.id),
        completion.writtenByteCount == min(count % 65, writable)
      else {
        Issue.record("\(taken) came back as \(String(describing: completion)) in round \(count)")
        return
      }
      idle.append(completion.chain)
    }
    #expect(rig.queue.outstandingCount == held.count)
  }

  @Test("queues of 1, 2 and 3 entries work", arguments: [1, 2, 3] as [UInt16])
  func small(_ size: UInt16) throws {
    var rig = try PackedRig<4>(size: size)
    #expect(rig.queue.size == Int(size))
    var chains: [Chain] = []
    for number in 0..<Int(size) { chains.append(try rig.readableChain(number)) }
    let tooMany = failure { () throws(QueueError) in
      try rig.queue.makeChain(readable: QueueRig<1>.segment(9), writable: nil)
    }
    #expect(tooMany == .full)
    for _ in 0..<9 {
      let taken = try chains.map { chain in try rig.submit(chain) }
      #expect(rig.queue.outstandingCount == Int(size))
      for chain in taken { rig.ring.use(chain) }
      for chain in chains { #expect(try rig.queue.nextCompletion()?.chain == chain) }
      #expect(try rig.queue.nextCompletion() == nil)
    }
  }

  @Test(
    "a used id of what the device does not have breaks the queue, for good",
    arguments: [0, 2, 3, 8, 0xffff] as [UInt16])
  func foreignID(_ id: UInt16) throws {
    var rig = try PackedRig<8>()
    let chains = try (0..<3).map { number in try rig.pair(number) }
    let taken = try rig.submit(chains[1])
    rig.ring.use(id, entryCount: 2)
    let first = failure { () throws(QueueError) in try rig.queue.nextCompletion() }
    #expect(first == .broken(.usedElement(id: UInt32(id))))
    rig.ring.use(taken)
    let second = failure { () throws(QueueError) in try rig.queue.nextCompletion() }
    #expect(second == first)
    let third = failure { () throws(QueueError) in try rig.queue.enqueue(chains[0]) }
    #expect(third == first)
  }

  @Test("what was not published cannot be given back")
  func unpublished() throws {
    var rig = try PackedRig<8>()
    let chain = try rig.readableChain()
    try rig.queue.enqueue(chain)
    rig.ring.use(0, entryCount: 1)
    let error = failure { () throws(QueueError) in try rig.queue.nextCompletion() }
    #expect(error == .broken(.usedElement(id: 0)))
    rig.queue.publish()
    #expect(rig.ringCount == 0)
  }

  @Test("the length that was meant last is what the device finds")
  func lengths() throws {
    var rig = try PackedRig<4>()
    let chain = try rig.pair()
    for byteCount: UInt32 in [40, 40, 64] {
      try rig.queue.enqueue(chain, readableByteCount: byteCount)
      rig.queue.publish()
      let taken = try #require(rig.ring.nextChain())
      #expect(taken.segments.map(\.byteCount) == [byteCount, 24])
      rig.ring.use(taken)
      _ = try rig.queue.nextCompletion()
    }
  }

  @Test("SMP06: with ORDER_PLATFORM the platform's barrier stands where the head is shown")
  func platformOrder() throws {
    var rig = try PackedRig<4>(offering: .orderPlatform)
    let chain = try rig.readableChain()
    let ring = rig.ring.placement.descriptorArea
    try rig.queue.enqueue(chain)
    rig.transport.journal.includesMemory = true
    rig.queue.publish()
    #expect(rig.transport.journal.events.prefix(2).first == .fullBarrier)
    rig.ring.use(try #require(rig.ring.nextChain()))
    rig.transport.journal.clear()
    _ = try rig.queue.nextCompletion()
    #expect(
      rig.transport.journal.events == [
        .loadAcquiring(ring.advanced(by: 8)), .fullBarrier,
      ], "all of it is one load, and the answer is read behind a barrier")
  }
}
