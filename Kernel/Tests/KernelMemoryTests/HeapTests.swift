import KernelMemory
import Testing

@Suite("Heap")
struct HeapTests {
  @Test("S2: blocks are the caller's from end to end, at every alignment") func alignment() throws {
    let memory = Memory(pageCount: 256)
    var heap = try GuardedHeap(memory)
    var blocks: [(address: UInt, byteCount: Int, tag: UInt8)] = []
    for shift in [0, 1, 3, 4, 5, 6, 8, 11, 12] {
      for byteCount in [0, 1, 15, 16, 17, 100, 4096, 5000] {
        let address = try heap.allocate(byteCount: byteCount, alignment: 1 << shift)
        #expect(address % UInt(max(16, 1 << shift)) == 0)
        let tag = UInt8(blocks.count)
        memory.fill(address, byteCount: byteCount, with: tag)
        blocks.append((address, byteCount, tag))
      }
    }
    #expect(heap.violation(in: memory) == nil)
    #expect(heap.statistics.allocationCount == blocks.count)
    for block in blocks {
      #expect(memory.holds(block.tag, at: block.address, byteCount: block.byteCount))
      try heap.free(block.address)
    }
    #expect(heap.violation(in: memory) == nil)
  }

  @Test("S2: what is aligned to a page fits where it fitted before") func aligned() throws {
    let memory = Memory(pageCount: 64)
    var heap = try PlainHeap(memory)
    let first = try heap.allocate(byteCount: 4096, alignment: 4096)
    let stop = try heap.allocate(byteCount: 16)
    try heap.free(first)
    #expect(try heap.allocate(byteCount: 4096, alignment: 4096) == first)
    try heap.free(stop)
    try heap.free(first)
    #expect(heap.statistics.regionCount == 0)
  }

  @Test("S2: the smallest free block that is large enough is used") func bestFit() throws {
    let memory = Memory(pageCount: 64)
    var heap = try PlainHeap(memory)
    var holes: [Int: UInt] = [:]
    for byteCount in [1000, 200, 3000, 500, 496, 2000] {
      holes[byteCount] = try heap.allocate(byteCount: byteCount)
      _ = try heap.allocate(byteCount: 1)
    }
    for hole in holes.values { try heap.free(hole) }
    #expect(try heap.allocate(byteCount: 490) == holes[496])
    #expect(try heap.allocate(byteCount: 497) == holes[500])
    #expect(try heap.allocate(byteCount: 1500) == holes[2000])
    #expect(try heap.allocate(byteCount: 2900) == holes[3000])
    #expect(try heap.allocate(byteCount: 900) == holes[1000])
    #expect(heap.violation(in: memory) == nil)
  }

