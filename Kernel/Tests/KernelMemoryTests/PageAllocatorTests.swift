import KernelMemory
import Testing

@Suite("Pages")
struct PageAllocatorTests {
  /// Pages that the records of so many pages in so many banks take.
  private func recordPages(_ pages: Int, banks: Int = 1) -> Int {
    let count = pages + banks + 1
    return (count * 12 + (count + 63) / 64 * 8 + 4095) / 4096
  }

  private func allocator(
    _ banks: [Range<UInt64>], reserved: [Range<UInt64>] = []
  ) throws(PageError) -> PageAllocator {
    try PageAllocator(banks: banks.span, reserved: reserved.span)
  }

  private func failure(_ banks: [Range<UInt64>], reserved: [Range<UInt64>] = []) -> PageError? {
    do throws(PageError) {
      _ = try allocator(banks, reserved: reserved)
      return nil
    } catch {
      return error
    }
  }

  private func addresses(_ pages: inout PageAllocator) throws -> Set<UInt64> {
    var addresses: Set<UInt64> = []
    while pages.freePageCount > 0 { addresses.insert(try pages.allocate(pageCount: 1).address) }
    return addresses
  }

  @Test("S3: All of a bank but the records can be had, and comes back as one run") func whole()
    throws
  {
    let memory = Memory(pageCount: 1024)
    var pages = try allocator([memory.bounds])
    let free = 1024 - recordPages(1024)
    #expect(pages.freePageCount == free)
    let run = try pages.allocate(pageCount: free)
    #expect(
      run.byteCount == free * 4096
        && run.address + UInt64(run.byteCount) == memory.bounds.upperBound)
    #expect(pages.freePageCount == 0)
    memory.fill(run)
    #expect(
      outcome { () throws(PageError) in try pages.allocate(pageCount: 1) }
        == .failure(.exhausted(pageCount: 1)))
    try pages.free(run.address)
    let each = try addresses(&pages)
    #expect(each.count == free)
    for address in each.shuffled() { try pages.free(address) }
    #expect(try pages.allocate(pageCount: free) == run)
  }

  @Test("S3: Runs start at any power of two asked for") func alignment() throws {
    let memory = Memory(pageCount: 2048)
    var pages = try allocator([memory.bounds])
    var runs: [PageRun] = []
    for shift in [12, 13, 16, 20, 21, 0, 11] {
      let alignment = 1 << shift
      let run = try pages.allocate(pageCount: 3, alignment: alignment)
      #expect(run.address % UInt64(max(alignment, 4096)) == 0)
      runs.append(run)
    }
    #expect(Set(runs.map(\.address)).count == runs.count)
    for run in runs { try pages.free(run.address) }
    for alignment in [3, 0, -4096, 4097, .min] {
      #expect(
        outcome { () throws(PageError) in try pages.allocate(pageCount: 1, alignment: alignment) }
          == .failure(.invalidRequest))
    }
    for alignment in [1 << 40, 1 << 62] {
      #expect(
        outcome { () throws(PageError) in try pages.allocate(pageCount: 1, alignment: alignment) }
          == .failure(.exhausted(pageCount: 1)))
    }
    #expect(pages.freePageCount == 2048 - recordPages(2048))
  }

  @Test("S3: A tight fit is found, aligned or not") func tight() throws {
    let memory = Memory(pageCount: 256)
    // Of 16 pages that start one page past a multiple of 16, eight fit at a multiple of 8 pages.
    let kept = memory.pages(129..<145)
    var pages = try allocator(
      [memory.bounds],
      reserved: [memory.pages(recordPages(256)..<129), memory.pages(145..<256)])
    #expect(pages.freePageCount == 16)
    let run = try pages.allocate(pageCount: 8, alignment: 8 * 4096)
    #expect(run.address == memory.pages(136..<137).lowerBound)
    #expect(try pages.allocate(pageCount: 7).address == kept.lowerBound)
    #expect(pages.freePageCount == 1)
    #expect(
      outcome { () throws(PageError) in try pages.allocate(pageCount: 2) }
        == .failure(.exhausted(pageCount: 2)))
  }

  @Test("M18, S3: Requests that make no sense") func requests() throws {
    let memory = Memory(pageCount: 64)
    var pages = try allocator([memory.bounds])
    for count in [0, -1, .min] {
      #expect(
        outcome { () throws(PageError) in try pages.allocate(pageCount: count) }
          == .failure(.invalidRequest))
    }
    for count in [64, 1 << 32, 1 << 52, .max] {
      #expect(
        outcome { () throws(PageError) in try pages.allocate(pageCount: count) }
          == .failure(.exhausted(pageCount: count)))
    }
    for alignment in [0, -1, .min, 3, 4097, 0x3000, .max] {
      #expect(
        outcome { () throws(PageError) in try pages.allocate(pageCount: 1, alignment: alignment) }
          == .failure(.invalidRequest))
    }
  }

  @Test("M15, S3: double, foreign and partial frees are named") func errors() throws {
    let memory = Memory(pageCount: 64)
    let reserved = memory.pages(40..<42)
    var pages = try allocator([memory.bounds], reserved: [reserved])
    let before = pages.freePageCount
    let run = try pages.allocate(pageCount: 4)
    func free(_ address: UInt64) -> PageError? {
      do throws(PageError) {
        try pages.free(address)
        return nil
      } catch {
        return error
      }
    }
    #expect(free(run.address + 8) == .misaligned(address: run.address + 8))
    #expect(
      free(run.address + 4096)
        == .insideRun(address: run.address + 4096, first: run.address))
    #expect(free(memory.bounds.upperBound) == .foreign(address: memory.bounds.upperBound))
    #expect(free(0) == .foreign(address: 0) && free(~4095) == .foreign(address: ~4095))
    let never = run.address + 4 * 4096
    #expect(free(never) == .alreadyFree(address: never))
    #expect(free(reserved.lowerBound) == .reserved(address: reserved.lowerBound))
    let records = memory.bounds.lowerBound
    #expect(free(records) == .reserved(address: records))
    #expect(pages.freePageCount == before - 4)
    #expect(free(run.address) == nil)
    #expect(free(run.address) == .alreadyFree(address: run.address))
    #expect(pages.freePageCount == before)
  }

  @Test("F15, S3: Reservations: overlapping, adjacent, outside, partial, empty") func reservations()
    throws
  {
    let memory = Memory(pageCount: 128)
    let start = memory.bounds.lowerBound
    let page: UInt64 = 4096
    let reserved = [
      memory.pages(100..<128), memory.pages(20..<30), memory.pages(25..<35), memory.pages(35..<36),
      memory.pages(22..<24), 0..<page, ~UInt64(0) - 1..<(~0), memory.bounds.upperBound..<(~0),
      start + 40 * page + 1..<start + 40 * page + 2,
      start + 50 * page + 4095..<start + 51 * page + 1, start + 60 * page..<start + 60 * page,
      start - 100..<start + 1,
    ]
    var pages = try allocator([memory.bounds], reserved: reserved)
    let records = 1..<1 + recordPages(128)
    let expected = Set(0..<100).subtracting(20..<36).subtracting([0, 40, 50, 51])
      .subtracting(records)
    #expect(pages.freePageCount == expected.count)
    let found = try addresses(&pages)
    #expect(found == Set(expected.map { start + UInt64($0) * page }))
    for address in found { try pages.free(address) }
    #expect(try pages.allocate(pageCount: 48).address == start + 52 * page)
  }

  @Test("F19, S3: Banks: partial pages, overlap, too small, none, none free") func banks() throws {
    let memory = Memory(pageCount: 256)
    let start = memory.bounds.lowerBound
    // Neighbouring banks stay apart; what two banks share is had once.
    var pages = try allocator([
      memory.pages(128..<192), start + 10..<start + 128 * 4096, memory.pages(100..<140), 0..<4096,
      start..<start,
    ])
    let free = 64 + 127 - recordPages(64 + 127 + 40, banks: 5)
    #expect(pages.freePageCount == free)
    #expect(
      outcome { () throws(PageError) in try pages.allocate(pageCount: 128) }
        == .failure(.exhausted(pageCount: 128)))
    #expect(try pages.allocate(pageCount: 127).address == start + 4096)
    _ = try addresses(&pages)

    #expect(failure([]) == .noRoomForRecords(byteCount: 20))
    #expect(failure([start..<start + 4095]) == .noRoomForRecords(byteCount: 32))
    #expect(failure([memory.bounds], reserved: [memory.bounds]) != nil)
    #expect(failure([0..<(~0)]) == .tooMuchMemory)
    #expect(failure(Array(repeating: memory.bounds, count: 33)) == .tooMuchMemory)
    #expect(failure(Array(repeating: memory.bounds, count: 32)) == nil)
  }
}
