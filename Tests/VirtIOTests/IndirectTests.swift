import Testing
import VirtIO
import VirtIOTestDoubles

/// Tables of descriptors, where the ring has fewer entries than the driver wants.
@Suite("VIRTIO_F_INDIRECT_DESC")
struct IndirectTests {
  private static func pair<let capacity: Int>(_ rig: inout QueueRig<capacity>, _ number: Int)
    throws -> Chain
  {
    try rig.queue.makeChain(
      readable: QueueRig<1>.segment(number),
      writable: QueueRig<1>.segment(number + 100, byteCount: 24))
  }

  @Test(
    "where the ring has what the driver wants, there is no table", arguments: [8, 64] as [UInt16])
  func largeEnough(_ size: UInt16) throws {
    var rig = try QueueRig<8>(size: size, offering: [.version1, .indirectDescriptors])
    _ = try rig.submit(try Self.pair(&rig, 0))
    #expect(rig.ring.descriptorBytes(0)[12] == 1, "NEXT alone")
  }

  @Test(
    """
    SPLIT-IND-1, SPLIT-IND-2, SPLIT-IND-4, SPLIT-FRAME-2: on a smaller ring a chain of two segments \
    takes one entry, its table's
    """)
  func split() throws {
    var rig = try QueueRig<8>(size: 4, offering: [.version1, .indirectDescriptors])
    var chains: [Chain] = []
    for number in 0..<3 { chains.append(try Self.pair(&rig, number)) }
    chains.append(try rig.readableChain(3))
    let error = failure { () throws(QueueError) in
      try rig.queue.makeChain(readable: QueueRig<1>.segment(9), writable: nil)
    }
    #expect(error == .full)
    for (number, chain) in chains.enumerated() {
      try rig.queue.enqueue(chain, readableByteCount: 40 + UInt32(number))
    }
    rig.queue.publish()
    for number in 0..<4 {
      let taken = try #require(rig.ring.nextChain())
      #expect(taken.head == UInt16(number) && taken.segments.count == (number < 3 ? 2 : 1))
      #expect(taken.segments.first?.byteCount == 40 + UInt32(number))
      #expect(rig.ring.descriptorBytes(number)[12] == (number < 3 ? 4 : 0), "INDIRECT alone")
      if number < 3 { #expect(rig.ring.descriptor(number).0.byteCount == 32) }
      rig.ring.use(taken, written: 24)
      let completion = try #require(try rig.queue.nextCompletion())
      #expect(completion.chain == chains[number])
      #expect(completion.writtenByteCount == (number < 3 ? 24 : 0))
    }
  }

  @Test("SPLIT-IND-1, PACKED-IND-1: without the feature two entries are taken")
  func notOffered() throws {
    var rig = try QueueRig<8>(size: 4)
    _ = try Self.pair(&rig, 0)
    _ = try Self.pair(&rig, 1)
    let error = failure { () throws(QueueError) in
      try rig.queue.makeChain(readable: QueueRig<1>.segment(9), writable: nil)
    }
    #expect(error == .full)
  }

  @Test("SPLIT-IND-3, PACKED-SG-2, PACKED-SG-3: no chain is longer than the queue")
  func oneEntry() throws {
    var split = try QueueRig<8>(size: 1, offering: [.version1, .indirectDescriptors])
    var packed = try PackedRig<8>(size: 1, offering: .indirectDescriptors)
    let first = failure { () throws(QueueError) in
      try split.queue.makeChain(
        readable: QueueRig<1>.segment(0), writable: QueueRig<1>.segment(1))
    }
    let second = failure { () throws(QueueError) in
      try packed.queue.makeChain(
        readable: QueueRig<1>.segment(0), writable: QueueRig<1>.segment(1))
    }
    #expect(first == .full && second == .full)
    _ = try split.submit(try split.readableChain())
    _ = try packed.submit(try packed.readableChain())
  }

  @Test(
    """
    PACKED-IND-1, PACKED-IND-2, PACKED-IND-4, PACKED-D-7, PACKED-D-11: on a packed ring entries of a \
    table say WRITE or nothing
    """,
    arguments: [false, true])
  func packed(inOrder: Bool) throws {
    let features: Features = inOrder ? [.indirectDescriptors, .inOrder] : .indirectDescriptors
    var rig = try PackedRig<8>(size: 3, offering: features)
    let chains = [try rig.pair(0), try rig.pair(1), try rig.readableChain(2)]
    for number in 0..<12 {
      let chain = chains[number % 3]
      try rig.queue.enqueue(chain, readableByteCount: UInt32(30 + number))
      rig.queue.publish()
      let taken = try #require(rig.ring.nextChain())
      #expect(taken.entryCount == 1 && taken.segments.count == (chain.id < 2 ? 2 : 1))
      #expect(taken.segments.first?.byteCount == UInt32(30 + number))
      rig.ring.use(taken, written: 9)
      let completion = try #require(try rig.queue.nextCompletion())
      #expect(completion.chain == chain && completion.writtenByteCount == (chain.id < 2 ? 9 : 0))
    }
  }
}
