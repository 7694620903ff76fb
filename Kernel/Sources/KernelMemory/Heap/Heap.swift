/// Hands out blocks of bytes, from pages that it takes as it needs them and gives back when nothing
/// is left in them.
///
/// Of all free blocks that are large enough, the smallest is used, and of several that at the lowest
/// address. Blocks in a run of pages lie side by side, each behind a header that says how long it
/// and the one before it are; two free blocks are never neighbours. Allocating and freeing take
/// time logarithmic in the number of free blocks.
///
/// Not for use by several processors, or by interrupt handlers, at a time.
public struct Heap<Source: PageSource & ~Copyable, Checking: HeapChecking>: ~Copyable {
  /// Where pages come from.
  package var source: Source

  var tree = FreeTree()
  var counts = HeapStatistics()

  /// The greatest alignment in bytes.
  public static var maximumAlignment: Int { 4096 }

  /// How many pages are taken at least, if there are as many.
  private static var regionPageCount: Int { 16 }

  /// No block is larger: sizes have 32 bits, for units of 16 bytes.
  private static var largestRequest: Int { 32 << 30 }

  /// Makes a heap without any pages yet.
  public init(source: consuming Source) {
    self.source = source
  }

  /// The state of things. Takes time as an allocation does.
  public var statistics: HeapStatistics {
    mutating get {
      var statistics = counts
      statistics.largestFreeBlock = tree.largest()?.byteCount ?? 0
      return statistics
    }
  }

  // MARK: Allocating

  /// Takes `byteCount` bytes at a multiple of `alignment`, and of 16. What they hold is not defined.
  ///
  /// Does not block. They are the caller's until it frees them.
  ///
  /// - Returns: Their address, which is never 0.
  /// - Throws: `invalidRequest`, `exhausted`, `corrupted`; from a checked heap also
  ///   `writtenWhileFree`. Then nothing has been taken.
  public mutating func allocate(byteCount: Int, alignment: Int = 16) throws(HeapError) -> UInt {
    guard byteCount >= 0, alignment > 0, alignment & (alignment &- 1) == 0,
      alignment <= Self.maximumAlignment
    else { throw .invalidRequest }
    let size = Self.blockByteCount(for: min(byteCount, Self.largestRequest))
    let alignment = max(alignment, 16)
    guard byteCount <= Self.largestRequest,
      let block = find(size, alignment) ?? grow(for: size, alignment)
    else {
      counts.failedCount &+= 1
      throw .exhausted(byteCount: byteCount)
    }
    let used = try take(size, of: block, at: Self.gap(in: block, alignment), for: byteCount)
    return used.address &+ 16
  }

  /// The bytes of a block for so many bytes.
  private static func blockByteCount(for byteCount: Int) -> Int {
    let canaries = Checking.isEnabled ? HeapPattern.canaryByteCount : 0
    return max(
      (Block.headerByteCount &+ byteCount &+ canaries &+ 15) & ~15, Block.minimumByteCount)
  }

  /// How far into a free block one must start so that what it holds is aligned: not at all, or far
  /// enough for a free block before it.
  private static func gap(in block: Block, _ alignment: Int) -> Int {
    let mask = UInt(alignment &- 1)
    let gap = Int((block.address &+ 16 &+ mask) & ~mask &- 16 &- block.address)
    return gap == 0 || gap >= Block.minimumByteCount ? gap : gap &+ alignment
  }

  private mutating func find(_ size: Int, _ alignment: Int) -> Block? {
    guard let best = tree.bestFit(size) else { return nil }
    if Self.gap(in: best, alignment) &+ size <= best.byteCount { return best }
    // The gap is never larger than this.
    return tree.bestFit(size &+ alignment &+ 16)
  }

  /// Takes pages for a block of this size, and makes one free block of them.
  private mutating func grow(for size: Int, _ alignment: Int) -> Block? {
    let page = PageAllocator.pageByteCount
    let gap = Self.gap(in: Block(address: UInt(page)), alignment)
    let least = (gap &+ size &+ Block.headerByteCount &+ page &- 1) / page
    let more = try? source.take(pageCount: max(least, Self.regionPageCount))
    guard let region = more ?? (try? source.take(pageCount: least)) else { return nil }
    let byteCount = region.byteCount &- Block.headerByteCount
    let block = Block(address: UInt(region.address))
    block.write(byteCount: byteCount, previous: 0, state: 0)
    block.advanced(by: byteCount).write(byteCount: 0, previous: byteCount, state: 1)
    if Checking.isEnabled {
      block.fill(Block.minimumByteCount..<byteCount, with: HeapPattern.poison)
    }
    counts.bytesFree &+= byteCount
    counts.regionCount &+= 1
    tree.insert(block)
    return block
  }

  /// Takes a part of a free block; what is before it and behind it stays free.
  private mutating func take(
    _ size: Int, of block: Block, at gap: Int, for byteCount: Int
  ) throws(HeapError) -> Block {
    guard let header = block.header, header.isFree else {
      throw .corrupted(address: block.address &+ 16)
    }
    let next = block.advanced(by: header.byteCount)
    guard let nextHeader = next.header else { throw .corrupted(address: next.address &+ 16) }
    let rest = header.byteCount &- gap &- size
    let splits = rest >= Block.minimumByteCount
    let used = splits ? size : size &+ rest
    let unused = used &- Block.headerByteCount &- byteCount
    if Checking.isEnabled,
      !block.holds(HeapPattern.poison, in: max(gap, Block.minimumByteCount)..<gap &+ used)
    {
      throw .writtenWhileFree(address: block.address &+ 16)
    }

    tree.remove(block)
    if gap > 0 {
      block.write(byteCount: gap, previous: header.previousByteCount, state: 0)
      tree.insert(block)
    }
    let taken = block.advanced(by: gap)
    taken.write(
      byteCount: used, previous: gap > 0 ? gap : header.previousByteCount,
      state: UInt32(unused &+ 1))
    if Checking.isEnabled {
      taken.fill(used &- unused..<used, with: HeapPattern.canary)
    }
    if splits {
      let tail = taken.advanced(by: used)
      tail.write(byteCount: rest, previous: used, state: 0)
      tree.insert(tail)
    }
    next.write(
      byteCount: nextHeader.byteCount, previous: splits ? rest : used, state: nextHeader.state)
    counts.take(used)
    return taken
  }
}
