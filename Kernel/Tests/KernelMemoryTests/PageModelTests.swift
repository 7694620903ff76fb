import KernelMemory
import Testing

#if canImport(Glibc)
import Glibc
#endif

@Suite("Pages against a model")
struct PageModelTests {
  /// The model: who owns each page.
  private struct Model {
    var owners: [UInt64: Int] = [:]
    var free: Set<UInt64>

    mutating func take(_ run: PageRun, for owner: Int) -> Bool {
      (0..<run.pageCount).allSatisfy { index in
        let page = run.address + UInt64(index) * 4096
        guard free.remove(page) != nil else { return false }
        owners[page] = owner
        return true
      }
    }

    mutating func give(_ run: PageRun, of owner: Int) -> Bool {
      (0..<run.pageCount).allSatisfy { index in
        let page = run.address + UInt64(index) * 4096
        guard owners.removeValue(forKey: page) == owner else { return false }
        return free.insert(page).inserted
      }
    }

    /// Whether so many free pages follow each other at the alignment.
    func holds(_ pageCount: Int, _ alignment: Int) -> Bool {
      free.contains { page in
        page % UInt64(alignment) == 0
          && (0..<pageCount).allSatisfy { free.contains(page + UInt64($0) * 4096) }
      }
    }
  }

  @Test("S3: 100,000 operations", arguments: [UInt64(1), 2, 3, 4]) func random(_ seed: UInt64)
    throws
  {
    var random = Sequence(state: seed)
    let memory = Memory(pageCount: 512)
    let banks = [memory.pages(0..<200), memory.pages(201..<330), memory.pages(400..<512)]
    let reserved = [memory.pages(90..<93), memory.pages(250..<251), memory.pages(500..<600)]
    var pages = try PageAllocator(banks: banks.span, reserved: reserved.span)

    var model = Model(free: [])
    let total = pages.freePageCount
    while pages.freePageCount > 0 { model.free.insert(try pages.allocate(pageCount: 1).address) }
    for page in model.free { try pages.free(page) }
    #expect(model.free.count == total && pages.freePageCount == total)

    var runs: [(run: PageRun, owner: Int)] = []
    var refused = 0
    var isSound = true
    for operation in 0..<25_000 {
      // Waves of taking and giving back, so that memory is near empty and near full in turn.
      let taking = operation / 500 % 2 == 0 ? 70 : 35
      if Int.random(in: 0..<100, using: &random) < taking {
        let count = 1 << Int.random(in: 0...6, using: &random)
        let pageCount = Int.random(in: 1...count, using: &random)
        let alignment = 4096 << max(0, Int.random(in: -8...6, using: &random))
        switch outcome({ () throws(PageError) in
          try pages.allocate(pageCount: pageCount, alignment: alignment)
        }) {
        case .success(let run):
          isSound = isSound && run.pageCount == pageCount && run.address % UInt64(alignment) == 0
          isSound = isSound && model.take(run, for: operation)
          memory.fill(run)
          runs.append((run, operation))
        case .failure(let error):
          refused += 1
          isSound = isSound && error == .exhausted(pageCount: pageCount)
          isSound = isSound && !model.holds(pageCount, alignment)
        }
      } else if !runs.isEmpty {
        let (run, owner) = runs.swapRemove(at: Int.random(in: runs.indices, using: &random))
        try pages.free(run.address)
        isSound = isSound && model.give(run, of: owner)
        if operation % 7 == 0 {
          let again = outcome { () throws(PageError) in try pages.free(run.address) }
          if case .failure(let error) = again {
            isSound = isSound && error == .notAllocated(address: run.address)
          } else {
            isSound = false
          }
        }
      }
      isSound = isSound && pages.freePageCount == model.free.count
      if !isSound {
        Issue.record("the model disagrees at operation \(operation)")
        return
      }
    }
    #expect(refused > 100)
    for (run, _) in runs { try pages.free(run.address) }
    #expect(pages.freePageCount == total)
    // All is one run again in each place: the longest of them can be had.
    #expect(try pages.allocate(pageCount: 107).pageCount == 107)
  }

  #if canImport(Glibc)
  @Test("64 GiB: making an allocator touches little of its 256 MiB of records") func large() throws
  {
    let byteCount = 64 << 30
    let base = unsafe mmap(
      nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    let start = UInt64(UInt(bitPattern: base))
    try #require(start != UInt64(UInt.max))
    defer { unsafe munmap(base, byteCount) }
    var pages = try PageAllocator(
      banks: [start..<start + UInt64(byteCount)].span, reserved: [Range<UInt64>]().span)
    // Pages of the process's memory that are in use, counted in the records alone.
    var resident = [UInt8](repeating: 0, count: 66_000)
    let result = unsafe mincore(base, resident.count * 4096, &resident)
    #expect(result == 0)
    #expect(resident.count { $0 & 1 == 1 } < 600)
    let run = try pages.allocate(pageCount: 8192, alignment: 2 << 20)
    #expect(run.address % (2 << 20) == 0)
    try pages.free(run.address)
    #expect(pages.freePageCount == (64 << 18) - 66_049)
  }
  #endif
}

extension Array {
  fileprivate mutating func swapRemove(at index: Int) -> Element {
    swapAt(index, count - 1)
    return removeLast()
  }
}
