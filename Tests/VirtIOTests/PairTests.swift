import Testing
import VirtIO
import VirtIOTestDoubles

@Suite("Pairs of chains")
struct PairTests {
  /// A queue with three pairs of chains.
  private func makeRig(_ features: Features = .version1) throws -> QueueRig<16> {
    var rig = try QueueRig<16>(offering: features)
    for number in 0..<6 {
      _ = try rig.queue.makeChain(
        readable: QueueRig<1>.segment(number),
        writable: QueueRig<1>.segment(number + 100, byteCount: 24))
    }
    return rig
  }

  @Test("SPLIT-KICK-6: a pair is two chains in the ring, at every place of it, and one doorbell")
  func publishing() throws {
    var rig = try makeRig()
    let chain = try rig.readableChain(50)
    for round in 0..<20 {
      // Another chain now and then, so that pairs lie across the end of the ring too.
      if round % 5 == 4 {
        _ = try rig.submit(chain)
        rig.ring.use(UInt32(chain.id))
        _ = try rig.queue.nextCompletion()
      }
      let first = 2 * (round % 3)
      rig.transport.journal.clear()
      rig.queue.publishPair(first: first)
      #expect(rig.transport.journal.ringCount(of: 0) == 1)
      let ids = [
        try #require(rig.ring.nextChain()).head, try #require(rig.ring.nextChain()).head,
      ]
      #expect(ids.map(Int.init) == [first, first + 1])
      guard case .nothing = rig.queue.usedPair(writing: 24) else { throw Unexpected() }
      rig.ring.use(UInt32(first), written: 24)
      guard case .nothing = rig.queue.usedPair(writing: 24) else { throw Unexpected() }
      rig.ring.use(UInt32(first) + 1, written: 24)
      guard case .chains(first: first) = rig.queue.usedPair(writing: 24) else { throw Unexpected() }
      rig.queue.takePair()
      let count = rig.queue.outstandingCount
      #expect(count == 0)
    }
  }

  @Test(
    "what is not a pair that went as expected is told from one",
    arguments: [
      [(1, 24), (0, 24)], [(0, 23), (1, 24)], [(0, 24), (1, 25)], [(0, 24), (0, 24)],
      [(0, 24), (2, 24)], [(0, 0), (1, 0)], [(.max, 24), (0, 24)],
    ] as [[(UInt32, UInt32)]])
  func otherAnswers(_ answers: [(UInt32, UInt32)]) throws {
    var rig = try makeRig()
    rig.queue.publishPair(first: 0)
    for (id, written) in answers { rig.ring.use(id, written: written) }
    guard case .otherwise = rig.queue.usedPair(writing: 24) else { throw Unexpected() }
  }

  @Test("a used index that goes too far is told from a pair")
  func usedIndex() throws {
    var rig = try makeRig()
    rig.queue.publishPair(first: 0)
    rig.ring.use(0, written: 24)
    rig.ring.use(1, written: 24)
    rig.ring.claimUsedIndex(3)
    guard case .otherwise = rig.queue.usedPair(writing: 24) else { throw Unexpected() }
    rig.queue.notePair(first: 0, isInFlight: true)
    #expect(throws: QueueError.broken(.usedIndex(found: 3, outstanding: 2))) {
      try rig.queue.nextCompletion()
    }
    let passes = rig.queue.passesPairs
    #expect(!passes)
  }

  @Test("a pair that was noted comes back as two chains")
  func noting() throws {
    var rig = try makeRig()
    rig.queue.publishPair(first: 2)
    rig.queue.notePair(first: 2, isInFlight: true)
    let has = rig.queue.hasPair(first: 2)
    #expect(has)
    rig.ring.use(3, written: 24)
    rig.ring.use(2, written: 24)
    let ids = [try rig.queue.nextCompletion()?.chain.id, try rig.queue.nextCompletion()?.chain.id]
    #expect(ids == [3, 2])
  }

  @Test(
    "PACKED: a pair is four descriptors, across the end of the ring too, and comes back in one look"
  )
  func packed() throws {
    var rig = try PackedRig<12>()
    for number in 0..<4 { _ = try rig.pair(number) }
    let single = try rig.readableChain(50)
    for round in 0..<30 {
      if round % 7 == 6 {
        rig.ring.use(try rig.submit(single))
        _ = try rig.queue.nextCompletion()
      }
      let first = 2 * (round % 2)
      rig.queue.publishPair(first: first)
      let chains = [try #require(rig.ring.nextChain()), try #require(rig.ring.nextChain())]
      #expect(chains.map { Int($0.id) } == [first, first + 1])
      #expect(chains.allSatisfy { $0.segments.count == 2 })
      guard case .nothing = rig.queue.usedPair(writing: 24) else { throw Unexpected() }
      rig.ring.use(chains[0], written: 24)
      guard case .nothing = rig.queue.usedPair(writing: 24) else { throw Unexpected() }
      rig.ring.use(chains[1], written: 24)
      guard case .chains(first: first) = rig.queue.usedPair(writing: 24) else { throw Unexpected() }
      rig.queue.takePair()
      let isOver = isNothing(try rig.queue.nextCompletion())
      #expect(isOver)
    }
  }

  @Test("single chains go round in the same way, split and packed")
  func singles() throws {
    var split = try QueueRig<4>()
    var packed = try PackedRig<3>()
    for number in 0..<3 {
      _ = try split.readableChain(number)
      _ = try packed.readableChain(number)
    }
    for round in 0..<10 {
      let index = round % 3
      split.queue.publishSingle(index)
      packed.queue.publishSingle(index)
      let none = [split.queue.usedSingle(), packed.queue.usedSingle()]
      #expect(none == [nil, nil])
      split.ring.use(try #require(split.ring.nextChain()))
      packed.ring.use(try #require(packed.ring.nextChain()))
      let found = [split.queue.usedSingle(), packed.queue.usedSingle()]
      #expect(found == [index, index])
      split.queue.takeSingle()
      packed.queue.takeSingle()
    }
    split.ring.claimUsedIndex(12)
    let wrong = split.queue.usedSingle()
    #expect(wrong == .max)
  }

  private struct Unexpected: Error {}
}
