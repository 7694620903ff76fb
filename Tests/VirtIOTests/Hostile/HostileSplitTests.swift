import Testing
import VirtIO
import VirtIOTestDoubles

/// What a device can do to a split ring, by the ids of the catalogue of hostile devices. A queue whose device
/// breaks the rules is latched as broken until it is reset; everything else is ignored.
@Suite("Hostile devices, split")
struct HostileSplitTests {
  private typealias Rig = QueueRig<8>

  /// Memory of the queue, as the device sees it.
  private static func view(_ rig: borrowing Rig, _ area: DeviceAddress, _ byteCount: Int) throws
    -> MemoryView
  {
    try #require(rig.platform.memory.view(at: area, byteCount: byteCount))
  }

  private static func pair(_ rig: inout Rig, _ number: Int) throws -> Chain {
    try rig.queue.makeChain(
      readable: Rig.segment(number), writable: Rig.segment(number + 100, byteCount: 24))
  }

  @Test("Q04: a used index that moves at every look ends with what was outstanding: broken")
  func movingIndex() throws {
    var rig = try Rig()
    for number in 0..<3 {
      let chain = try rig.readableChain(number)
      _ = try rig.submit(chain)
    }
    var count = 0
    var error: QueueError?
    while count < 100, error == nil {
      rig.ring.use(UInt32(count % 3))
      error = failure { () throws(QueueError) in
        if try rig.queue.nextCompletion() != nil { count += 1 }
      }
    }
    #expect(count == 3 && error == .broken(.usedIndex(found: 4, outstanding: 0)))
  }

