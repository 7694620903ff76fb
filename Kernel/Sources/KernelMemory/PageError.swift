/// Why pages could not be had or given back.
public enum PageError: Error, Equatable, Sendable {
  /// There are more than ``PageAllocator/maximumBankCount`` banks, or more than 2^32 pages.
  case tooMuchMemory

  /// No bank has room for the allocator's own records. Carries the bytes that they need.
  case noRoomForRecords(byteCount: UInt64)

  /// The number of pages is not positive, or the alignment not a power of two.
  case invalidRequest

  /// No free run has so many pages at the alignment wanted.
  case exhausted(pageCount: Int)

  /// The address is not one of a page.
  case misaligned(address: UInt64)

  /// The address lies in none of the banks.
  case foreign(address: UInt64)

  /// No allocated run starts at the address: it was freed before, was never allocated, or lies
  /// inside a run.
  case notAllocated(address: UInt64)
}
