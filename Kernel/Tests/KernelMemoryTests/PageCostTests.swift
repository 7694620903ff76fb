import KernelMemory
import Testing

#if DEBUG && canImport(Glibc)
@Suite("What pages cost")
struct PageCostTests {
  /// The records touched by allocating and freeing while so many runs are outstanding, every other
  /// of them with free pages behind it: at most, and by a thousand.
  private func cost(outstanding: Int, _ body: (inout PageAllocator) -> Void) throws -> Int {
    let memory = try #require(Memory(sparsePageCount: 1 << 20))
    var pages = try memory.allocator()
    var random = Sequence(state: 7)
    var gaps: [UInt64] = []
    for _ in 0..<outstanding {
      _ = try pages.allocate(pageCount: 1 + random.number(below: 4))
      gaps.append(try pages.allocate(pageCount: 1 + random.number(below: 4)).address)
    }
    for gap in gaps { try pages.free(gap) }
    let before = pages.recordAccessCount
    body(&pages)
    return pages.recordAccessCount - before
  }

  private func costOfMixture(outstanding: Int) throws -> (greatest: Int, sum: Int) {
    var greatest = 0
    let sum = try cost(outstanding: outstanding) { pages in
      var random = Sequence(state: 3)
      for _ in 0..<1000 {
        let count = 1 + random.number(below: 40)
        let alignment = 4096 << max(0, random.number(below: 12) - 6)
        let before = pages.recordAccessCount
        guard let run = try? pages.allocate(pageCount: count, alignment: alignment) else {
          Issue.record("refused")
          return
        }
        let middle = pages.recordAccessCount
        #expect((try? pages.free(run.address)) != nil)
        greatest = max(greatest, middle - before, pages.recordAccessCount - middle)
      }
    }
    return (greatest, sum)
  }

  @Test("S3: as many records are touched with 100,000 runs outstanding as with 10") func flat()
    throws
  {
    let few = try costOfMixture(outstanding: 10)
    let many = try costOfMixture(outstanding: 100_000)
    #expect(few.greatest <= 32 && many.greatest <= 32, "\(few) \(many)")
    #expect(many.sum * 10 <= few.sum * 12, "\(few) \(many)")
  }

  @Test("S3: a refusal costs no more than a look at 32 runs") func refusal() throws {
    // Nothing but gaps of up to four pages is left, and they are 200,000.
    let cost = try cost(outstanding: 100_000) { pages in
      while (try? pages.allocate(pageCount: 5)) != nil {}
      let before = pages.recordAccessCount
      #expect((try? pages.allocate(pageCount: 4, alignment: 64 << 20)) == nil)
      #expect(pages.recordAccessCount - before <= 32)
    }
    #expect(cost > 0)
  }
}
#endif
