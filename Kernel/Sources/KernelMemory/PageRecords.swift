/// What is known of a page, kept for the first and the last page of each run only: what other
/// records hold is never looked at.
struct PageRecord {
  /// How many pages the run has.
  var pageCount: UInt32

  /// Whether the run is free: 1, or 0.
  ///
  /// Room for an owner.
  var isFree: UInt32

  /// The neighbours of a free run in its list; 0 at the ends.
  ///
  /// Valid in the first page's record.
  var next: UInt32
  var previous: UInt32
}

/// One record for each page, and one bit that says whether an allocated run starts there.
///
/// They lie in memory that the allocator was given.
///
/// The bits are cleared at the start and nothing else is, so that making an allocator costs 32 KiB
/// of writes for each GiB, and a record that was never written is never trusted.
@safe struct PageRecords: ~Copyable {
  private let records: UnsafeMutablePointer<PageRecord>
  private let starts: UnsafeMutablePointer<UInt64>
  private let count: Int

  /// How many bytes `count` records need.
  static func byteCount(for count: Int) -> UInt64 {
    UInt64(count) &* 16 &+ UInt64(count &+ 63) / 64 &* 8
  }

  /// Lays out `count` records at `address`, which must be that of a page, and not 0.
  ///
  /// The caller must own `byteCount(for: count)` bytes there for as long as the records are used.
  init?(unsafeAddress address: UInt64, count: Int) {
    // SAFETY: the caller owns this memory, and the address of a page is aligned for both types.
    guard let base = unsafe UnsafeMutableRawPointer(bitPattern: UInt(address)) else { return nil }
    self.count = count
    unsafe records = base.assumingMemoryBound(to: PageRecord.self)
    unsafe starts = (base + count &* 16).assumingMemoryBound(to: UInt64.self)
    unsafe starts.update(repeating: 0, count: (count &+ 63) / 64)
  }

  subscript(index: Int) -> PageRecord {
    get {
      precondition(index >= 0 && index < count)
      // SAFETY: `index` was checked, and any bits make a record.
      return unsafe records[index]
    }
    nonmutating set {
      precondition(index >= 0 && index < count)
      // SAFETY: `index` was checked.
      unsafe records[index] = newValue
    }
  }

  /// Writes the record of a page that starts or ends a run.
  @inline(never)
  func write(_ index: Int, pageCount: Int, isFree: UInt32 = 0, next: UInt32 = 0) {
    self[index] = PageRecord(
      pageCount: UInt32(truncatingIfNeeded: pageCount), isFree: isFree, next: next, previous: 0)
  }

  /// Whether an allocated run starts at a page.
  subscript(startsAt index: Int) -> Bool {
    get {
      precondition(index >= 0 && index < count)
      // SAFETY: `index` was checked; the bits were cleared in `init`.
      return unsafe starts[index >> 6] >> UInt64(index & 63) & 1 == 1
    }
    nonmutating set {
      precondition(index >= 0 && index < count)
      let bit: UInt64 = 1 << UInt64(index & 63)
      // SAFETY: `index` was checked.
      unsafe starts[index >> 6] = newValue ? starts[index >> 6] | bit : starts[index >> 6] & ~bit
    }
  }
}
