import Testing
import VirtIO
import VirtIOTestDoubles

@Suite("Virtqueue, split: indices that wrap")
struct SplitQueueWrapTests {
  @Test("SPLIT-D-5, SPLIT-AVAIL-1: indices run on past 65,536, twice, with completions shuffled")
  func shuffled() throws {
    var rig = try QueueRig<8>()
    var idle: [Chain] = []
    for number in 0..<4 {
      idle.append(
        try rig.queue.makeChain(
          readable: QueueRig<8>.segment(number), writable: QueueRig<8>.segment(number + 8)))
    }
    var generator = SplitMix64(seed: 1)
    var held: [DeviceRing.Chain] = []
    var submitted = 0
    var completed = 0
    while completed < 131_200 {
      while !idle.isEmpty, held.isEmpty || Bool.random(using: &generator) {
        let chain = idle.remove(at: Int.random(in: 0..<idle.count, using: &generator))
        let taken = try rig.submit(chain)
        guard Int(taken.head) == chain.id, taken.segments.count == 2 else {
          Issue.record("chain \(chain.id) arrived as \(taken) after \(submitted)")
          return
        }
        held.append(taken)
        submitted += 1
      }
      let taken = held.remove(at: Int.random(in: 0..<held.count, using: &generator))
      let length = UInt32(completed % 65)
      rig.ring.use(taken, written: length)
      let completion = try rig.queue.nextCompletion()
      guard let completion, completion.chain.id == Int(taken.head),
        completion.writtenByteCount == length
      else {
        Issue.record("\(taken) came back as \(String(describing: completion)) after \(completed)")
        return
      }
      idle.append(completion.chain)
      completed += 1
    }
    #expect(rig.queue.outstandingCount == held.count)
    #expect(rig.ring.publishedIndex == UInt16(truncatingIfNeeded: submitted))
    #expect(rig.transport.journal.ringCount(of: 0) == submitted)
  }

  @Test("a batch that straddles the wrap arrives whole")
  func batch() throws {
    var rig = try QueueRig<4>()
    let chains = try (0..<4).map { number in try rig.readableChain(number) }
    for round in 0..<21_900 {
      for chain in chains[..<3] { try rig.queue.enqueue(chain, readableByteCount: 1) }
      rig.queue.publish()
      var heads: [UInt16] = []
      while let taken = rig.ring.nextChain() { heads.append(taken.head) }
      for head in heads.reversed() { rig.ring.use(UInt32(head)) }
      var back: [Int] = []
      while let completion = try rig.queue.nextCompletion() { back.append(completion.chain.id) }
      guard heads == [0, 1, 2], back == [2, 1, 0] else {
        Issue.record("round \(round): \(heads) went, \(back) came back")
        return
      }
    }
    #expect(rig.queue.outstandingCount == 0)
  }

  @Test("M09: queues of 1, 2 and 4 entries work")
  func small() throws {
    try run(QueueRig<1>())
    try run(QueueRig<2>())
    try run(QueueRig<4>())
  }

  @Test("a device with less room than the driver wants gets a smaller queue", arguments: [1, 2, 5])
  func negotiatedDown(_ room: UInt16) throws {
    let rig = try QueueRig<16>(size: room)
    #expect(rig.queue.size == (room == 5 ? 4 : Int(room)))
    #expect(rig.ring.placement.maximumSize == room)
    try run(rig)
  }

  /// Fills the queue and empties it again, many times.
  private func run<let capacity: Int>(_ rig: consuming QueueRig<capacity>) throws {
    let size = rig.queue.size
    let chains = try (0..<size).map { number in try rig.readableChain(number) }
    let tooMany = failure {
      () throws(QueueError) in
      try rig.queue.makeChain(readable: QueueRig<capacity>.segment(size), writable: nil)
    }
    #expect(tooMany == .full)
    for _ in 0..<9 {
      let taken = try chains.map { chain in try rig.submit(chain) }
      #expect(taken.map { Int($0.head) } == chains.map(\.id))
      #expect(rig.queue.outstandingCount == size)
      for chain in taken { rig.ring.use(chain) }
      for chain in chains { #expect(try rig.queue.nextCompletion()?.chain == chain) }
      #expect(try rig.queue.nextCompletion() == nil)
    }
  }
}
