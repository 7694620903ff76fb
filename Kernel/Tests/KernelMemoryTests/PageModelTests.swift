import KernelMemory
import Testing

@Suite("Pages against a model")
struct PageModelTests {
  /// The model: who owns each page, by number; 0 for free, -1 for never to be had.
  private struct Model {
    let start: UInt64
    var owners: [Int]

    init(_ memory: Memory) {
      start = memory.bounds.lowerBound
      owners = Array(repeating: -1, count: Int(memory.bounds.upperBound - start) / 4096)
    }

    func pages(of run: PageRun) -> Range<Int> {
      let first = Int(run.address - start) / 4096
      return first..<first + run.pageCount
    }

    /// Gives pages to another owner; false if one was not this one's.
    mutating func move(_ run: PageRun, from old: Int, to new: Int) -> Bool {
      let pages = pages(of: run)
      // A loop of the plainest kind: it runs ten million times, unoptimised.
      var page = pages.lowerBound
      while page < pages.upperBound {
        guard owners[page] == old else { return false }
        owners[page] = new
        page += 1
      }
      return true
    }

    /// The length of the longest run of free pages, counted from multiples of `alignment` on.
    func longest(_ alignment: Int) -> Int {
      var (longest, current) = (0, 0)
      for (page, owner) in owners.enumerated() {
        if owner != 0 {
          current = 0
        } else if current > 0 || (start + UInt64(page) * 4096) % UInt64(alignment) == 0 {
          current += 1
          longest = max(longest, current)
        }
      }
      return longest
    }
  }

  /// What is asked for: mostly little, now and then much, in one of ten cases aligned.
  private func request(_ random: inout Sequence) -> (pageCount: Int, alignment: Int) {
    let pageCount = 1 + random.number(below: 1 << random.number(below: 7))
    let alignment = random.number(below: 10) == 0 ? 4096 << random.number(below: 7) : 4096
    return (pageCount, alignment)
  }

  /// Whether the model agrees that there was nothing.
  private func mayRefuse(_ pageCount: Int, _ alignment: Int, _ model: Model) -> Bool {
    // An eighth more than was asked for, and what the alignment skips, is always found.
    let needed = pageCount < 16 ? pageCount : pageCount + pageCount / 8 + 1
    return model.longest(4096) < needed + alignment / 4096 - 1
  }

  @Test("S3: 1,000,000 operations", arguments: [UInt64(1), 2, 3, 4]) func random(_ seed: UInt64)
    throws
  {
    var random = Sequence(state: seed)
    let memory = Memory(pageCount: 512)
    let banks = [memory.pages(0..<200), memory.pages(201..<330), memory.pages(400..<512)]
    let reserved = [memory.pages(90..<93), memory.pages(250..<251), memory.pages(500..<600)]
    var pages = try PageAllocator(banks: banks.span, reserved: reserved.span)

    var model = Model(memory)
    let total = pages.freePageCount
    var runs: [(run: PageRun, tag: Int)] = []
    while pages.freePageCount > 0 { runs.append((try pages.allocate(pageCount: 1), 1)) }
    for (run, _) in runs {
      let isFirst = model.move(run, from: -1, to: 0)
      #expect(isFirst)
      try pages.free(run.address)
    }
    runs = []
    var (taken, refused, tight) = (0, 0, 0)
    func disagree(_ operation: Int) { Issue.record("the model disagrees at \(operation)") }

    for operation in 1...250_000 {
      // Waves of taking and giving back, so that memory is near empty and near full in turn.
      if random.number(below: 100) < (operation / 500 % 2 == 0 ? 70 : 35) {
        let (pageCount, alignment) = request(&random)
        switch outcome({ () throws(PageError) in
          try pages.allocate(pageCount: pageCount, alignment: alignment)
        }) {
        case .success(let run):
          guard run.pageCount == pageCount, run.address % UInt64(alignment) == 0,
            model.move(run, from: 0, to: operation)
          else { return disagree(operation) }
          if operation % 8 == 0 { memory.fill(run) }
          runs.append((run, operation))
          taken += pageCount
        case .failure(let error):
          refused += 1
          guard error == .exhausted(pageCount: pageCount) else { return disagree(operation) }
          guard refused % 64 == 0 else { break }
          guard mayRefuse(pageCount, alignment, model) else { return disagree(operation) }
          if model.longest(alignment) >= pageCount { tight += 1 }
        }
      } else if !runs.isEmpty {
        let (run, tag) = runs.swapRemove(at: random.number(below: runs.count))
        try pages.free(run.address)
        taken -= run.pageCount
        guard model.move(run, from: tag, to: 0) else { return disagree(operation) }
        if operation % 8 == 0 {
          let again = failure { () throws(PageError) in try pages.free(run.address) }
          guard again == .alreadyFree(address: run.address) else { return disagree(operation) }
        }
      }
      guard pages.freePageCount == total - taken else { return disagree(operation) }
      if operation % 2500 == 0, let violation = pages.invariantViolation() {
        Issue.record("\(violation) at \(operation)")
        return
      }
    }
    #expect(refused > 100)
    // Refusals of what would just have fitted are rare.
    #expect(tight * 20 <= refused / 64, "\(tight) of \(refused / 64)")
    for (run, _) in runs { try pages.free(run.address) }
    #expect(pages.freePageCount == total)
    #expect(pages.invariantViolation() == nil)
    // All is one run again in each place: the longest of them can be had.
    #expect(try pages.allocate(pageCount: 107).pageCount == 107)
  }

  #if canImport(Glibc)
  @Test("S3: 64 GiB: making an allocator touches little of its 194 MiB of records") func large()
    throws
  {
    let memory = try #require(Memory(sparsePageCount: 64 << 18))
    var pages = try memory.allocator()
    // Pages of the process's memory that are in use, counted in the records alone.
    let resident = try #require(memory.residentCount(of: 49_665))
    #expect(resident < 600)
    let run = try pages.allocate(pageCount: 8192, alignment: 2 << 20)
    #expect(run.address % (2 << 20) == 0)
    try pages.free(run.address)
    #expect(pages.freePageCount == (64 << 18) - 49_665)
  }
  #endif
}
