import Testing
import VirtIO
import VirtIOTestDoubles

/// A device that uses buffers in the order in which they were made available.
@Suite("VIRTIO_F_IN_ORDER")
struct InOrderTests {
  private static func rig(_ size: UInt16 = 8, _ more: Features = []) throws -> QueueRig<8> {
    try QueueRig<8>(size: size, offering: more.union([.version1, .inOrder]))
  }

  private static func pair(_ rig: inout QueueRig<8>, _ number: Int) throws -> Chain {
    try rig.queue.makeChain(
      readable: QueueRig<1>.segment(number),
      writable: QueueRig<1>.segment(number + 100, byteCount: 24))
  }

  @Test(
    """
    SPLIT-D-4, SPLIT-DESC-3, SPLIT-DESC-4: descriptors follow each other round the table, and next \
    says so
    """)
  func placing() throws {
    var rig = try Self.rig()
    let chains = [try Self.pair(&rig, 0), try rig.readableChain(1), try Self.pair(&rig, 2)]
    var entry: UInt16 = 0
    for number in 0..<40 {
      let chain = chains[[0, 1, 2, 2, 0, 1, 1][number % 7]]
      let taken = try rig.submit(chain)
      #expect(taken.head == entry)
      let count = chain.id == 1 ? 1 : 2
      #expect(taken.segments.count == count)
      #expect(taken.segments.first?.address == QueueRig<1>.segment(chain.id).address)
      let next = (entry + 1) % 8
      if count == 2 { #expect(rig.ring.descriptor(Int(entry)).next == next) }
      entry = (entry + UInt16(count)) % 8
      rig.ring.use(taken, written: 5)
      let completion = try #require(try rig.queue.nextCompletion())
      #expect(completion.chain == chain && completion.writtenByteCount == (count == 2 ? 5 : 0))
    }
  }

  @Test("SPLIT-IND-5: entries of a table follow each other from its start")
  func indirect() throws {
    var rig = try Self.rig(4, .indirectDescriptors)
    let chain = try Self.pair(&rig, 0)
    for number in 0..<9 {
      let taken = try rig.submit(chain)
      #expect(taken.head == UInt16(number % 4) && taken.segments.count == 2)
      rig.ring.use(taken)
      #expect(try rig.queue.nextCompletion()?.chain == chain)
    }
  }

  @Test("SPLIT-D-9: one element can be about a batch: all of it is done, the last as it says")
  func batches() throws {
    var rig = try Self.rig()
    let chains = [try Self.pair(&rig, 0), try Self.pair(&rig, 1), try Self.pair(&rig, 2)]
    for round in 0..<30_000 {
      for chain in chains { try rig.queue.enqueue(chain) }
      rig.queue.publish()
      let taken = chains.compactMap { _ in rig.ring.nextChain() }
      let count = round % 3 + 1
      rig.ring.useBatch(UInt16(count), last: taken[count - 1], written: 7)
      for number in 0..<count {
        let completion = try #require(try rig.queue.nextCompletion())
        #expect(completion.chain == chains[number])
        #expect(completion.writtenByteCount == (number == count - 1 ? 7 : 24))
      }
      #expect(try rig.queue.nextCompletion() == nil)
      if count < 3 { rig.ring.useBatch(UInt16(3 - count), last: taken[2]) }
      while try rig.queue.nextCompletion() != nil {}
      guard rig.queue.outstandingCount == 0 else {
        Issue.record("round \(round): \(rig.queue.outstandingCount) are missing")
        return
      }
    }
  }

  @Test(
    "Q23: an element that is no head, or whose batch is longer than the index says, breaks the queue"
  )
  func nonsense() throws {
    for (id, claimed, violation) in [
      (1, 1, .usedElement(id: 1)), (8, 1, .usedElement(id: 8)), (4, 3, .usedElement(id: 4)),
      (2, 1, .usedElement(id: 2)), (0, 4, .usedIndex(found: 4, outstanding: 2)),
    ] as [(UInt32, UInt16, QueueError.Violation)] {
      var rig = try Self.rig()
      let chains = [try Self.pair(&rig, 0), try Self.pair(&rig, 1), try Self.pair(&rig, 2)]
      _ = try rig.submit(chains[0])
      _ = try rig.submit(chains[1])
      rig.ring.use(id)
      rig.ring.claimUsedIndex(min(claimed, id == 4 ? 2 : claimed))
      let error = failure { () throws(QueueError) in try rig.queue.nextCompletion() }
      #expect(error == .broken(violation))
      let next = failure { () throws(QueueError) in try rig.queue.enqueue(chains[2]) }
      #expect(next == .broken(violation))
    }
  }

  @Test(
    "K14, PACKED-D-12: one used descriptor can be about a batch, and the next is behind all of it")
  func packedBatches() throws {
    for size: UInt16 in [5, 6, 7, 8] {
      var rig = try PackedRig<8>(size: size, offering: .inOrder)
      let chains = [try rig.pair(0), try rig.readableChain(1), try rig.pair(2)]
      for round in 0..<1000 {
        for chain in chains { try rig.queue.enqueue(chain) }
        rig.queue.publish()
        let taken = chains.compactMap { _ in rig.ring.nextChain() }
        let count = round % 3 + 1
        rig.ring.useBatch(Array(taken.prefix(count)), written: 7)
        for number in 0..<count {
          let completion = try #require(try rig.queue.nextCompletion())
          let writable: UInt32 = number == 1 ? 0 : 24
          #expect(completion.chain == chains[number])
          #expect(completion.writtenByteCount == min(number == count - 1 ? 7 : 24, writable))
        }
        #expect(try rig.queue.nextCompletion() == nil)
        if count < 3 { rig.ring.useBatch(Array(taken.dropFirst(count))) }
        while try rig.queue.nextCompletion() != nil {}
      }
      #expect(rig.queue.outstandingCount == 0)
      rig.ring.use(1, entryCount: 1)
      let error = failure { () throws(QueueError) in try rig.queue.nextCompletion() }
      #expect(error == .broken(.usedElement(id: 1)))
    }
  }
}
