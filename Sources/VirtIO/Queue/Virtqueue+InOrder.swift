// Where the device uses buffers in the order in which they were made available, descriptors follow each
// other round the ring, split or packed, and one word of the device can be about several chains.
extension Virtqueue {
  /// Puts a chain behind those before it.
  @inline(never)
  mutating func enqueueInOrder(_ index: Int) throws(QueueError) {
    guard !mode.contains(.broken) else { throw refusal() }
    let entry = cursor.availableEntry
    ledger.enqueue(index, entry: entry, number: enqueuedCount)
    if mode.contains(.packed) { return storeAvailable(index) }
    let table = Self.split.descriptorOffset
    var head = descriptors[index].first
    let offset = table &+ cursor.availableOffset
    cursor.advanceAvailable()
    if records[index].entryCount > 1 {
      // The next in the table, or its first: `next` has to say so (§2.7.5.1).
      head.rest |= UInt64(cursor.availableEntry) << 48
      descriptors[index].second.store(in: region, uncheckedAt: table &+ cursor.availableOffset)
      cursor.advanceAvailable()
    }
    head.store(in: region, uncheckedAt: offset)
    region.store16(
      entry, uncheckedAt: Self.split.availableRingOffset &+ 2 &* Int(enqueuedCount & mask))
  }

  /// Takes back the next chain; nil if the device has not told of it.
  @inline(never)
  mutating func nextInOrder() throws(QueueError) -> Completion? {
    try requireService()
    if completedCount == ledger.batchEnd, try !beginUsedBatch() { return nil }
    let index = ledger.chain(at: cursor.usedEntry)
    cursor.advanceUsed(by: records[index].entryCount)
    records[index].phase = .idle
    completedCount &+= 1
    let writable = records[index].writableByteCount
    let isLast = completedCount == ledger.batchEnd
    return Completion(
      chain: Chain(index: UInt16(truncatingIfNeeded: index)),
      writtenByteCount: isLast ? min(ledger.writtenByteCount, writable) : writable)
  }

  /// Looks for the device's next word.
  ///
  /// - Returns: Whether there was one.
  private mutating func beginUsedBatch() throws(QueueError) -> Bool {
    let published = publishedCount &- completedCount
    let word: (id: UInt32, chain: Int?, written: UInt32, limit: UInt16)
    if mode.contains(.packed) {
      let used = loadUsed()
      guard cursor.isUsed(used) else { return false }
      if mode.contains(.ordersForPlatform) { region.fullBarrier() }
      let id = Int(truncatingIfNeeded: used >> 32 & 0xffff)
      word = (UInt32(truncatingIfNeeded: id), id, UInt32(truncatingIfNeeded: used), published)
    } else {
      let found = region.loadAcquiring16(uncheckedAt: Self.split.usedIndexOffset)
      let pending = found &- completedCount
      if pending == 0 { return false }
      if mode.contains(.ordersForPlatform) { region.fullBarrier() }
      guard pending <= published else {
        throw latch(.usedIndex(found: found, outstanding: published))
      }
      let offset =
        Self.split.usedRingOffset
        &+ SplitLayout.usedElementByteCount &* Int(completedCount & mask)
      let id = region.load32(uncheckedAt: offset)
      word = (id, chain(withHead: id), region.load32(uncheckedAt: offset &+ 4), pending)
    }
    guard let chain = word.chain, chain < capacity, records[chain].phase == .inFlight else {
      throw latch(.usedElement(id: word.id))
    }
    let count = ledger.batchCount(upTo: chain, after: completedCount)
    guard count > 0, count <= word.limit else { throw latch(.usedElement(id: word.id)) }
    ledger.beginBatch(end: completedCount &+ count, writtenByteCount: word.written)
    return true
  }

  /// The chain that has its head at an entry now; nil if it is no head.
  private mutating func chain(withHead id: UInt32) -> Int? {
    guard id < UInt32(placement.size) else { return nil }
    let entry = UInt16(truncatingIfNeeded: id)
    let chain = ledger.chain(at: entry)
    return ledger.entry(of: chain) == entry ? chain : nil
  }
}
