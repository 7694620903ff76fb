extension Heap where Source: ~Copyable {
  /// Gives back what starts at `address`.
  ///
  /// Does not block. Pages in which nothing is left go back to where they came from.
  ///
  /// - Throws: `misaligned`, `foreign`, `alreadyFree`, `insideBlock`, `corrupted`; from a checked
  ///   heap also `overrun`. Then nothing has changed.
  public mutating func free(_ address: UInt) throws(HeapError) {
    guard address & 15 == 0 else { throw .misaligned(address: address) }
    guard let region = source.run(taken: UInt64(address)) else { throw .foreign(address: address) }
    let block = Block(address: address &- 16)
    guard block.address >= region.address, let header = block.header, !header.isFree,
      header.unitCount > 0
    else { throw fault(at: address, in: region) }
    if Checking.isEnabled {
      let canaries = header.byteCount &- header.unusedByteCount..<header.byteCount
      guard block.holds(HeapPattern.canary, in: canaries) else { throw .overrun(address: address) }
    }
    let next = block.advanced(by: header.byteCount)
    guard let nextHeader = next.header, nextHeader.previousUnitCount == header.unitCount else {
      throw .corrupted(address: next.address &+ 16)
    }
    let previous = block.advanced(by: -header.previousByteCount)
    guard let previousHeader = previous.header,
      previous == block || previousHeader.unitCount == header.previousUnitCount
    else { throw .corrupted(address: previous.address &+ 16) }

    counts.give(header.byteCount)
    erase(block, Block.headerByteCount..<header.byteCount)
    var (whole, wholeHeader) = (block, header)
    var byteCount = header.byteCount
    if previousHeader.isFree {
      // A second free of the block must not find it in use.
      block.write(byteCount: byteCount, previous: header.previousByteCount, state: 0)
      erase(block, 0..<Block.headerByteCount)
      tree.remove(previous)
      (whole, wholeHeader) = (previous, previousHeader)
      byteCount &+= previousHeader.byteCount
    }
    if nextHeader.isFree {
      tree.remove(next)
      erase(next, 0..<Block.minimumByteCount)
      byteCount &+= nextHeader.byteCount
    }
    whole.write(byteCount: byteCount, previous: wholeHeader.previousByteCount, state: 0)
    settle(whole, byteCount, region, isFirst: wholeHeader.previousUnitCount == 0)
  }

  /// Keeps a free block, or gives the region back that it fills.
  private mutating func settle(
    _ block: Block, _ byteCount: Int, _ region: PageRun, isFirst: Bool
  ) {
    let isAll = isFirst && byteCount == region.byteCount &- Block.headerByteCount
    if isAll, (try? source.give(region)) != nil {
      counts.bytesFree &-= byteCount
      counts.regionCount &-= 1
      return
    }
    let next = block.advanced(by: byteCount)
    if let header = next.header {
      next.write(byteCount: header.byteCount, previous: byteCount, state: header.state)
    }
    tree.insert(block)
  }

  /// Poisons what nobody may read any more.
  private func erase(_ block: Block, _ range: Range<Int>) {
    if Checking.isEnabled { block.fill(range, with: HeapPattern.poison) }
  }

  /// What is wrong with an address that is not that of a block in use. Takes time in the number of
  /// blocks before it.
  private func fault(at address: UInt, in region: PageRun) -> HeapError {
    var block = Block(address: UInt(region.address))
    while let header = block.header {
      guard header.unitCount > 0 else { return .foreign(address: address) }
      let next = block.advanced(by: header.byteCount)
      if address < next.address {
        return header.isFree
          ? .alreadyFree(address: address)
          : .insideBlock(address: address, block: block.address &+ 16)
      }
      block = next
    }
    return .corrupted(address: block.address &+ 16)
  }
}
