import Testing
import VirtIO
import VirtIOTestDoubles

@Suite("Virtqueue, split: from the device")
struct SplitQueueCompletionTests {
  @Test("Q22: completions come in the device's order, each once")
  func outOfOrder() throws {
    var rig = try QueueRig<8>()
    let chains = try (0..<4).map { number in try rig.readableChain(number) }
    let taken = try chains.map { chain in try rig.submit(chain) }
    #expect(try rig.queue.nextCompletion() == nil)
    for index in [2, 0, 3, 1] { rig.ring.use(taken[index]) }
    var found: [Int] = []
    while let completion = try rig.queue.nextCompletion() { found.append(completion.chain.id) }
    #expect(found == [2, 0, 3, 1] && rig.queue.outstandingCount == 0)
    #expect(try rig.queue.nextCompletion() == nil)
  }

  @Test("SPLIT-USUP-5: to look when there is nothing new does no harm")
  func nothingNew() throws {
    var rig = try QueueRig<8>()
    #expect(try rig.queue.nextCompletion() == nil)
    let chain = try rig.readableChain()
    let taken = try rig.submit(chain)
    for _ in 0..<3 { #expect(try rig.queue.nextCompletion() == nil) }
    rig.ring.use(taken)
    #expect(try rig.queue.nextCompletion()?.chain == chain)
    for _ in 0..<3 { #expect(try rig.queue.nextCompletion() == nil) }
    #expect(rig.queue.outstandingCount == 0)
  }

  @Test(
    "Q11, Q14: a device claims to have written no more than there is room for",
    arguments: [(0, 0), (23, 23), (24, 24), (25, 24), (.max, 24)] as [(UInt32, UInt32)])
  func clamping(claimed: UInt32, believed: UInt32) throws {
    var rig = try QueueRig<8>()
    _ = try rig.readableChain()
    let chain = try rig.queue.makeChain(
      readable: QueueRig<8>.segment(0, byteCount: 1000),
      writable: QueueRig<8>.segment(1, byteCount: 24))
    rig.ring.use(try rig.submit(chain), written: claimed)
    let completion = try #require(try rig.queue.nextCompletion())
    #expect(completion.chain == chain && completion.writtenByteCount == believed)
  }

  @Test("Q15: a chain without writable memory was not written to, whatever the device says")
  func nothingToWrite() throws {
    var rig = try QueueRig<8>()
    let chain = try rig.readableChain()
    rig.ring.use(try rig.submit(chain), written: 64)
    #expect(try rig.queue.nextCompletion()?.writtenByteCount == 0)
  }

  @Test(
    "Q05, Q06, Q09: a used id that is foreign, no head, or out of range breaks the queue",
    arguments: [
      3, 4, 5, 6, 7, 8, 0xffff, 0x1_0000, 0x1_0001, 0x1_0002, 0x8000_0001, 0x8000_0002, UInt32.max,
    ])
  func foreignID(_ id: UInt32) throws {
    var rig = try QueueRig<8>()
    // Heads are 0, 1 and 2; only the chain at 1 is in flight.
    let chains = try (0..<3).map { number in
      try rig.queue.makeChain(
        readable: QueueRig<8>.segment(number), writable: QueueRig<8>.segment(number + 10))
    }
    let taken = try rig.submit(chains[1])
    rig.ring.use(id)
    try expectBroken(&rig, .usedElement(id: id), thenUse: taken, andEnqueue: chains[0])
  }

  @Test("Q07: a used id of a chain that is not in flight breaks the queue", arguments: [0, 2])
  func notInFlight(_ id: UInt32) throws {
    var rig = try QueueRig<8>()
    let chains = try (0..<3).map { number in
      try rig.queue.makeChain(
        readable: QueueRig<8>.segment(number), writable: QueueRig<8>.segment(number + 10))
    }
    let taken = try rig.submit(chains[1])
    rig.ring.use(id)
    try expectBroken(&rig, .usedElement(id: id), thenUse: taken, andEnqueue: chains[0])
  }

  @Test("Q08: a used id given twice breaks the queue")
  func duplicate() throws {
    var rig = try QueueRig<8>()
    let chains = try (0..<3).map { number in try rig.readableChain(number) }
    let one = try rig.submit(chains[0])
    let two = try rig.submit(chains[1])
    rig.ring.use(one)
    rig.ring.use(one)
    #expect(try rig.queue.nextCompletion()?.chain == chains[0])
    try expectBroken(&rig, .usedElement(id: 0), thenUse: two, andEnqueue: chains[2])
  }

  @Test(
    "Q01, Q03: a used index further than what is outstanding breaks the queue",
    arguments: [3, 4, 8, 0x7fff, 0x8000, 0xffff])
  func indexAhead(_ index: UInt16) throws {
    var rig = try QueueRig<8>()
    let chains = try (0..<3).map { number in try rig.readableChain(number) }
    let taken = try rig.submit(chains[0])
    _ = try rig.submit(chains[1])
    rig.ring.claimUsedIndex(index)
    try expectBroken(
      &rig, .usedIndex(found: index, outstanding: 2), thenUse: taken, andEnqueue: chains[2])
  }

  @Test("Q02: a used index that goes back breaks the queue")
  func indexBack() throws {
    var rig = try QueueRig<8>()
    let chains = try (0..<3).map { number in try rig.readableChain(number) }
    let one = try rig.submit(chains[0])
    let two = try rig.submit(chains[1])
    rig.ring.use(one)
    _ = try rig.queue.nextCompletion()
    rig.ring.claimUsedIndex(0)
    try expectBroken(
      &rig, .usedIndex(found: 0, outstanding: 1), thenUse: two, andEnqueue: chains[2])
  }

  @Test("a device that uses something before it was given anything breaks the queue")
  func unasked() throws {
    var rig = try QueueRig<8>()
    let chain = try rig.readableChain()
    rig.ring.use(0)
    let error = failure { () throws(QueueError) in try rig.queue.nextCompletion() }
    #expect(error == .broken(.usedIndex(found: 1, outstanding: 0)))
    let enqueued = failure {
      () throws(QueueError) in try rig.queue.enqueue(chain, readableByteCount: 1)
    }
    #expect(enqueued == .broken(.usedIndex(found: 1, outstanding: 0)))
  }

  /// Expects the queue to be broken, and to stay so even if the device behaves again.
  private func expectBroken(
    _ rig: inout QueueRig<8>, _ violation: QueueError.Violation,
    thenUse chain: DeviceRing.Chain, andEnqueue other: Chain
  ) throws {
    let first = failure { () throws(QueueError) in try rig.queue.nextCompletion() }
    #expect(first == .broken(violation))
    let isBroken = rig.queue.isBroken
    #expect(isBroken)
    rig.ring.use(chain)
    let second = failure { () throws(QueueError) in try rig.queue.nextCompletion() }
    #expect(second == .broken(violation), "the latch stays")
    let published = rig.ring.publishedIndex
    let third = failure {
      () throws(QueueError) in try rig.queue.enqueue(other, readableByteCount: 1)
    }
    #expect(third == .broken(violation))
    #expect(rig.ring.publishedIndex == published)
  }
}