  @Test("S2: neighbours join, before and behind") func coalescing() throws {
    let memory = Memory(pageCount: 64)
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
      var heap = try PlainHeap(memory)
      let blocks = try (0..<3).map { _ in try heap.allocate(byteCount: 1008) }
      let stop = try heap.allocate(byteCount: 16)
      for index in order {
        try heap.free(blocks[index])
        #expect(heap.violation(in: memory) == nil)
      }
      #expect(try heap.allocate(byteCount: 3 * 1024 - 16) == blocks[0])
      try heap.free(blocks[0])
      try heap.free(stop)
      #expect(heap.statistics.bytesFree == 0 && heap.statistics.regionCount == 0)
    }
  }

  @Test("S2: no half of the memory is lost to holes in the other half") func fragmentation() throws
  {
    let memory = Memory(pageCount: 129)
    var heap = try PlainHeap(memory)
    var blocks: [UInt] = []
    while let block = try? heap.allocate(byteCount: 112) { blocks.append(block) }
    for (index, block) in blocks.enumerated() where index % 2 == 0 { try heap.free(block) }
    let holes = (blocks.count + 1) / 2
    // What fits into holes is found there, all of them are used again, and not one byte more.
    for _ in 0..<holes { _ = try heap.allocate(byteCount: 100) }
    #expect(heap.statistics.failedCount == 1)
    #expect(
      failure { () throws(HeapError) in _ = try heap.allocate(byteCount: 100) }
        == .exhausted(byteCount: 100))
    #expect(heap.violation(in: memory) == nil)
  }

  @Test("S2: out of memory is an error, and nothing is lost") func exhaustion() throws {
    let memory = Memory(pageCount: 64)
    var heap = try GuardedHeap(memory)
    let pages = heap.source.freePageCount
    let kept = try heap.allocate(byteCount: 32)
    let before = heap.statistics
    for byteCount in [pages * 4096, 1 << 30, 33 << 30, Int.max] {
      #expect(
        failure { () throws(HeapError) in _ = try heap.allocate(byteCount: byteCount) }
          == .exhausted(byteCount: byteCount))
    }
    var after = heap.statistics
    #expect(after.failedCount == 4)
    after = heap.statistics
    #expect(after.bytesInUse == before.bytesInUse && after.bytesFree == before.bytesFree)
    #expect(heap.violation(in: memory) == nil)
    try heap.free(kept)

    var blocks: [UInt] = []
    while let block = try? heap.allocate(byteCount: 3000, alignment: 64) { blocks.append(block) }
    #expect(blocks.count > pages)
    #expect(heap.violation(in: memory) == nil)
    for block in blocks { try heap.free(block) }
    #expect(heap.source.freePageCount == pages)
  }

  @Test("S2: the last pages are used though a whole region is not left") func lastPages() throws {
    let memory = Memory(pageCount: 8)
    var heap = try PlainHeap(memory)
    #expect(heap.source.freePageCount == 7)
    // A region's first header and its last take 16 bytes each.
    let all = try heap.allocate(byteCount: 7 * 4096 - 32)
    #expect(heap.source.freePageCount == 0 && heap.statistics.bytesFree == 0)
    try heap.free(all)
    #expect(heap.source.freePageCount == 7)
    #expect(
      failure { () throws(HeapError) in _ = try heap.allocate(byteCount: 7 * 4096 - 31) }
        == .exhausted(byteCount: 7 * 4096 - 31))
  }

  @Test("S2: pages in which nothing is left go back") func regions() throws {
    let memory = Memory(pageCount: 256)
    var heap = try GuardedHeap(memory)
    let pages = heap.source.freePageCount
    let small = try (0..<3).map { _ in try heap.allocate(byteCount: 30_000) }
    let large = try heap.allocate(byteCount: 200_000)
    #expect(heap.statistics.regionCount == 3)
    let run = try heap.source.run(holding: UInt64(large))
    #expect(run.owner == .heap && run.pageCount == 49)
    try heap.free(large)
    #expect(heap.statistics.regionCount == 2)
    #expect(try heap.source.owner(of: run.address) == nil)
    for block in small.reversed() { try heap.free(block) }
    #expect(heap.statistics.regionCount == 0 && heap.source.freePageCount == pages)
  }

  @Test("S2: pages that are lent stay with the heap") func lentRegion() throws {
    let memory = Memory(pageCount: 64)
    var heap = try PlainHeap(memory)
    let block = try heap.allocate(byteCount: 100)
    let region = try heap.source.run(holding: UInt64(block)).address
    try heap.source.lend(region, to: .device(1))
    try heap.free(block)
    #expect(heap.statistics.regionCount == 1 && heap.violation(in: memory) == nil)
    try heap.source.reclaim(region, from: .device(1))
    #expect(try heap.allocate(byteCount: 100) == block)
    try heap.free(block)
    #expect(heap.statistics.regionCount == 0)
  }

  @Test("S2: statistics") func statistics() throws {
    let memory = Memory(pageCount: 64)
    var heap = try PlainHeap(memory)
    #expect(heap.statistics == HeapStatistics())
    let first = try heap.allocate(byteCount: 1000)
    let second = try heap.allocate(byteCount: 2000)
    var now = heap.statistics
    #expect(now.bytesInUse == 1024 + 2016 && now.allocationCount == 2 && now.regionCount == 1)
    #expect(now.bytesFree == 16 * 4096 - 16 - now.bytesInUse)
    #expect(now.largestFreeBlock == now.bytesFree && now.highWater == now.bytesInUse)
    try heap.free(first)
    now = heap.statistics
    #expect(now.bytesInUse == 2016 && now.highWater == 3040 && now.allocationCount == 1)
    #expect(now.largestFreeBlock == now.bytesFree - 1024 && now.failedCount == 0)
    try heap.free(second)
    now = heap.statistics
    #expect(now.bytesInUse == 0 && now.bytesFree == 0 && now.highWater == 3040)
  }

  @Test("S2: typed arrays") func arrays() throws {
    let memory = Memory(pageCount: 64)
    var heap = try GuardedHeap(memory)
    var numbers = try heap.makeArray(repeating: UInt32(7), count: 1000)
    #expect(numbers.address % 4 == 0 && numbers.count == 1000)
    var values = numbers.mutableSpan
    values[999] = 9
    let (first, last) = (numbers.span[0], numbers.span[999])
    #expect(first == 7 && last == 9)
    let vectors = try heap.makeArray(repeating: SIMD16<Float>(repeating: 1), count: 3)
    #expect(vectors.address % UInt(MemoryLayout<SIMD16<Float>>.alignment) == 0)
    try heap.free(vectors)
    try heap.free(numbers)
    let empty = try heap.makeArray(repeating: UInt8(0), count: 0)
    try heap.free(empty)
    for (count, error) in [
      (-1, HeapError.invalidRequest), (.max, .invalidRequest),
      (1 << 40, .exhausted(byteCount: 1 << 43)),
    ] {
      #expect(
        failure { () throws(HeapError) in
          let array = try heap.makeArray(repeating: UInt64(0), count: count)
          try heap.free(array)
        } == error)
    }
    #expect(heap.statistics.regionCount == 0)
  }
}
