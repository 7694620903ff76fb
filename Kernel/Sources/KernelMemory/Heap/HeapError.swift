/// Why memory of a heap could not be had or given back.
public enum HeapError: Error, Equatable, Sendable {
  /// The number of bytes is negative, or the alignment not a power of two up to 4096.
  case invalidRequest

  /// There is no such block, and no pages are left for one.
  case exhausted(byteCount: Int)

  /// The address is no multiple of 16, as that of every block is.
  case misaligned(address: UInt)

  /// The address lies in none of the heap's pages.
  case foreign(address: UInt)

  /// The memory is free: it was given back before, or never taken.
  case alreadyFree(address: UInt)

  /// The address lies inside a block. Carries the address of that.
  case insideBlock(address: UInt, block: UInt)

  /// What the heap keeps before the block at this address was overwritten.
  case corrupted(address: UInt)

  /// The owner of the block at this address wrote behind its end. Checked heaps notice.
  case overrun(address: UInt)

  /// Free memory at this address was written to. Checked heaps notice.
  case writtenWhileFree(address: UInt)
}
