extension Heap where Source: ~Copyable {
  #if DEBUG
  /// How many blocks were passed in searches.
  package var visitCount: Int { tree.visitCount }
  #endif

  /// What is wrong in the heap, if anything is. Looks at every block.
  ///
  /// - Parameter regions: All the runs of pages that the heap has.
  package func invariantViolation(regions: Span<PageRun>) -> StaticString? {
    var found = HeapStatistics()
    var freeCount = 0
    for index in regions.indices {
      if let violation = violation(in: regions[index], &found, &freeCount) { return violation }
      found.regionCount &+= 1
    }
    guard tree.isSound else { return "the tree is out of order" }
    if tree.count != freeCount { return "the tree does not hold all free blocks" }
    if found.bytesInUse != counts.bytesInUse || found.bytesFree != counts.bytesFree
      || found.allocationCount != counts.allocationCount
      || found.regionCount != counts.regionCount
    {
      return "the statistics are wrong"
    }
    return nil
  }

  private func violation(
    in region: PageRun, _ found: inout HeapStatistics, _ freeCount: inout Int
  ) -> StaticString? {
    var block = Block(address: UInt(region.address))
    let end = Block(address: UInt(region.address) &+ UInt(region.byteCount) &- 16)
    var previous: BlockHeader?
    while let header = block.header {
      if header.previousByteCount != previous?.byteCount ?? 0 { return "sizes disagree" }
      if header.unitCount == 0 { return block == end ? nil : "a region ends early" }
      if header.isFree {
        if previous?.isFree == true { return "free blocks side by side" }
        if !tree.contains(block) { return "a free block is not in the tree" }
        let inside = Block.minimumByteCount..<header.byteCount
        if Checking.isEnabled, !block.holds(HeapPattern.poison, in: inside) {
          return "a free block was written to"
        }
        found.bytesFree &+= header.byteCount
        freeCount &+= 1
      } else {
        found.bytesInUse &+= header.byteCount
        found.allocationCount &+= 1
      }
      previous = header
      block = block.advanced(by: header.byteCount)
    }
    return "a header is not whole"
  }
}

extension FreeTree {
  /// How many blocks there are.
  var count: Int { count(below: root) }

  private func count(below address: UInt) -> Int {
    guard address != 0 else { return 0 }
    let block = Block(address: address)
    return 1 + count(below: block[.left]) + count(below: block[.right])
  }

  /// Whether a block is where it would be looked for.
  func contains(_ block: Block) -> Bool {
    var address = root
    while address != 0, address != block.address {
      let next = Block(address: address)
      address = next[precedes(block, next) ? .left : .right]
    }
    return address != 0
  }

  /// Whether blocks are in order from left to right, and by priority from the root down.
  var isSound: Bool {
    var last: Block?
    return isSound(below: root, under: .max, after: &last)
  }

  private func isSound(below address: UInt, under bound: UInt64, after last: inout Block?) -> Bool {
    guard address != 0 else { return true }
    let block = Block(address: address)
    guard block.priority <= bound,
      isSound(below: block[.left], under: block.priority, after: &last)
    else { return false }
    if let last, !precedes(last, block) { return false }
    last = block
    return isSound(below: block[.right], under: block.priority, after: &last)
  }
}
