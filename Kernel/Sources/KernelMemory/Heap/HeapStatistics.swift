/// What a heap has handed out and what it has left.
///
/// Bytes in use, bytes free, and 16 for each region are all bytes of its pages.
public struct HeapStatistics: Equatable, Sendable {
  /// Bytes of the blocks handed out, with the 16 before each and what rounds them up.
  public internal(set) var bytesInUse = 0

  /// The most that `bytesInUse` ever was.
  public internal(set) var highWater = 0

  /// Bytes of free blocks.
  public internal(set) var bytesFree = 0

  /// Bytes of the largest free block, with the 16 before it.
  public internal(set) var largestFreeBlock = 0

  /// How many blocks are handed out.
  public internal(set) var allocationCount = 0

  /// How many requests were refused for want of memory.
  public internal(set) var failedCount = 0

  /// How many runs of pages the heap has.
  public internal(set) var regionCount = 0

  /// Those of a heap that was never used.
  public init() {}

  mutating func take(_ byteCount: Int) {
    bytesInUse &+= byteCount
    bytesFree &-= byteCount
    allocationCount &+= 1
    highWater = max(highWater, bytesInUse)
  }

  mutating func give(_ byteCount: Int) {
    bytesInUse &-= byteCount
    bytesFree &+= byteCount
    allocationCount &-= 1
  }
}
