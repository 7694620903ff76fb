import Testing
import VirtIO
import VirtIOTestDoubles

/// What a device can do to a packed ring, by the ids of the catalogue of hostile devices. What is not seen as
/// used is waited for no longer than the caller says; what cannot be breaks the queue until it is reset.
@Suite("Hostile devices, packed")
struct HostilePackedTests {
  private typealias Rig = PackedRig<8>

  private static func ring(_ rig: borrowing Rig) throws -> MemoryView {
    let placement = rig.ring.placement
    return try #require(
      rig.platform.memory.view(
        at: placement.descriptorArea, byteCount: 16 * Int(placement.size)))
  }

  /// Writes the second half of a descriptor, as a device does that gives a buffer back.
  private static func use(
    _ ring: MemoryView, _ entry: Int, id: UInt16, written: UInt32 = 0, flags: UInt16
  ) {
    ring.store(written, at: 16 * entry + 8)
    ring.store(id, at: 16 * entry + 12)
    ring.store(flags, at: 16 * entry + 14)
  }

  private static func error(_ rig: inout Rig) -> QueueError? {
    failure { () throws(QueueError) in try rig.queue.nextCompletion() }
  }

  @Test("K01: flags of the other lap are not seen as used, on any lap")
  func otherLap() throws {
    for lap in 0..<4 {
      var rig = try Rig(size: 4)
      let chain = try rig.readableChain()
      for _ in 0..<4 * lap {
        rig.ring.use(try rig.submit(chain))
        _ = try rig.queue.nextCompletion()
      }
      _ = try rig.submit(chain)
      let ring = try Self.ring(rig)
      let right: UInt16 = lap % 2 == 0 ? 0x8080 : 0
      for flags: UInt16 in [0x8080, 0x8000, 0x0080, 0] where flags != right {
        Self.use(ring, 0, id: 0, flags: flags)
        #expect(try rig.queue.nextCompletion() == nil, "flags \(flags) on lap \(lap)")
      }
      Self.use(ring, 0, id: 0, flags: right)
      #expect(try rig.queue.nextCompletion()?.chain == chain)
    }
  }

  @Test(
    "K02: what was never submitted cannot be given back: broken", arguments: [0, 1, 7] as [UInt16])
  func neverSubmitted(_ id: UInt16) throws {
    var rig = try Rig()
    for number in 0..<8 { _ = try rig.readableChain(number) }
    rig.ring.use(id, entryCount: 1)
    #expect(Self.error(&rig) == .broken(.usedElement(id: UInt32(id))))
    let isBroken = rig.queue.isBroken
    #expect(isBroken)
  }

  @Test(
    "K02: what is enqueued and not yet published cannot be given back: broken", arguments: 0..<3)
  func heldBack(_ lap: Int) throws {
    var rig = try Rig()
    let chains = try (0..<3).map { number in try rig.readableChain(number) }
    for _ in 0..<8 * lap {
      rig.ring.use(try rig.submit(chains[2]))
      _ = try rig.queue.nextCompletion()
    }
    _ = try rig.submit(chains[0])
    try rig.queue.enqueue(chains[1])
    // What it has, it may give back meanwhile.
    rig.ring.use(0, entryCount: 1)
    #expect(try rig.queue.nextCompletion()?.chain == chains[0])
    _ = try rig.submit(chains[0])
    try rig.queue.enqueue(chains[2])
    rig.ring.use(2, entryCount: 1)
    #expect(Self.error(&rig) == .broken(.usedElement(id: 2)))
  }

  @Test("K03: an id out of range, not in flight or given twice breaks the queue")
  func ids() throws {
    for id: UInt16 in [0, 2, 3, 7, 8, 9, 0x7fff, 0x8000, 0x8001, 0xffff] {
      var rig = try Rig()
      let chains = try (0..<3).map { number in try rig.pair(number) }
      _ = try rig.submit(chains[1])
      rig.ring.use(id, entryCount: 2)
      #expect(Self.error(&rig) == .broken(.usedElement(id: UInt32(id))))
    }
    var rig = try Rig()
    let chains = try (0..<2).map { number in try rig.pair(number) }
    let taken = try chains.map { chain in try rig.submit(chain) }
    rig.ring.use(taken[0])
    rig.ring.use(taken[0])
    #expect(try rig.queue.nextCompletion()?.chain == chains[0])
    #expect(Self.error(&rig) == .broken(.usedElement(id: 0)))
  }

  @Test(
    "K04: a used descriptor elsewhere is not seen; where it is looked for, only what is in flight counts"
  )
  func wrongSlot() throws {
    var rig = try Rig()
    let chains = [try rig.pair(0), try rig.readableChain(1)]
    let taken = try chains.map { chain in try rig.submit(chain) }
    let ring = try Self.ring(rig)
    rig.ring.use(taken[0])
    #expect(try rig.queue.nextCompletion()?.chain == chains[0])
    // Behind the head of the chain, or one too far: the driver looks at entry 2.
    for entry in [1, 3, 7] {
      Self.use(ring, entry, id: 1, flags: 0x8080)
      #expect(try rig.queue.nextCompletion() == nil)
    }
    Self.use(ring, 2, id: 0, flags: 0x8080)
    #expect(Self.error(&rig) == .broken(.usedElement(id: 0)))
  }

  @Test("K05: a chain that fills the ring exactly goes round, its wrap counters with it")
  func exactFit() throws {
    var rig = try Rig(size: 2)
    let chain = try rig.pair()
    for round in 0..<9 {
      let taken = try rig.submit(chain)
      #expect(taken.entry == 0 && taken.entryCount == 2 && taken.segments.count == 2)
      #expect(rig.ring.flags(0) & 0x8080 == (round % 2 == 0 ? 0x80 : 0x8000))
      rig.ring.use(taken, written: 24)
      #expect(try rig.queue.nextCompletion()?.writtenByteCount == 24)
    }
  }

  @Test("K06, K07: rings of 3, 5 and 1,000 entries, whose ends chains lie across")
  func oddSizes() throws {
    try Self.run(PackedRig<3>())
    try Self.run(PackedRig<5>())
    try Self.run(PackedRig<1000>())
  }

  private static func run<let capacity: Int>(_ rig: consuming PackedRig<capacity>) throws {
    let size = rig.queue.size
    #expect(size == capacity)
    let chains = [try rig.pair(0), try rig.readableChain(1)]
    var crossings = 0
    for round in 0..<3 * capacity {
      let chain = chains[round % 7 == 0 ? 1 : 0]
      let taken = try rig.submit(chain)
      guard Int(taken.id) == chain.id, taken.segments.count == 2 - chain.id else {
        Issue.record("\(taken) in round \(round)")
        return
      }
      if taken.entry + taken.entryCount > size { crossings += 1 }
      rig.ring.use(taken, written: 24)
      let completion = try rig.queue.nextCompletion()
      guard completion?.chain == chain else {
        Issue.record("round \(round)")
        return
      }
    }
    #expect(crossings > 0)
  }

  @Test("K08: a queue of no entries is missing, without a division by its size")
  func noEntries() throws {
    let platform = TestPlatform()
    let transport = FakeTransport(on: platform)
    transport.maximumSizes = [0: 0]
    transport.offered = [.version1, .packedRing]
    var device = try AcknowledgedDevice(
      resetting: transport, on: platform, waiting: .polling(.milliseconds(1))
    ).negotiate(requiring: .packedRing) { _ in [] }
    do throws(DeviceError) {
      let queue: Virtqueue<JournaledRegion, FakeDoorbell, 8> = try device.makeQueue(
        0, on: platform)
      Issue.record("it has \(queue.size) entries")
    } catch {
      #expect(error == .queueMissing(index: 0))
    }
    #expect(platform.allocationCount == 0)
  }

  @Test(
    "K09: addresses, lengths and ids of descriptors in flight are the driver's to write, not to read"
  )
  func rewritten() throws {
    var rig = try Rig()
    let chains = try (0..<3).map { number in try rig.pair(number) }
    for chain in chains { try rig.queue.enqueue(chain) }
    rig.queue.publish()
    let taken = chains.compactMap { _ in rig.ring.nextChain() }
    let ring = try Self.ring(rig)
    // Everything but the flags of what is yet to be used.
    for entry in 0..<6 {
      for offset in 0..<14 { ring.store(UInt8(0xff), at: 16 * entry + offset) }
    }
    for (chain, taken) in zip(chains, taken) {
      rig.ring.use(taken, written: .max)
      let completion = try rig.queue.nextCompletion()
      #expect(completion?.chain == chain && completion?.writtenByteCount == 24)
    }
    // The next time they are what they were.
    for chain in chains {
      let taken = try rig.submit(chain)
      #expect(taken.id == UInt16(chain.id) && taken.segments.map(\.byteCount) == [64, 24])
      rig.ring.use(taken)
      _ = try rig.queue.nextCompletion()
    }
  }

  @Test("K11: flags that are seen first come with whatever else is there, in one acquiring load")
  func torn() throws {
    var rig = try Rig()
    let chains = try (0..<2).map { number in try rig.pair(number) }
    _ = try rig.submit(chains[1])
    let ring = try Self.ring(rig)
    // Id and length are not there yet: what is, belongs to another.
    ring.store(UInt16(0), at: 12)
    ring.store(UInt16(0x8080), at: 14)
    rig.transport.journal.clear()
    rig.transport.journal.includesMemory = true
    #expect(Self.error(&rig) == .broken(.usedElement(id: 0)))
    let head = rig.ring.placement.descriptorArea.advanced(by: 8)
    #expect(rig.transport.journal.events == [.loadAcquiring(head)])
  }

  @Test("K12: other bits in the flags of a used descriptor are ignored")
  func otherFlags() throws {
    for bit in 0..<16 where ![7, 15].contains(bit) {
      for all in [false, true] {
        var rig = try Rig()
        let chains = [try rig.pair(0), try rig.readableChain(1)]
        for chain in chains { _ = try rig.submit(chain) }
        let ring = try Self.ring(rig)
        let others: UInt16 = all ? 0x7f7f : 1 << bit
        Self.use(ring, 0, id: 0, written: 9, flags: 0x8080 | others)
        let first = try rig.queue.nextCompletion()
        #expect(first?.chain == chains[0] && first?.writtenByteCount == 9)
        Self.use(ring, 2, id: 1, flags: 0x8080 | others)
        #expect(try rig.queue.nextCompletion()?.chain == chains[1])
      }
    }
  }

  @Test(
    "K13: a length is believed up to what there was room for; without room, none",
    arguments: [(0, 0), (1, 1), (23, 23), (24, 24), (25, 24), (1 << 31, 24), (.max, 24)]
      as [(UInt32, UInt32)])
  func lengths(claimed: UInt32, believed: UInt32) throws {
    var rig = try Rig()
    let chains = [try rig.pair(0), try rig.readableChain(1)]
    for chain in chains { rig.ring.use(try rig.submit(chain), written: claimed) }
    #expect(try rig.queue.nextCompletion()?.writtenByteCount == believed)
    #expect(try rig.queue.nextCompletion()?.writtenByteCount == 0)
  }

  @Test("K15: flags that change at every look end with what was in flight: broken")
  func flickering() throws {
    var rig = try Rig()
    for number in 0..<3 {
      let chain = try rig.readableChain(number)
      _ = try rig.submit(chain)
    }
    let ring = try Self.ring(rig)
    var count = 0
    var error: QueueError?
    for look in 0..<1000 where error == nil {
      let flags: UInt16 = look % 2 == 0 ? 0x8080 : 0
      for entry in 0..<8 { Self.use(ring, entry, id: UInt16(entry % 3), flags: flags) }
      error = failure { () throws(QueueError) in
        if try rig.queue.nextCompletion() != nil { count += 1 }
      }
    }
    #expect(count <= 3)
    guard case .broken = error else {
      Issue.record("\(String(describing: error)) after \(count)")
      return
    }
  }
}
