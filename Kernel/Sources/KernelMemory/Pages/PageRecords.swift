/// What is known of a run, kept in the records of its first and of its last page: what other
/// records hold is never looked at.
struct PageRecord: BitwiseCopyable {
  private var lengthAndState: UInt32
  private var first: UInt32
  private var second: UInt32

  private static var freeBit: UInt32 { 1 << 31 }

  /// A free run, with its neighbours in its list; 0 at the ends.
  init(freeCount: Int, next: UInt32 = 0) {
    lengthAndState = UInt32(truncatingIfNeeded: freeCount) | Self.freeBit
    first = next
    second = 0
  }

  /// A run that is not free; that of nobody if it never can be.
  init(pageCount: Int, owner: PageOwner?) {
    lengthAndState = UInt32(truncatingIfNeeded: pageCount)
    first = owner?.rawValue ?? 0
    second = 0
  }

  /// How many pages the run has.
  var pageCount: Int { Int(lengthAndState & ~Self.freeBit) }

  /// Whether the run is free.
  var isFree: Bool { lengthAndState & Self.freeBit != 0 }

  /// The next run of a free one's list. Valid in the first page's record, as are the others.
  var next: UInt32 {
    get { first }
    set { first = newValue }
  }

  /// The previous run of a free one's list.
  var previous: UInt32 {
    get { second }
    set { second = newValue }
  }

  /// Whose the run is, if it is not free.
  var owner: PageOwner? { isFree ? nil : PageOwner(rawValue: first) }

  /// Whom it is lent to, if it is not free.
  var borrower: PageOwner? {
    get { isFree ? nil : PageOwner(rawValue: second) }
    set { second = newValue?.rawValue ?? 0 }
  }
}

/// One record of 12 bytes for each page, and one bit that says whether a run starts there.
///
/// They lie in memory that the allocator was given.
///
/// The bits are cleared at the start and nothing else is, so that making an allocator costs 32 KiB
/// of writes for each GiB, and a record that was never written is never trusted.
@safe struct PageRecords: ~Copyable {
  private let starts: UnsafeMutablePointer<UInt64>
  private let records: UnsafeMutablePointer<PageRecord>
  private let count: Int

  #if DEBUG
  /// How often a record or a word of bits was looked at or changed.
  private(set) var accessCount = 0
  #endif

  /// How many words hold the bits of `count` pages.
  private static func wordCount(for count: Int) -> Int { (count &+ 63) / 64 }

  /// How many bytes `count` records need.
  static func byteCount(for count: Int) -> UInt64 {
    UInt64(wordCount(for: count) &* 8 &+ count &* MemoryLayout<PageRecord>.stride)
  }

  /// Lays out `count` records at `address`, which must be that of a page, and not 0.
  ///
  /// The caller must own `byteCount(for: count)` bytes there for as long as the records are used.
  init?(unsafeAddress address: UInt64, count: Int) {
    // SAFETY: the caller owns this memory, and the address of a page is aligned for both types.
    guard let base = unsafe UnsafeMutableRawPointer(bitPattern: UInt(address)) else { return nil }
    let words = Self.wordCount(for: count)
    self.count = count
    unsafe starts = base.assumingMemoryBound(to: UInt64.self)
    unsafe records = (base + words &* 8).assumingMemoryBound(to: PageRecord.self)
    unsafe starts.update(repeating: 0, count: words)
  }

  private mutating func check(_ index: Int) {
    precondition(index >= 0 && index < count)
    #if DEBUG
    accessCount &+= 1
    #endif
  }

  subscript(index: Int) -> PageRecord {
    mutating get {
      check(index)
      // SAFETY: `index` was checked, and any bits make a record.
      return unsafe records[index]
    }
    set {
      check(index)
      // SAFETY: `index` was checked.
      unsafe records[index] = newValue
    }
  }

  /// Writes both records of a run, and marks its start.
  @inline(never)
  mutating func write(_ record: PageRecord, at index: Int) {
    self[index &+ record.pageCount &- 1] = record
    self[index] = record
    self[startsAt: index] = true
  }

  /// Whether a run starts at a page.
  subscript(startsAt index: Int) -> Bool {
    mutating get {
      check(index)
      // SAFETY: `index` was checked; the bits were cleared in `init`.
      return unsafe starts[index >> 6] >> UInt64(index & 63) & 1 == 1
    }
    set {
      check(index)
      let bit: UInt64 = 1 << UInt64(index & 63)
      // SAFETY: `index` was checked.
      unsafe starts[index >> 6] = newValue ? starts[index >> 6] | bit : starts[index >> 6] & ~bit
    }
  }

  /// The last page at `index` or before it at which a run starts. Looks at 64 pages at a time.
  mutating func lastStart(upTo index: Int) -> Int? {
    check(index)
    var word = index >> 6
    // SAFETY: `index` was checked, and `word` only falls, to 0 at least.
    var bits = unsafe starts[word] & (UInt64.max >> UInt64(63 &- index & 63))
    while bits == 0 {
      guard word > 0 else { return nil }
      word &-= 1
      check(word)
      bits = unsafe starts[word]
    }
    return word &* 64 &+ 63 &- bits.leadingZeroBitCount
  }
}
