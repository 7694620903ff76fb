/// Hands out runs of 4 KiB pages from all banks of RAM, except what is reserved.
///
/// Runs, free or allocated, lie side by side; the first and the last page of each say how long it
/// is, so that a run given back finds its neighbours at once. Free runs are kept in lists by size,
/// list k for those of 2^k to 2^(k+1)-1 pages. Allocating and freeing take constant time, whatever
/// is outstanding, unless nothing but a tight fit is left: then the lists that may hold one are
/// searched.
///
/// Not for use by several processors, or by interrupt handlers, at a time.
public struct PageAllocator: ~Copyable {
  /// The size of a page in bytes.
  public static var pageByteCount: Int { 4096 }

  /// How many banks an allocator can have.
  public static var maximumBankCount: Int { 32 }

  /// How many pages are free.
  public private(set) var freePageCount = 0

  /// The list of free runs of each size: its first page's number, or 0.
  private var lists = InlineArray<32, UInt32>(repeating: 0)

  /// A bit for each list that is not empty.
  private var filledLists: UInt32 = 0

  private var map: BankMap
  private let records: PageRecords

  /// Makes an allocator of the whole pages of `banks` that `reserved` does not touch, less those
  /// that its records take: 16 bytes and a bit for each page.
  ///
  /// All are ranges of physical addresses, which must be mapped at the same virtual ones. They may
  /// come in any order and overlap. The page at address 0 is never used. Takes time linear in the
  /// size of RAM, at one write for 256 KiB, and quadratic in the number of ranges.
  ///
  /// - Throws: `tooMuchMemory`, `noRoomForRecords`.
  public init(
    banks: Span<Range<UInt64>>, reserved: Span<Range<UInt64>>
  ) throws(PageError) {
    var map = try BankMap(banks)
    let byteCount = PageRecords.byteCount(for: map.end)
    var place: UInt64 = 0
    while place == 0, let free = map.nextFree(reserved) {
      if free.upperBound &- free.lowerBound >= byteCount { place = free.lowerBound }
    }
    guard let records = PageRecords(unsafeAddress: place, count: map.end) else {
      throw .noRoomForRecords(byteCount: byteCount)
    }
    map.place(records: place..<place &+ byteCount)
    self.map = map
    self.records = records

    while let free = self.map.nextFree(reserved) {
      guard let first = self.map.index(of: free.lowerBound) else { continue }
      let count = Int(truncatingIfNeeded: (free.upperBound &- free.lowerBound) &>> 12)
      self.records.write(first &- 1, pageCount: 1)
      self.records.write(first &+ count, pageCount: 1)
      insert(first, count)
    }
  }

  /// Takes `pageCount` pages that follow each other, at a multiple of `alignment` bytes.
  ///
  /// What they hold is not defined.
  ///
  /// - Throws: `invalidRequest`, `exhausted`.
  public mutating func allocate(
    pageCount: Int, alignment: Int = pageByteCount
  ) throws(PageError) -> PageRun {
    guard pageCount > 0, alignment > 0, alignment & (alignment &- 1) == 0 else {
      throw .invalidRequest
    }
    let mask = UInt64(max(alignment, Self.pageByteCount) &- 1)
    guard pageCount <= freePageCount, let found = find(pageCount, mask) else {
      throw .exhausted(pageCount: pageCount)
    }
    let count = Int(records[found].pageCount)
    let address = map.address(of: found)
    let skipped = Int(truncatingIfNeeded: ((address &+ mask) & ~mask &- address) &>> 12)
    let first = found &+ skipped
    remove(found)
    if skipped > 0 { insert(found, skipped) }
    let rest = count &- skipped &- pageCount
    if rest > 0 { insert(first &+ pageCount, rest) }
    records.write(first, pageCount: pageCount)
    records.write(first &+ pageCount &- 1, pageCount: pageCount)
    records[startsAt: first] = true
    return PageRun(address: address &+ UInt64(skipped) &<< 12, pageCount: pageCount)
  }

  /// Gives back the run that starts at `address`.
  ///
  /// - Throws: `misaligned`, `foreign`, `notAllocated`; then nothing has changed.
  public mutating func free(_ address: UInt64) throws(PageError) {
    guard address & 4095 == 0 else { throw .misaligned(address: address) }
    guard var first = map.index(of: address) else { throw .foreign(address: address) }
    guard records[startsAt: first] else { throw .notAllocated(address: address) }
    records[startsAt: first] = false
    var count = Int(records[first].pageCount)
    let next = records[first &+ count]
    if next.isFree == 1 {
      remove(first &+ count)
      count &+= Int(next.pageCount)
    }
    let previous = records[first &- 1]
    if previous.isFree == 1 {
      first &-= Int(previous.pageCount)
      remove(first)
      count &+= Int(previous.pageCount)
    }
    insert(first, count)
  }

  /// A free run that holds `pageCount` pages at the alignment.
  private mutating func find(_ pageCount: Int, _ mask: UInt64) -> Int? {
    // Any run of this list or a later one is large enough, wherever it starts.
    let enough = pageCount &+ Int(mask &>> 12)
    let first = Int.bitWidth &- (enough &- 1).leadingZeroBitCount
    let lists = first < 32 ? filledLists & (UInt32.max &<< UInt32(first)) : 0
    if lists != 0 { return Int(self.lists[lists.trailingZeroBitCount]) }

    var list = Int.bitWidth &- 1 &- pageCount.leadingZeroBitCount
    while list < min(first, 32) {
      var index = Int(self.lists[list])
      while index != 0 {
        let address = map.address(of: index)
        let (end, overflow) = address.addingReportingOverflow(mask)
        let skipped = (end & ~mask &- address) &>> 12
        let record = records[index]
        if !overflow, skipped &+ UInt64(pageCount) <= UInt64(record.pageCount) { return index }
        index = Int(record.next)
      }
      list &+= 1
    }
    return nil
  }

  private static func list(_ pageCount: UInt32) -> Int { 31 &- pageCount.leadingZeroBitCount }

  /// Makes a free run of these pages.
  @inline(never)
  private mutating func insert(_ index: Int, _ pageCount: Int) {
    let number = UInt32(truncatingIfNeeded: index)
    let list = Self.list(UInt32(truncatingIfNeeded: pageCount))
    let next = lists[list]
    records.write(index &+ pageCount &- 1, pageCount: pageCount, isFree: 1)
    records.write(index, pageCount: pageCount, isFree: 1, next: next)
    if next != 0 { records[Int(next)].previous = number }
    lists[list] = number
    filledLists |= 1 &<< UInt32(list)
    freePageCount &+= pageCount
  }

  /// Takes a free run out of its list.
  @inline(never)
  private mutating func remove(_ index: Int) {
    let record = records[index]
    let list = Self.list(record.pageCount)
    if record.next != 0 { records[Int(record.next)].previous = record.previous }
    if record.previous != 0 {
      records[Int(record.previous)].next = record.next
    } else {
      lists[list] = record.next
      if record.next == 0 { filledLists &= ~(1 &<< UInt32(list)) }
    }
    freePageCount &-= Int(record.pageCount)
  }
}
