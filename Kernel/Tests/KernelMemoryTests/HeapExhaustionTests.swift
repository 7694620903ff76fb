import KernelMemory
import Testing

@Suite("A heap whose pages run out")
struct HeapExhaustionTests {
  /// Pages of which two requests in a row are refused: a heap asks for more than it needs first.
  private struct FailingPages: PageSource, ~Copyable {
    var pages: PageAllocator
    var untilRefusal: Int

    mutating func take(pageCount: Int) throws(PageError) -> PageRun {
      untilRefusal -= 1
      guard untilRefusal >= 0 || untilRefusal < -2 else { throw .exhausted(pageCount: pageCount) }
      return try pages.take(pageCount: pageCount)
    }

    mutating func give(_ run: PageRun) throws(PageError) { try pages.give(run) }

    mutating func run(taken address: UInt64) -> PageRun? { pages.run(taken: address) }
  }

  @Test("S2: wherever pages run out, one request fails, and nothing is lost") func sweep() throws {
    let memory = Memory(pageCount: 512)
    var refusals = 0
    for number in 0..<24 {
      let source = FailingPages(pages: try memory.allocator(), untilRefusal: number)
      let total = source.pages.freePageCount
      var heap = Heap<FailingPages, CheckedHeap>(source: source)
      var blocks: [UInt] = []
      for step in 1...40 {
        let before = heap.statistics
        let free = heap.source.pages.freePageCount
        do throws(HeapError) {
          blocks.append(try heap.allocate(byteCount: step * 997, alignment: 16 << (step % 9)))
        } catch {
          #expect(error == .exhausted(byteCount: step * 997))
          let after = heap.statistics
          #expect(after.failedCount == before.failedCount + 1)
          #expect(after.bytesFree == before.bytesFree && after.bytesInUse == before.bytesInUse)
          #expect(heap.source.pages.freePageCount == free)
          refusals += 1
        }
      }
      for block in blocks { try heap.free(block) }
      #expect(heap.source.pages.freePageCount == total)
      #expect(heap.statistics.bytesFree == 0 && heap.statistics.regionCount == 0)
    }
    #expect(refusals >= 10)
  }
}
