import KernelMemory
import Testing

@Suite("Misuse of a heap")
struct HeapErrorTests {
  private func fault<Checking: HeapChecking>(
    freeing address: UInt, in heap: inout Heap<PageAllocator, Checking>
  ) -> HeapError? {
    do throws(HeapError) {
      try heap.free(address)
      return nil
    } catch {
      return error
    }
  }

  @Test("S2: requests that make no sense") func requests() throws {
    let memory = Memory(pageCount: 64)
    var heap = try PlainHeap(memory)
    for (byteCount, alignment) in [(-1, 16), (.min, 16), (8, 0), (8, 3), (8, -16), (8, 8192)] {
      #expect(
        failure { () throws(HeapError) in
          _ = try heap.allocate(byteCount: byteCount, alignment: alignment)
        } == .invalidRequest)
    }
    #expect(heap.statistics == HeapStatistics())
  }

  private func frees<Checking: HeapChecking>(_: Checking.Type) throws {
    let memory = Memory(pageCount: 64)
    var heap = try Heap<PageAllocator, Checking>(memory)
    let other = try heap.source.allocate(pageCount: 1)
    let blocks = try (0..<5).map { _ in try heap.allocate(byteCount: 100) }
    for block in blocks { memory.fill(block, byteCount: 100, with: 0x11) }
    let before = heap.statistics

    #expect(fault(freeing: blocks[1] + 8, in: &heap) == .misaligned(address: blocks[1] + 8))
    for inside in [blocks[1] + 16, blocks[1] + 96, blocks[2] - 16] {
      let block = inside == blocks[2] - 16 ? blocks[2] : blocks[1]
      #expect(
        fault(freeing: inside, in: &heap) == .insideBlock(address: inside, block: block))
    }
    let region = try heap.source.run(holding: UInt64(blocks[0]))
    let (start, end) = (UInt(region.address), UInt(region.address) + UInt(region.byteCount))
    #expect(
      fault(freeing: start, in: &heap) == .insideBlock(address: start, block: blocks[0]))
    #expect(fault(freeing: end - 16, in: &heap) == .foreign(address: end - 16))
    for foreign in [0, end, UInt(other.address), UInt.max - 15] {
      #expect(fault(freeing: foreign, in: &heap) == .foreign(address: foreign))
    }
    let never = blocks[4] + 4096
    #expect(fault(freeing: never, in: &heap) == .alreadyFree(address: never))
    #expect(heap.statistics == before && heap.violation(in: memory) == nil)

    // Whatever the neighbours became, a second free is one.
    for index in [1, 3, 2] {
      #expect(fault(freeing: blocks[index], in: &heap) == nil)
      for freed in [1, 3, 2].prefix(through: [1, 3, 2].firstIndex(of: index) ?? 0) {
        #expect(
          fault(freeing: blocks[freed], in: &heap) == .alreadyFree(address: blocks[freed]))
      }
    }
    #expect(heap.violation(in: memory) == nil)
    try heap.free(blocks[0])
    try heap.free(blocks[4])
    #expect(fault(freeing: blocks[0], in: &heap) == .foreign(address: blocks[0]))
  }

  @Test("M15, S2: double, foreign, misaligned and inner frees are named") func frees() throws {
    try frees(UncheckedHeap.self)
    try frees(CheckedHeap.self)
  }

  @Test("M15, S2: overwritten headers are noticed: its own, the next, the one before")
  func corrupted()
    throws
  {
    let memory = Memory(pageCount: 64)
    for offset: UInt in 0..<16 {
      var heap = try PlainHeap(memory)
      let blocks = try (0..<4).map { _ in try heap.allocate(byteCount: 48) }
      let before = heap.statistics
      let byte = blocks[2] - 16 + offset
      let old = memory[byte]
      memory[byte] = old ^ 0x40
      for index in 1...3 {
        #expect(fault(freeing: blocks[index], in: &heap) == .corrupted(address: blocks[2]))
      }
      #expect(heap.statistics == before)
      memory[byte] = old
      for block in blocks { #expect(fault(freeing: block, in: &heap) == nil) }
    }
  }

  @Test("S2: overwritten headers of free blocks are noticed when they are used")
  func corruptedFree()
    throws
  {
    let memory = Memory(pageCount: 64)
    var heap = try PlainHeap(memory)
    let blocks = try (0..<3).map { _ in try heap.allocate(byteCount: 48) }
    try heap.free(blocks[1])
    for (address, named) in [(blocks[1] - 8, blocks[1]), (blocks[2] - 8, blocks[2])] {
      let old = memory[address]
      memory[address] = old ^ 1
      #expect(
        failure { () throws(HeapError) in _ = try heap.allocate(byteCount: 48) }
          == .corrupted(address: named))
      memory[address] = old
    }
    #expect(try heap.allocate(byteCount: 48) == blocks[1])
  }

  @Test("S2: canaries: one byte behind the end is noticed") func overrun() throws {
    let memory = Memory(pageCount: 64)
    var heap = try GuardedHeap(memory)
    for byteCount in [0, 1, 15, 16, 17, 100] {
      let block = try heap.allocate(byteCount: byteCount)
      _ = try heap.allocate(byteCount: 1)
      for behind in [0, 7, 15] {
        let byte = block + UInt(byteCount + behind)
        let old = memory[byte]
        memory[byte] = 0
        #expect(fault(freeing: block, in: &heap) == .overrun(address: block))
        memory[byte] = old
      }
      #expect(fault(freeing: block, in: &heap) == nil)
    }
    #expect(heap.violation(in: memory) == nil)
  }

  @Test("S2: poison: a write to free memory is noticed") func writtenWhileFree() throws {
    let memory = Memory(pageCount: 64)
    var heap = try GuardedHeap(memory)
    let block = try heap.allocate(byteCount: 200)
    _ = try heap.allocate(byteCount: 1)
    memory.fill(block, byteCount: 200, with: 0)
    try heap.free(block)
    #expect(memory.holds(0xDB, at: block + 16, byteCount: 184))
    memory[block + 100] = 1
    #expect(heap.violation(in: memory) == "a free block was written to")
    #expect(
      failure { () throws(HeapError) in _ = try heap.allocate(byteCount: 200) }
        == .writtenWhileFree(address: block))
    memory[block + 100] = 0xDB
    #expect(try heap.allocate(byteCount: 200) == block)
  }

  @Test("S2: an unchecked heap writes nothing to what is free or behind a block") func unchecked()
    throws
  {
    let memory = Memory(pageCount: 64)
    var heap = try PlainHeap(memory)
    let block = try heap.allocate(byteCount: 200)
    let stop = try heap.allocate(byteCount: 200)
    #expect(stop - block == 224)
    memory.fill(block, byteCount: 208, with: 0x33)
    try heap.free(block)
    #expect(memory.holds(0x33, at: block + 16, byteCount: 192))
  }
}
