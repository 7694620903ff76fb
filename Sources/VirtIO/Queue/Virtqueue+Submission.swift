extension Virtqueue {
  // MARK: Enqueuing

  /// Puts a chain in the queue as it is; the device sees it after ``publish()``.
  ///
  /// - Throws: ``QueueError``; nothing has changed then.
  @inline(__always)
  public mutating func enqueue(_ chain: Chain) throws(QueueError) {
    let index = Int(chain.index)
    guard index < capacity, records[index].phase == .idle else { throw refusal() }
    // The usual queue's few instructions are at the caller's, the others' are in one place.
    guard mode.isSplit else { return try enqueueWritten(index) }
    let number = enqueuedCount
    records[index].phase = .inFlight
    records[index].number = number
    enqueuedCount = number &+ 1
    region.store16(
      chain.index, uncheckedAt: Self.split.availableRingOffset &+ 2 &* Int(number & mask))
  }

  /// Puts a chain in the queue whose descriptors are to be written anew.
  @inline(never)
  private mutating func enqueueWritten(_ index: Int) throws(QueueError) {
    let number = enqueuedCount
    if mode.isPacked { storeAvailable(index) } else { try enqueueInOrder(index) }
    records[index].phase = .inFlight
    records[index].number = number
    enqueuedCount = number &+ 1
  }

  /// Puts a chain in the queue, with so much of its readable segment; the device sees it after
  /// ``publish()``.
  ///
  /// - Parameters:
  ///   - chain: One of this queue's that is not in flight.
  ///   - readableByteCount: How much is meant, now and each time from now on that it is enqueued
  ///     without saying.
  /// - Throws: ``QueueError``; nothing has changed then.
  public mutating func enqueue(_ chain: Chain, readableByteCount: UInt32) throws(QueueError) {
    let index = Int(chain.index)
    guard index < capacity else { throw refusal() }
    if records[index].readableByteCount != readableByteCount {
      try setReadableByteCount(readableByteCount, of: index)
    }
    try enqueue(chain)
  }

  @inline(never)
  private mutating func setReadableByteCount(_ byteCount: UInt32, of index: Int)
    throws(QueueError)
  {
    guard !mode.contains(.broken), records[index].phase == .idle else { throw refusal() }
    guard byteCount <= records[index].readableLimit else { throw .tooLong }
    guard byteCount > 0 else { throw .empty }
    records[index].readableByteCount = byteCount
    if records[index].isIndirect {
      region.store32(byteCount, uncheckedAt: tableOffset(of: index) &+ 8)
      return
    }
    descriptors[index].first.setByteCount(byteCount)
    if mode.isSplit {
      region.store32(
        byteCount,
        uncheckedAt: Self.split.descriptorOffset &+ Descriptor.byteCount &* index &+ 8)
    }
  }

  /// Writes a chain's descriptors to a packed ring.
  ///
  /// The head of the first chain of a batch is held back until all is published: the device goes no
  /// further than that, so the others need no order among themselves.
  ///
  /// - Spec: VirtIO 1.4 §2.8.21 "Supplying Buffers to The Device"
  @inline(__always)
  mutating func storeAvailable(_ index: Int) {
    let pair = descriptors[index]
    let offset = cursor.availableOffset
    let head = Self.packed.ringOffset &+ offset
    let bits = cursor.availableBits
    let hasTail = records[index].entryCount > 1
    if hasTail, offset &+ Descriptor.byteCount != cursor.byteCount {
      storeAvailable(pair.second, bits, at: head &+ Descriptor.byteCount)
      cursor.advanceAvailable(by: 2)
    } else {
      cursor.advanceAvailable()
      if hasTail {
        storeAvailable(pair.second, cursor.availableBits, at: Self.packed.ringOffset)
        cursor.advanceAvailable()
      }
    }
    region.store64(pair.first.address, uncheckedAt: head)
    let rest = pair.first.rest | bits
    if enqueuedCount == publishedCount {
      cursor.heldOffset = offset
      cursor.heldRest = rest
    } else {
      region.store64(rest, uncheckedAt: head &+ 8)
    }
  }

  @inline(__always)
  func storeAvailable(_ descriptor: Descriptor, _ bits: UInt64, at offset: Int) {
    region.store64(descriptor.address, uncheckedAt: offset)
    region.store64(descriptor.rest | bits, uncheckedAt: offset &+ 8)
  }

  // MARK: Publishing

  /// Shows the device all that was enqueued, and rings if it asks for that.
  ///
  /// - Spec: VirtIO 1.4 §2.7.13 "Supplying Buffers to The Device", §2.8.21 the same
  @inline(__always)
  public mutating func publish() {
    if !mode.isDisjoint(with: [.packed, .broken]) { return publishPacked() }
    let old = publishedCount
    let new = enqueuedCount
    guard new != old else { return }
    if mode.contains(.armsEvents) { beginBatch(event: new &- 1) }
    publishedCount = new
    if mode.contains(.ordersForPlatform) { region.fullBarrier() }
    notify(from: old, to: new)
  }

  /// Shows the device how far chains are available on a split ring, and rings if it asks for that.
  @inline(__always)
  mutating func notify(from old: UInt16, to new: UInt16) {
    region.storeReleasing16(new, uncheckedAt: Self.split.availableIndexOffset)
    // The index must be seen before the device's word is looked at: else the device may stop looking
    // and the driver stop ringing, both at once (§2.7.13.4.1).
    region.fullBarrier()
    let word = region.load16(uncheckedAt: suppressionOffset)
    if mode.contains(.eventIndex) {
      if Self.isCrossed(word, from: old, to: new) { return bell.ring(next: new) }
    } else if word & 1 == 0 {
      return bell.ring(next: new)
    }
    quietCount = new
  }

  /// Notifies the device of what it was shown last and has not given back, if it did not want to be notified: its
  /// word may have been wrong. Once for each time that something is published.
  ///
  /// To be called when an answer is late, and the device could be waiting as well.
  @inline(never)
  public mutating func remind() {
    guard quietCount == publishedCount, publishedCount != completedCount, !isBroken else { return }
    quietCount = completedCount
    bell.ring(next: mode.contains(.packed) ? cursor.available : publishedCount)
  }

  /// Whether the entry `event` was made available, when all before `old` was and now all before `new` is.
  ///
  /// - Spec: VirtIO 1.4 §2.7.10 "Available Buffer Notification Suppression"
  static func isCrossed(_ event: UInt16, from old: UInt16, to new: UInt16) -> Bool {
    new &- event &- 1 < new &- old
  }

  @inline(never)
  private mutating func publishPacked() {
    guard enqueuedCount != publishedCount, !mode.contains(.broken) else { return }
    if mode.contains(.armsEvents) { beginBatch(event: cursor.lastAvailable) }
    if mode.contains(.ordersForPlatform) { region.fullBarrier() }
    publishHeld()
  }

  /// Shows the device the head that was held back on a packed ring, and rings if it asks for that.
  @inline(__always)
  mutating func publishHeld() {
    publishedCount = enqueuedCount
    // Length, id and flags are one store: what was stored before is seen before the flags.
    region.storeReleasing64(
      cursor.heldRest, uncheckedAt: Self.packed.ringOffset &+ cursor.heldOffset &+ 8)
    region.fullBarrier()
    let event = region.load32(uncheckedAt: suppressionOffset)
    if isNotificationWanted(event) { return bell.ring(next: cursor.available) }
    quietCount = publishedCount
  }

  /// Whether the device wants to hear of what was published last.
  ///
  /// - Spec: VirtIO 1.4 §2.8.10 "Driver and Device Event Suppression"
  @inline(__always)
  private func isNotificationWanted(_ event: UInt32) -> Bool {
    let flags = event >> 16 & 3
    guard flags == 2, mode.contains(.eventIndex) else { return flags != 1 }
    let place = UInt16(truncatingIfNeeded: event)
    let new = cursor.availableEntry
    // A place of the lap before lies that much further back.
    let isThisLap = place & 0x8000 == cursor.availableWrap
    let entry = (place & 0x7fff) &- (isThisLap ? 0 : cursor.entryCount)
    let old = cursor.heldEntry
    return Self.isCrossed(entry, from: old < new ? old : old &- cursor.entryCount, to: new)
  }
}