  @Test("Q07: what is enqueued and not yet published cannot be given back: broken")
  func heldBack() throws {
    var rig = try Rig()
    let chains = try (0..<3).map { number in try rig.readableChain(number) }
    let first = try rig.submit(chains[0])
    let second = try rig.submit(chains[1])
    try rig.queue.enqueue(chains[2])
    // What it has, it may give back meanwhile.
    rig.ring.use(UInt32(second.head))
    #expect(try rig.queue.nextCompletion()?.chain == chains[1])
    rig.ring.use(2)
    #expect(
      failure { () throws(QueueError) in try rig.queue.nextCompletion() }
        == .broken(.usedElement(id: 2)))
    #expect(first.head == 0)
  }

  @Test("Q16: descriptors that the device has written to are as they were after the queue's reset")
  func restoredDescriptors() throws {
    var rig = try Rig(offering: [.version1, .ringReset])
    let single = try rig.readableChain(0)
    let pair = try Self.pair(&rig, 1)
    try rig.queue.enqueue(single, readableByteCount: 3)
    rig.queue.publish()
    rig.ring.use(0)
    _ = try rig.queue.nextCompletion()
    let table = try Self.view(rig, rig.ring.placement.descriptorArea, 16 * 8)
    let before = (0..<64).map { table.load(UInt16.self, at: 2 * $0) }
    #expect(before.contains { $0 != 0 })
    for place in 0..<64 { table.store(UInt16.max, at: 2 * place) }
    let patience = PollingWaiter(timeout: .milliseconds(1))
    let proof = try rig.device.reset(&rig.queue, on: rig.platform, waiting: patience)
    try rig.device.enable(&rig.queue, after: proof)
    for chain in [single, pair] {
      for entry in 0..<(chain == single ? 1 : 2) {
        let place = entry == 0 ? chain.id : 7
        for word in 0..<8 {
          let now = table.load(UInt16.self, at: 16 * place + 2 * word)
          #expect(now == before[8 * place + word], "entry \(place), word \(word)")
        }
      }
    }
  }

  @Test("Q10: an id from before a reset is none afterwards: broken")
  func beforeReset() throws {
    var rig = try Rig(offering: [.version1, .ringReset])
    let chains = try (0..<2).map { number in try rig.readableChain(number) }
    _ = try rig.submit(chains[0])
    let old = try rig.submit(chains[1])
    let patience = PollingWaiter(timeout: .milliseconds(1))
    let proof = try rig.device.reset(&rig.queue, on: rig.platform, waiting: patience)
    try rig.device.enable(&rig.queue, after: proof)
    let ring = try #require(rig.transport.rings[0])
    try rig.queue.enqueue(chains[0])
    rig.queue.publish()
    ring.use(UInt32(old.head))
    let error = failure { () throws(QueueError) in try rig.queue.nextCompletion() }
    #expect(error == .broken(.usedElement(id: UInt32(old.head))))
  }

  @Test(
    "Q16, Q17, Q18: descriptors, available ring and tables are the driver's to write, not to read",
    arguments: [[], .indirectDescriptors] as [Features])
  func rewritten(_ features: Features) throws {
    var rig = try QueueRig<8>(size: 4, offering: features.union(.version1))
    // With tables, one entry a chain.
    let count = features.isEmpty ? 2 : 4
    let chains = try (0..<count).map { number in try Self.pair(&rig, number) }
    for chain in chains { try rig.queue.enqueue(chain) }
    rig.queue.publish()
    let placement = rig.ring.placement
    let descriptors = try Self.view(rig, placement.descriptorArea, 16 * 4)
    let available = try Self.view(rig, placement.driverArea, 6 + 2 * 4)
    let tables = (0..<4).compactMap { index -> MemoryView? in
      let (segment, _) = rig.ring.descriptor(index)
      return features.isEmpty ? nil : rig.ring.view(of: segment)
    }
    #expect(tables.count == (features.isEmpty ? 0 : 4))
    for part in tables + [descriptors, available] { part.fill(0xff) }
    rig.transport.journal.clear()
    rig.transport.journal.includesMemory = true
    for chain in chains.reversed() {
      rig.ring.use(UInt32(chain.id), written: .max)
      let completion = try rig.queue.nextCompletion()
      #expect(completion?.chain == chain && completion?.writtenByteCount == 24)
    }
    for event in rig.transport.journal.events {
      guard case .load(let address, _) = event else { continue }
      #expect(address.rawValue >= placement.deviceArea.rawValue)
    }
    // What comes next is what it would have been: the index goes on from the driver's own count.
    try rig.queue.enqueue(chains[0])
    rig.queue.publish()
    #expect(rig.ring.publishedIndex == UInt16(count + 1))
  }

  @Test("Q19, SMP15: of a used element, id and length are loaded once each, by single accesses")
  func loadedOnce() throws {
    var rig = try Rig()
    let chain = try Self.pair(&rig, 0)
    rig.ring.use(try rig.submit(chain), written: 7)
    rig.transport.journal.clear()
    rig.transport.journal.includesMemory = true
    let completion = try rig.queue.nextCompletion()
    #expect(completion?.writtenByteCount == 7)
    let used = rig.ring.placement.deviceArea
    #expect(
      rig.transport.journal.events == [
        .loadAcquiring(used.advanced(by: 2)), .load(used.advanced(by: 4), byteCount: 4),
        .load(used.advanced(by: 8), byteCount: 4),
      ])
  }

  @Test(
    "Q29: a ring that is filled with ones or noise breaks, at any instant, and a reset mends it")
  func noise() throws {
    for seed in 0..<400 as Range<UInt64> {
      var generator = SplitMix64(seed: seed)
      var rig = try Rig(
        offering: seed % 2 == 0
          ? [.version1, .ringReset] : [.version1, .ringReset, .eventIndex])
      let chains = try (0..<3).map { number in try Self.pair(&rig, number) }
      let used = try Self.view(rig, rig.ring.placement.deviceArea, 6 + 8 * 8)
      let instant = Int(seed / 2 % 8)
      var error: QueueError?
      for step in 0..<40 where error == nil {
        if step == instant {
          for offset in 0..<used.byteCount {
            used.store(
              seed % 4 < 2 ? 0xff : UInt8(truncatingIfNeeded: generator.next()), at: offset)
          }
        }
        error = failure { () throws(QueueError) in
          let chain = chains[step % 3]
          if rig.queue.outstandingCount < 3 { try? rig.queue.enqueue(chain) }
          rig.queue.publish()
          while try rig.queue.nextCompletion() != nil {}
        }
      }
      // Noise may happen to be an index that is possible; it is then the ids that are not.
      if let error {
        guard case .broken = error else {
          Issue.record("\(error)")
          return
        }
      }
      let patience = PollingWaiter(timeout: .milliseconds(1))
      let proof = try rig.device.reset(&rig.queue, on: rig.platform, waiting: patience)
      try rig.device.enable(&rig.queue, after: proof)
      let ring = try #require(rig.transport.rings[0])
      for chain in chains {
        try rig.queue.enqueue(chain)
        rig.queue.publish()
        ring.use(UInt32(chain.id))
        #expect(try rig.queue.nextCompletion()?.chain == chain)
      }
    }
  }

  @Test("Q30: an index that is there before its element names what is not in flight: broken")
  func early() throws {
    var rig = try Rig()
    let chains = try (0..<2).map { number in try rig.readableChain(number) }
    _ = try rig.submit(chains[1])
    // The element is still what it was: id 0.
    rig.ring.claimUsedIndex(1)
    let error = failure { () throws(QueueError) in try rig.queue.nextCompletion() }
    #expect(error == .broken(.usedElement(id: 0)))
  }

  @Test("Q31: a queue that is left full says so, as often as it is asked")
  func full() throws {
    var rig = try Rig()
    let chains = try (0..<8).map { number in try rig.readableChain(number) }
    for chain in chains { _ = try rig.submit(chain) }
    for round in 0..<1000 {
      let error = failure { () throws(QueueError) in try rig.queue.enqueue(chains[round % 8]) }
      #expect(error == .inFlight)
      rig.queue.publish()
      #expect(try rig.queue.nextCompletion() == nil)
    }
    #expect(rig.queue.outstandingCount == 8 && rig.ring.publishedIndex == 8)
  }

  @Test("Q32: chains without bytes, of more entries than the queue or of 4 GiB are refused here")
  func refusedChains() throws {
    var rig = try Rig()
    let (none, some) = (Rig.segment(0, byteCount: 0), Rig.segment(1))
    let half = Rig.segment(2, byteCount: 1 << 31)
    func error(_ readable: Segment?, _ writable: Segment?) -> QueueError? {
      failure { () throws(QueueError) in
        if let readable {
          try rig.queue.makeChain(readable: readable, writable: writable)
        } else {
          try rig.queue.makeChain(writable: writable ?? none)
        }
      }
    }
    #expect(error(none, nil) == .empty && error(nil, none) == .empty)
    #expect(error(none, some) == .empty && error(some, none) == .empty)
    #expect(error(half, half) == .tooLong)
    #expect(error(Rig.segment(0, byteCount: .max), Rig.segment(1, byteCount: 1)) == .tooLong)
    for index in 0..<8 { #expect(rig.ring.descriptorBytes(index).allSatisfy { $0 == 0 }) }
    let chain = try rig.readableChain()
    let empty = failure { () throws(QueueError) in
      try rig.queue.enqueue(chain, readableByteCount: 0)
    }
    #expect(empty == .empty && rig.queue.outstandingCount == 0)
    #expect(error(Rig.segment(0, byteCount: .max), nil) == nil)
    #expect(error(half, Rig.segment(3, byteCount: (1 << 31) - 1)) == nil)
    // Four entries are left, which is room for two of them.
    #expect(error(some, some) == nil && error(some, some) == nil && error(some, some) == .full)
    var one = try QueueRig<1>()
    let tooLong = failure { () throws(QueueError) in
      try one.queue.makeChain(readable: some, writable: some)
    }
    #expect(tooLong == .full)
  }

  @Test("Q33: whether a batch crosses avail_event is right from each of the 65,536 places")
  func everyPlace() throws {
    var rig = try QueueRig<4>(offering: [.version1, .eventIndex])
    let chains = try (0..<3).map { number in try rig.readableChain(number) }
    rig.queue.suppressInterrupts(true)
    var position: UInt16 = 0
    var wrong = 0
    /// One batch, while the device asks for an index so far from its first.
    func publish(_ length: Int, askingAt distance: Int) throws {
      rig.ring.availableEvent = position &+ UInt16(truncatingIfNeeded: distance)
      rig.transport.journal.clear()
      for chain in chains[..<length] { try rig.queue.enqueue(chain) }
      rig.queue.publish()
      let isCrossed = (0..<length).contains(distance)
      if rig.transport.journal.ringCount(of: 0) != (isCrossed ? 1 : 0) { wrong += 1 }
      position &+= UInt16(length)
      for chain in chains[..<length] {
        rig.ring.use(UInt32(chain.id))
        _ = try rig.queue.nextCompletion()
      }
    }
    for distance in [-1, 0, 1] {
      for _ in 0..<65_536 { try publish(1, askingAt: distance) }
    }
    // Three at a time come by every place too.
    for round in 0..<65_536 { try publish(3, askingAt: 2 + round % 2) }
    for distance in [0x7fff, -0x8000, -0x7fff] { try publish(1, askingAt: distance) }
    #expect(wrong == 0 && position == 3)
  }

  @Test("Q34: queues of 1 and 2 entries go round more than 65,536 times")
  func smallAndLong() throws {
    try Self.run(QueueRig<1>())
    try Self.run(QueueRig<2>())
  }

  private static func run<let capacity: Int>(_ rig: consuming QueueRig<capacity>) throws {
    let chains = try (0..<capacity).map { number in try rig.readableChain(number) }
    for round in 0..<70_000 {
      let chain = chains[round % capacity]
      let taken = try rig.submit(chain)
      rig.ring.use(taken)
      guard try rig.queue.nextCompletion()?.chain == chain else {
        Issue.record("round \(round)")
        return
      }
    }
    #expect(rig.queue.outstandingCount == 0)
    #expect(rig.ring.publishedIndex == UInt16(truncatingIfNeeded: 70_000))
  }
}
