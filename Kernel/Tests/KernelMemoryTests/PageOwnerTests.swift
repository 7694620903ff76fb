import KernelMemory
import Testing

@Suite("Who holds pages")
struct PageOwnerTests {
  private func fault(
    _ pages: inout PageAllocator, _ body: (inout PageAllocator) throws(PageError) -> Void
  ) -> PageError? {
    do throws(PageError) {
      try body(&pages)
      return nil
    } catch {
      return error
    }
  }

  @Test("S3: any page tells its run, its length and its owner") func queries() throws {
    let memory = Memory(pageCount: 512)
    let reserved = memory.pages(300..<310)
    var pages = try PageAllocator(banks: [memory.bounds].span, reserved: [reserved].span)
    let owners: [PageOwner] = [.kernel, .tables, .stack, .heap, .driver, .device(0), .device(.max)]
    #expect(Set(owners.map(\.rawValue)).count == owners.count)
    #expect(PageOwner(rawValue: 0) == nil)
    var runs: [PageRun] = []
    for (index, owner) in owners.enumerated() {
      runs.append(try pages.allocate(pageCount: 1 + index * 20 % 90, owner: owner))
    }
    for (run, owner) in zip(runs, owners) {
      #expect(run.owner == owner && run.borrower == nil)
      for page in [0, run.pageCount / 2, run.pageCount - 1] {
        let address = run.address + UInt64(page) * 4096 + UInt64(page % 4096)
        #expect(try pages.run(holding: address) == run)
        #expect(try pages.owner(of: address) == owner)
      }
    }
    let freed = runs[4]
    try pages.free(freed.address, owner: .driver)
    #expect(try pages.owner(of: freed.address + 4096) == nil)
    #expect(try pages.run(holding: freed.address).pageCount >= freed.pageCount)

    let hole = reserved.lowerBound + 4096
    #expect(
      fault(&pages) { pages throws(PageError) in _ = try pages.owner(of: hole) }
        == .reserved(address: hole))
    let records = memory.bounds.lowerBound
    #expect(
      fault(&pages) { pages throws(PageError) in _ = try pages.owner(of: records) }
        == .reserved(address: records))
    let outside = memory.bounds.upperBound
    #expect(
      fault(&pages) { pages throws(PageError) in _ = try pages.run(holding: outside) }
        == .foreign(address: outside))
  }

  @Test("S3: only the owner frees a run") func owners() throws {
    let memory = Memory(pageCount: 64)
    var pages = try memory.allocator()
    let before = pages.freePageCount
    let run = try pages.allocate(pageCount: 3, owner: .stack)
    for owner in [PageOwner.kernel, .heap] {
      #expect(
        fault(&pages) { pages throws(PageError) in try pages.free(run.address, owner: owner) }
          == .notOwner(address: run.address, owner: .stack))
    }
    #expect(try pages.run(holding: run.address) == run)
    try pages.free(run.address, owner: .stack)
    #expect(pages.freePageCount == before)
    #expect(pages.invariantViolation() == nil)
  }

  @Test("S3: pages that a device holds are not freed") func lending() throws {
    let memory = Memory(pageCount: 64)
    var pages = try memory.allocator()
    let before = pages.freePageCount
    let run = try pages.allocate(pageCount: 5, owner: .driver)
    let address = run.address
    let device = PageOwner.device(3)
    try pages.lend(address, to: device)
    let lent = try pages.run(holding: address + 4 * 4096)
    #expect(lent.owner == .driver && lent.borrower == device && lent.pageCount == 5)

    let refusal = PageError.lent(address: address, borrower: device)
    #expect(
      fault(&pages) { pages throws(PageError) in try pages.free(address, owner: .driver) }
        == refusal)
    #expect(
      fault(&pages) { pages throws(PageError) in try pages.free(address, owner: device) } == refusal
    )
    #expect(
      fault(&pages) { pages throws(PageError) in try pages.lend(address, to: .device(4)) }
        == refusal)
    #expect(
      fault(&pages) { pages throws(PageError) in try pages.reclaim(address, from: .device(4)) }
        == .notLent(address: address))
    #expect(pages.freePageCount == before - 5)

    try pages.reclaim(address, from: device)
    #expect(
      fault(&pages) { pages throws(PageError) in try pages.reclaim(address, from: device) }
        == .notLent(address: address))
    #expect(try pages.run(holding: address) == run)
    try pages.free(address, owner: .driver)
    #expect(pages.freePageCount == before)
    #expect(pages.invariantViolation() == nil)
  }

  @Test("S3: only what is taken can be lent, and as a whole") func lendingErrors() throws {
    let memory = Memory(pageCount: 64)
    var pages = try memory.allocator()
    let run = try pages.allocate(pageCount: 4)
    let cases: [(UInt64, PageError)] = [
      (run.address + 1, .misaligned(address: run.address + 1)),
      (run.address + 4096, .insideRun(address: run.address + 4096, first: run.address)),
      (run.address + 4 * 4096, .alreadyFree(address: run.address + 4 * 4096)),
      (memory.bounds.lowerBound, .reserved(address: memory.bounds.lowerBound)),
      (memory.bounds.upperBound, .foreign(address: memory.bounds.upperBound)),
    ]
    for (address, error) in cases {
      #expect(
        fault(&pages) { pages throws(PageError) in try pages.lend(address, to: .device(1)) }
          == error)
      #expect(
        fault(&pages) { pages throws(PageError) in try pages.reclaim(address, from: .device(1)) }
          == error)
    }
  }
}
