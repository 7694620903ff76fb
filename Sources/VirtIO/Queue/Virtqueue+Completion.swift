extension Virtqueue {
  /// Takes back the next chain that the device has used; nil if there is none.
  ///
  /// - Throws: ``QueueError/broken(_:)`` once the device has broken the rules, from then on always.
  /// - Spec: VirtIO 1.4 §2.7.14 "Receiving Used Buffers From The Device", §2.8.22 the same
  @inline(__always)
  public mutating func nextCompletion() throws(QueueError) -> Completion? {
    repeat {
      if mode.isSplit {
        let found = region.loadAcquiring16(uncheckedAt: Self.split.usedIndexOffset)
        if found != completedCount { return try takeSplit(upTo: found) }
      } else if let completion = try nextWritten() {
        return completion
      }
      // Between the look and the wish to be interrupted something may have come.
    } while mode.contains(.armsEvents) && armEvent()
    return nil
  }

  /// Takes back the next chain of a ring on which descriptors are written anew.
  @inline(never)
  private mutating func nextWritten() throws(QueueError) -> Completion? {
    guard mode.isPacked else { return try nextInOrder() }
    let used = loadUsed()
    return cursor.isUsed(used) ? try takePacked(used) : nil
  }

  @inline(__always)
  private mutating func takeSplit(upTo found: UInt16) throws(QueueError) -> Completion {
    if mode.contains(.ordersForPlatform) { region.fullBarrier() }
    let completed = completedCount
    let published = publishedCount &- completed
    guard found &- completed <= published else {
      throw latch(.usedIndex(found: found, outstanding: published))
    }
    let offset =
      Self.split.usedRingOffset &+ SplitLayout.usedElementByteCount &* Int(completed & mask)
    let id = region.load32(uncheckedAt: offset)
    return try take(id, region.load32(uncheckedAt: offset &+ 4), after: completed)
  }

  /// What the device says at the descriptor at which it goes on: length, id and flags, of one moment.
  @inline(__always)
  func loadUsed() -> UInt64 {
    region.loadAcquiring64(uncheckedAt: Self.packed.ringOffset &+ cursor.usedOffset &+ 8)
  }

  @inline(__always)
  private mutating func takePacked(_ used: UInt64) throws(QueueError) -> Completion {
    // What the device wrote to the buffer is read after this.
    if mode.contains(.ordersForPlatform) { region.fullBarrier() }
    let id = UInt32(truncatingIfNeeded: used >> 32 & 0xffff)
    let completion = try take(id, UInt32(truncatingIfNeeded: used), after: completedCount)
    cursor.advanceUsed(by: records[Int(id)].entryCount)
    return completion
  }

  /// Takes back the chain that the device says it has used, if it has it.
  @inline(__always)
  private mutating func take(_ id: UInt32, _ written: UInt32, after completed: UInt16)
    throws(QueueError) -> Completion
  {
    guard id < UInt32(truncatingIfNeeded: capacity), records[Int(id)].phase == .inFlight else {
      throw latch(.usedElement(id: id))
    }
    let index = Int(id)
    if publishedCount != enqueuedCount, isHeldBack(index) { throw latch(.usedElement(id: id)) }
    records[index].phase = .idle
    completedCount = completed &+ 1
    return Completion(
      chain: Chain(index: UInt16(truncatingIfNeeded: index)),
      writtenByteCount: min(written, records[index].writableByteCount))
  }

  /// Whether a chain was enqueued and not published yet: if it came back now, the device would be shown
  /// later what is no longer its own.
  @inline(never)
  private mutating func isHeldBack(_ index: Int) -> Bool {
    records[index].number &- publishedCount < enqueuedCount &- publishedCount
  }
}
