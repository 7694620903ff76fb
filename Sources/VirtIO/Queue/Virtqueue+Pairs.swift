// Two chains that were made one after the other, each of two segments, and that are enqueued and as a rule
// given back one after the other: one look, one account. Nothing of this is noted in the records, so that it
// costs no more: whoever passes pairs keeps track of them, and notes them when a queue is to be used
// otherwise.
extension Virtqueue {
  /// What the device says next.
  package enum UsedPair {
    /// Nothing, or only half of it.
    case nothing
    /// That it has used this chain and the one after it, and written as much as was expected to both.
    case chains(first: Int)
    /// Something else, that ``Virtqueue/nextCompletion()`` is for.
    case otherwise
  }

  /// Whether pairs can be passed: the ring is nothing out of the ordinary, and nobody wants interrupts.
  package var passesPairs: Bool {
    mode.isDisjoint(with: [.inOrder, .broken, .ordersForPlatform, .indirect, .armsEvents])
      && size > 2
  }

  /// Whether single chains can be passed in the same way.
  package var passesSingles: Bool {
    mode.isDisjoint(with: [.inOrder, .broken, .ordersForPlatform, .armsEvents])
  }

  /// Enqueues two chains that the device does not have, and that were laid out one after the other with
  /// two segments each; then publishes. Only if ``passesPairs``, and there is nothing that was enqueued
  /// and not published.
  @inline(__always)
  package mutating func publishPair(first: Int) {
    assert(enqueuedCount == publishedCount)
    if mode.contains(.packed) { return publishPackedPair(first) }
    let old = publishedCount
    let place = Int(old & mask)
    let id = UInt32(truncatingIfNeeded: first)
    let ring = Self.split.availableRingOffset
    if place & 1 == 0 {
      region.store32(id | (id &+ 1) << 16, uncheckedAt: ring &+ 2 &* place)
    } else {
      region.store16(UInt16(truncatingIfNeeded: id), uncheckedAt: ring &+ 2 &* place)
      let next = Int((old &+ 1) & mask)
      region.store16(UInt16(truncatingIfNeeded: id &+ 1), uncheckedAt: ring &+ 2 &* next)
    }
    let new = old &+ 2
    enqueuedCount = new
    publishedCount = new
    notify(from: old, to: new)
  }

  /// What the device has used next. Nothing is taken back; for a pair, that is
  /// ``takePair()``. Only if ``passesPairs``.
  @inline(__always)
  package mutating func usedPair(writing byteCount: UInt32) -> UsedPair {
    mode.contains(.packed) ? packedPair(writing: byteCount) : splitPair(writing: byteCount)
  }

  /// Takes back the pair that was found, which the device had.
  @inline(__always)
  package mutating func takePair() {
    completedCount &+= 2
    if mode.contains(.packed) { cursor.advanceUsed(by: 4) }
  }

  /// Notes in the records that the device has both chains of a pair, or that it has not.
  package mutating func notePair(first: Int, isInFlight: Bool) {
    note(first, isInFlight: isInFlight)
    note(first &+ 1, isInFlight: isInFlight)
  }

  /// Notes in the records that the device has a chain, which was published, or that it has not.
  package mutating func note(_ index: Int, isInFlight: Bool) {
    records[index].phase = isInFlight ? .inFlight : .idle
    records[index].number = publishedCount &- 1
  }

  /// Enqueues one chain of one segment that the device does not have, and publishes; otherwise as for a
  /// pair.
  @inline(__always)
  package mutating func publishSingle(_ index: Int) {
    assert(enqueuedCount == publishedCount)
    let old = publishedCount
    enqueuedCount = old &+ 1
    guard mode.contains(.packed) else {
      region.store16(
        UInt16(truncatingIfNeeded: index),
        uncheckedAt: Self.split.availableRingOffset &+ 2 &* Int(old & mask))
      publishedCount = old &+ 1
      return notify(from: old, to: old &+ 1)
    }
    let offset = cursor.availableOffset
    region.store64(
      descriptors[index].first.address, uncheckedAt: Self.packed.ringOffset &+ offset)
    cursor.heldOffset = offset
    cursor.heldRest = descriptors[index].first.rest | cursor.availableBits
    cursor.advanceAvailable()
    publishHeld()
  }

