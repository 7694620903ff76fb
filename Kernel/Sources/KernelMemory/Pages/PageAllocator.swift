/// Hands out runs of 4 KiB pages from all banks of RAM, except what is reserved.
///
/// Runs, free or taken, lie side by side; the first and the last page of each say how long it is
/// and whose, so that a run given back finds its neighbours at once. Free runs are kept in lists by
/// size. Allocating and freeing touch a bounded number of records, whatever is outstanding.
///
/// Not for use by several processors, or by interrupt handlers, at a time.
public struct PageAllocator: ~Copyable {
  /// The size of a page in bytes.
  public static var pageByteCount: Int { 4096 }

  /// How many banks an allocator can have.
  public static var maximumBankCount: Int { 32 }

  /// How many free runs are looked at where only a tight fit is left.
  private static var candidateCount: Int { 32 }

  /// How many pages are free.
  public private(set) var freePageCount = 0

  /// The list of free runs of each size class: its first page's number, or 0.
  private var lists = InlineArray<256, UInt32>(repeating: 0)

  /// The classes whose list is not empty.
  private var filled = SizeClassSet()

  var map: BankMap
  var records: PageRecords

  /// Makes an allocator of the whole pages of `banks` that `reserved` does not touch, less those
  /// that its records take: 12 bytes and a bit for each page.
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
      // What lies before and behind is nobody's: no free neighbour is ever found there.
      self.records[first &- 1] = PageRecord(pageCount: 1, owner: nil)
      self.records[first &+ count] = PageRecord(pageCount: 1, owner: nil)
      insert(first, count)
    }
  }

  /// Takes `pageCount` pages that follow each other, at a multiple of `alignment` bytes.
  ///
  /// What they hold is not defined. Does not block. A free run of an eighth more pages, and of as
  /// many more as the alignment may skip, is always found; up to 15 pages at no alignment need no
  /// more than themselves. A tighter fit is found if it is among the first 32 looked at.
  ///
  /// - Parameter owner: Whose they are: the one that may free them.
  /// - Throws: `invalidRequest`, `exhausted`; then nothing has changed.
  public mutating func allocate(
    pageCount: Int, alignment: Int = pageByteCount, owner: PageOwner = .kernel
  ) throws(PageError) -> PageRun {
    guard pageCount > 0, alignment > 0, alignment & (alignment &- 1) == 0 else {
      throw .invalidRequest
    }
    let mask = UInt64(max(alignment, Self.pageByteCount) &- 1)
    guard pageCount <= freePageCount, let found = find(pageCount, mask) else {
      throw .exhausted(pageCount: pageCount)
    }
    let count = records[found].pageCount
    let address = map.address(of: found)
    let skipped = Int(truncatingIfNeeded: ((address &+ mask) & ~mask &- address) &>> 12)
    let first = found &+ skipped
    remove(found)
    if skipped > 0 { insert(found, skipped) }
    let rest = count &- skipped &- pageCount
    if rest > 0 { insert(first &+ pageCount, rest) }
    records.write(PageRecord(pageCount: pageCount, owner: owner), at: first)
    return PageRun(
      address: address &+ UInt64(skipped) &<< 12, pageCount: pageCount, owner: owner, borrower: nil)
  }

  /// Gives back the run that starts at `address`. Does not block.
  ///
  /// - Parameter owner: The one that it was taken for.
  /// - Throws: `misaligned`, `foreign`, `reserved`, `alreadyFree`, `insideRun`, `notOwner`, `lent`;
  ///   then nothing has changed.
  public mutating func free(
    _ address: UInt64, owner: PageOwner = .kernel
  ) throws(PageError) {
    var first = try indexOfRun(at: address)
    let record = records[first]
    if let borrower = record.borrower { throw .lent(address: address, borrower: borrower) }
    if let actual = record.owner, actual != owner {
      throw .notOwner(address: address, owner: actual)
    }
    records[startsAt: first] = false
    var count = record.pageCount
    let next = records[first &+ count]
    if next.isFree {
      remove(first &+ count)
      count &+= next.pageCount
    }
    let previous = records[first &- 1]
    if previous.isFree {
      first &-= previous.pageCount
      remove(first)
      count &+= previous.pageCount
    }
    insert(first, count)
  }

  /// A free run that holds `pageCount` pages at the alignment.
  private mutating func find(_ pageCount: Int, _ mask: UInt64) -> Int? {
    // Any run of this class or a later one is large enough, wherever it starts.
    let sure = SizeClass.index(holding: pageCount &+ Int(truncatingIfNeeded: mask &>> 12))
    if let list = filled.first(from: sure) { return Int(lists[list]) }

    // The larger a run is, the likelier it is to hold the pages where they have to start.
    var candidates = Self.candidateCount
    var list = min(sure, SizeClass.count) &- 1
    while list >= SizeClass.index(of: pageCount) {
      var index = Int(lists[list])
      while index != 0 {
        guard candidates > 0 else { return nil }
        candidates &-= 1
        let address = map.address(of: index)
        let (end, overflow) = address.addingReportingOverflow(mask)
        let skipped = (end & ~mask &- address) &>> 12
        let record = records[index]
        if !overflow, skipped &+ UInt64(pageCount) <= UInt64(record.pageCount) { return index }
        index = Int(record.next)
      }
      list &-= 1
    }
    return nil
  }

  /// Makes a free run of these pages.
  @inline(never)
  private mutating func insert(_ index: Int, _ pageCount: Int) {
    let number = UInt32(truncatingIfNeeded: index)
    let list = SizeClass.index(of: pageCount)
    let next = lists[list]
    records.write(PageRecord(freeCount: pageCount, next: next), at: index)
    if next != 0 { records[Int(next)].previous = number }
    lists[list] = number
    filled[list] = true
    freePageCount &+= pageCount
  }

  /// Takes a free run out of its list.
  @inline(never)
  private mutating func remove(_ index: Int) {
    let record = records[index]
    let list = SizeClass.index(of: record.pageCount)
    records[startsAt: index] = false
    if record.next != 0 { records[Int(record.next)].previous = record.previous }
    if record.previous != 0 {
      records[Int(record.previous)].next = record.next
    } else {
      lists[list] = record.next
      if record.next == 0 { filled[list] = false }
    }
    freePageCount &-= record.pageCount
  }

  // MARK: For tests

  #if DEBUG
  /// How often a record was looked at or changed.
  package var recordAccessCount: Int { records.accessCount }
  #endif

  /// What is wrong with the records, if anything is. Looks at all of them.
  package mutating func invariantViolation() -> StaticString? {
    var freeInPlace = 0
    var wasFree = false
    var index = 1
    while index < map.end {
      guard records[startsAt: index] else {
        wasFree = false
        index &+= 1
        continue
      }
      let record = records[index]
      let last = records[index &+ record.pageCount &- 1]
      if record.pageCount == 0 || last.pageCount != record.pageCount { return "lengths differ" }
      if record.isFree != last.isFree { return "states differ" }
      if record.isFree && wasFree { return "free runs side by side" }
      if !record.isFree && record.owner == nil { return "a run of nobody" }
      for inside in index &+ 1..<index &+ record.pageCount where records[startsAt: inside] {
        return "a run starts inside a run"
      }
      if record.isFree { freeInPlace &+= record.pageCount }
      wasFree = record.isFree
      index &+= record.pageCount
    }
    if freeInPlace != freePageCount { return "free pages are miscounted" }
    return listViolation()
  }

  private mutating func listViolation() -> StaticString? {
    var freeInLists = 0
    for list in 0..<SizeClass.count {
      if filled[list] != (lists[list] != 0) { return "an empty list is thought full" }
      var index = lists[list]
      var previous: UInt32 = 0
      while index != 0 {
        let record = records[Int(index)]
        if !record.isFree || !records[startsAt: Int(index)] { return "a list holds no free run" }
        if SizeClass.index(of: record.pageCount) != list { return "a run is in the wrong list" }
        if record.previous != previous { return "a list is not linked back" }
        freeInLists &+= record.pageCount
        previous = index
        index = record.next
      }
    }
    return freeInLists == freePageCount ? nil : "free pages are in no list"
  }
}
