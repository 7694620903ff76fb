/// Why pages could not be had or given back.
public enum PageError: Error, Equatable, Sendable {
  /// There are more than ``PageAllocator/maximumBankCount`` banks, or 2^30 pages or more.
  case tooMuchMemory

  /// No bank has room for the allocator's own records. Carries the bytes that they need.
  case noRoomForRecords(byteCount: UInt64)

  /// The number of pages is not positive, or the alignment not a power of two.
  case invalidRequest

  /// No free run was found that has so many pages at the alignment wanted.
  case exhausted(pageCount: Int)

  /// The address is not one of a page.
  case misaligned(address: UInt64)

  /// The address lies in none of the banks.
  case foreign(address: UInt64)

  /// The page was never the allocator's: it is reserved, or holds the allocator's own records.
  case reserved(address: UInt64)

  /// The page is free: it was given back before, or never taken.
  case alreadyFree(address: UInt64)

  /// The page is not the first of its run. Carries the address of that.
  case insideRun(address: UInt64, first: UInt64)

  /// The run is somebody else's.
  case notOwner(address: UInt64, owner: PageOwner)

  /// The run is lent, and is not free before it has come back.
  case lent(address: UInt64, borrower: PageOwner)

  /// The run is not lent to the one that it was to come back from.
  case notLent(address: UInt64)
}