  /// Which chain of one segment the device says that it has used next: nil if it says nothing, and out of
  /// the range of chains if something is wrong. Nothing is taken back.
  @inline(__always)
  package mutating func usedSingle() -> Int? {
    if mode.contains(.packed) {
      let used = loadUsed()
      return cursor.isUsed(used) ? Int(truncatingIfNeeded: used >> 32 & 0xffff) : nil
    }
    let found = region.loadAcquiring16(uncheckedAt: Self.split.usedIndexOffset)
    let completed = completedCount
    if found == completed { return nil }
    guard found &- completed <= publishedCount &- completed else { return .max }
    return Int(truncatingIfNeeded: loadUsedElement(completed) & 0xffff_ffff)
  }

  /// Takes back the chain of one segment that was found, which the device had.
  @inline(__always)
  package mutating func takeSingle() {
    completedCount &+= 1
    if mode.contains(.packed) { cursor.advanceUsed(by: 1) }
  }

  /// Whether the device has both chains of a pair, as the records say.
  package mutating func hasPair(first: Int) -> Bool {
    records[first].phase == .inFlight && records[first &+ 1].phase == .inFlight
  }

  // MARK: Split

  @inline(__always)
  private mutating func splitPair(writing byteCount: UInt32) -> UsedPair {
    let found = region.loadAcquiring16(uncheckedAt: Self.split.usedIndexOffset)
    let completed = completedCount
    let pending = found &- completed
    if pending < 2 { return .nothing }
    guard pending <= publishedCount &- completed else { return .otherwise }
    let first = loadUsedElement(completed)
    let second = loadUsedElement(completed &+ 1)
    // The length is in the high half.
    guard second &- first == 1, first >> 32 == UInt64(byteCount) else { return .otherwise }
    return .chains(first: Int(truncatingIfNeeded: first & 0xffff_ffff))
  }

  /// `id` and `len` of a used element, of one moment.
  @inline(__always)
  private func loadUsedElement(_ number: UInt16) -> UInt64 {
    region.load64(
      uncheckedAt: Self.split.usedRingOffset
        &+ SplitLayout.usedElementByteCount &* Int(number & mask))
  }

  // MARK: Packed

  @inline(__always)
  private mutating func publishPackedPair(_ first: Int) {
    let offset = cursor.availableOffset
    let length = 4 &* Descriptor.byteCount
    guard offset &+ length <= cursor.byteCount else { return publishPackedPairApart(first) }
    let base = Self.packed.ringOffset &+ offset
    let bits = cursor.availableBits
    let step = Descriptor.byteCount
    storeAvailable(descriptors[first].second, bits, at: base &+ step)
    storeAvailable(descriptors[first &+ 1].first, bits, at: base &+ 2 &* step)
    storeAvailable(descriptors[first &+ 1].second, bits, at: base &+ 3 &* step)
    region.store64(descriptors[first].first.address, uncheckedAt: base)
    cursor.heldOffset = offset
    cursor.heldRest = descriptors[first].first.rest | bits
    cursor.advanceAvailable(by: 4)
    enqueuedCount &+= 2
    publishHeld()
  }

  @inline(__always)
  private mutating func publishPackedPairApart(_ first: Int) {
    storeAvailable(first)
    enqueuedCount &+= 1
    storeAvailable(first &+ 1)
    enqueuedCount &+= 1
    publishHeld()
  }

  @inline(__always)
  private mutating func packedPair(writing byteCount: UInt32) -> UsedPair {
    let ring = Self.packed.ringOffset &+ 8
    let offset = cursor.usedOffset
    var next = offset &+ 2 &* Descriptor.byteCount
    let flags = UInt64(cursor.usedFlags) << 48
    var nextFlags = flags
    if next >= cursor.byteCount {
      next &-= cursor.byteCount
      nextFlags ^= UInt64(RingCursor.both) << 48
    }
    // What it has used first may be seen last, so both are looked at in order.
    let first = region.loadAcquiring64(uncheckedAt: ring &+ offset) ^ flags
    if first & RingCursor.flagBits != 0 { return .nothing }
    let second = region.loadAcquiring64(uncheckedAt: ring &+ next) ^ nextFlags
    if second & RingCursor.flagBits != 0 { return .nothing }
    // The id is in the high half.
    guard second &- first == 1 << 32, first & 0xffff_ffff == UInt64(byteCount) else {
      return .otherwise
    }
    return .chains(first: Int(truncatingIfNeeded: first >> 32))
  }
}
