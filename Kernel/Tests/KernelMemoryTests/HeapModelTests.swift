import KernelMemory
import Testing

@Suite("Heap against a model")
struct HeapModelTests {
  /// What the model knows of a block: where, how long, and what its owner wrote there.
  private struct Owned {
    var address: UInt
    var byteCount: Int
    var tag: UInt8
  }

  private func request(_ random: inout Sequence) -> (byteCount: Int, alignment: Int) {
    let byteCount = random.number(below: 1 << random.number(below: 13))
    let alignment = random.number(below: 10) == 0 ? 1 << random.number(below: 13) : 16
    return (byteCount, alignment)
  }

  /// Every block is written from end to end, and must hold the same when it is freed: none overlaps
  /// another, nor anything of the heap's.
  private func run<Checking: HeapChecking>(
    _: Checking.Type, seed: UInt64, operations: Int
  ) throws {
    var random = Sequence(state: seed)
    let memory = Memory(pageCount: 25)
    var heap = try Heap<PageAllocator, Checking>(memory)
    let pages = heap.source.freePageCount
    var blocks: [Owned] = []
    var refused = 0
    func disagree(_ operation: Int) { Issue.record("the model disagrees at \(operation)") }

    for operation in 1...operations {
      if random.number(below: 100) < (operation / 2000 % 2 == 0 ? 60 : 40) {
        let (byteCount, alignment) = request(&random)
        switch outcome({ () throws(HeapError) in
          try heap.allocate(byteCount: byteCount, alignment: alignment)
        }) {
        case .success(let address):
          guard address % UInt(max(alignment, 16)) == 0 else { return disagree(operation) }
          let tag = UInt8(truncatingIfNeeded: operation)
          memory.fill(address, byteCount: byteCount, with: tag)
          blocks.append(Owned(address: address, byteCount: byteCount, tag: tag))
        case .failure(let error):
          refused += 1
          // No free block is surely large enough, and there are no pages for another.
          let needed = byteCount + 48 + (alignment > 16 ? alignment + 16 : 0)
          guard error == .exhausted(byteCount: byteCount),
            heap.statistics.largestFreeBlock < needed
          else { return disagree(operation) }
        }
      } else if !blocks.isEmpty {
        let block = blocks.swapRemove(at: random.number(below: blocks.count))
        guard memory.holds(block.tag, at: block.address, byteCount: block.byteCount) else {
          return disagree(operation)
        }
        try heap.free(block.address)
      }
      if operation % 5000 == 0 {
        guard heap.statistics.allocationCount == blocks.count else { return disagree(operation) }
        if let violation = heap.violation(in: memory) {
          Issue.record("\(violation) at \(operation)")
          return
        }
      }
    }
    #expect(refused > 100)
    for block in blocks { try heap.free(block.address) }
    #expect(heap.statistics.regionCount == 0 && heap.source.freePageCount == pages)
    #expect(heap.violation(in: memory) == nil)
  }

  @Test("S2: 1,000,000 operations", arguments: [UInt64(1), 2, 3, 4]) func random(_ seed: UInt64)
    throws
  {
    try run(UncheckedHeap.self, seed: seed, operations: 250_000)
  }

  @Test("S2: 100,000 operations, with poison and canaries", arguments: [UInt64(5), 6])
  func checked(_ seed: UInt64) throws {
    try run(CheckedHeap.self, seed: seed, operations: 50_000)
  }

  /// The plainest allocator: a list of blocks in order, searched from end to end.
  private struct Plain {
    var blocks: [(address: UInt, byteCount: Int, isFree: Bool)]

    mutating func allocate(_ byteCount: Int) -> UInt? {
      let size = max(32, (byteCount + 31) / 16 * 16)
      let fits = blocks.indices.filter { blocks[$0].isFree && blocks[$0].byteCount >= size }
      guard let best = fits.min(by: { blocks[$0].byteCount < blocks[$1].byteCount }) else {
        return nil
      }
      let (address, whole, _) = blocks[best]
      blocks[best].isFree = false
      if whole - size >= 32 {
        blocks[best].byteCount = size
        blocks.insert((address + UInt(size), whole - size, true), at: best + 1)
      }
      return address + 16
    }

    mutating func free(_ address: UInt) {
      guard let index = blocks.firstIndex(where: { $0.address + 16 == address }) else { return }
      blocks[index].isFree = true
      for left in [index, index - 1]
      where left >= 0 && left + 1 < blocks.count && blocks[left].isFree && blocks[left + 1].isFree {
        blocks[left].byteCount += blocks.remove(at: left + 1).byteCount
      }
    }
  }

  @Test("S2: 20,000 operations: every address is that of the plainest best fit") func bestFit()
    throws
  {
    var random = Sequence(state: 9)
    let memory = Memory(pageCount: 17)
    var heap = try PlainHeap(memory)
    // The first block stays, so that the region does, too: the only one that there is room for.
    let kept = try heap.allocate(byteCount: 16)
    var plain = Plain(blocks: [
      (kept - 16, 32, false), (kept + 16, heap.statistics.bytesFree, true),
    ])
    var owned: [UInt] = []
    for operation in 0..<20_000 {
      if random.number(below: 100) < (operation / 500 % 2 == 0 ? 65 : 40) {
        let byteCount = random.number(below: 1 << random.number(below: 12))
        let address = try? heap.allocate(byteCount: byteCount)
        guard address == plain.allocate(byteCount) else {
          Issue.record("another block at \(operation)")
          return
        }
        if let address { owned.append(address) }
      } else if !owned.isEmpty {
        let address = owned.swapRemove(at: random.number(below: owned.count))
        try heap.free(address)
        plain.free(address)
      }
    }
    #expect(heap.statistics.failedCount > 100)
    #expect(heap.violation(in: memory) == nil)
  }

  #if DEBUG && canImport(Glibc)
  /// The greatest number of blocks passed in one operation while so many are outstanding, with
  /// a free block of any size behind each.
  private func cost(outstanding: Int) throws -> Int {
    let memory = try #require(Memory(sparsePageCount: 1 << 16))
    var heap = try PlainHeap(memory)
    var random = Sequence(state: 3)
    var holes: [UInt] = []
    for _ in 0..<outstanding {
      _ = try heap.allocate(byteCount: 16)
      holes.append(try heap.allocate(byteCount: random.number(below: 600)))
    }
    for hole in holes { try heap.free(hole) }
    var greatest = 0
    for _ in 0..<2000 {
      let before = heap.visitCount
      let address = try heap.allocate(
        byteCount: random.number(below: 1000), alignment: 16 << random.number(below: 4))
      let middle = heap.visitCount
      try heap.free(address)
      greatest = max(greatest, middle - before, heap.visitCount - middle)
    }
    return greatest
  }

  @Test("S2: the cost is logarithmic: 100,000 blocks outstanding against 10") func logarithmic()
    throws
  {
    let few = try cost(outstanding: 10)
    let many = try cost(outstanding: 100_000)
    // log2 of 100,000 is 17: a treap is some 2.5 times as deep, and is searched up to four times.
    #expect(few <= 40 && many <= 170, "\(few) and \(many)")
  }
  #endif
}
