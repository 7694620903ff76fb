/// The driver's side of a virtqueue, split or packed as was agreed.
///
/// `capacity` is the most entries that the driver wants; the queue has as many as the device allows.
/// Everything that decides anything is kept in this value, where the device cannot write: what the
/// device writes to the ring is looked at once, checked, and believed only where it fits.
///
/// One context at a time may use a queue. No method blocks, allocates or searches.
///
/// - Spec: VirtIO 1.4 §2.6 "Virtqueues", §2.7 "Split Virtqueues", §2.8 "Packed Virtqueues"
public struct Virtqueue<Region: DMARegion, Bell: Doorbell, let capacity: Int>: ~Copyable {
  let memory: DMABuffer<Region>
  var bell: Bell
  var mode: QueueMode
  /// What the device was told of it.
  private(set) var placement: QueuePlacement
  /// Why the queue is out of service, if it is.
  private var fault: QueueError?

  // The three counts of chains run on past 65,535 and start over. On a split ring they are its indices.

  /// How many chains were enqueued.
  var enqueuedCount: UInt16 = 0
  /// How many of them the device was shown.
  var publishedCount: UInt16 = 0
  /// How many of these it has given back.
  var completedCount: UInt16 = 0
  /// How many it had been shown when last it did not want to be notified.
  var quietCount: UInt16 = 0

  var records: FixedArray<capacity, ChainRecord>
  private var chainCount: UInt16 = 0
  /// How many entries belong to chains, whether they are in flight or not: so there is always room.
  private var entryCount = 0

  /// The mask that turns an index of a split ring into a place.
  let mask: UInt16
  /// Where the device says whether it wants to be notified.
  let suppressionOffset: Int

  /// Where descriptors are written anew each time: on a packed ring, and if the device works in order.
  var cursor: RingCursor
  var descriptors: FixedArray<capacity, DescriptorPair>
  /// Which chains are in flight, in order, if the device works in order.
  var ledger = InOrderLedger<capacity>()
  /// The batches that were published, if the device is to interrupt.
  var batches = BatchLog<capacity>()

  static var split: SplitLayout {
    SplitLayout(capacity: capacity, lineByteCount: Region.lineByteCount)
  }
  static var packed: PackedLayout {
    PackedLayout(capacity: capacity, lineByteCount: Region.lineByteCount)
  }

  init(memory: consuming DMABuffer<Region>, placement: QueuePlacement, mode: QueueMode, bell: Bell)
  {
    let size = Int(placement.size)
    self.memory = memory
    self.placement = placement
    self.mode = mode
    self.bell = bell
    mask = placement.size &- 1
    suppressionOffset =
      if mode.contains(.packed) {
        Self.packed.deviceEventOffset
      } else if mode.contains(.eventIndex) {
        Self.split.availableEventOffset(size: size)
      } else {
        Self.split.usedFlagsOffset
      }
    cursor = RingCursor(entryCount: size)
    records = FixedArray(repeating: ChainRecord())
    descriptors = FixedArray(repeating: DescriptorPair())
    if mode.contains(.eventIndex) { suppressInterrupts(false) }
  }

  var region: Region { memory.region }

  /// The number of entries.
  public var size: Int { Int(placement.size) }
  /// Whether the queue is out of service: the device broke the rules, or was made to forget the queue.
  public var isBroken: Bool { mode.contains(.broken) }
  /// How many chains the device has, or will have after ``publish()``.
  public var outstandingCount: Int { Int(enqueuedCount &- completedCount) }

  // MARK: Setting up

  /// Lays out a chain of what the device reads, then of what it writes.
  ///
  /// - Throws: ``QueueError/full`` if there are not enough entries left; ``QueueError/empty`` or
  ///   ``QueueError/tooLong`` for segments that no chain may have.
  /// - Spec: VirtIO 1.4 §2.7.4.2 "Driver Requirements: Message Framing"
  public mutating func makeChain(readable: Segment, writable: Segment?)
    throws(QueueError) -> Chain
  {
    guard readable.byteCount > 0, writable?.byteCount != 0 else { throw .empty }
    guard readable.byteCount <= .max &- (writable?.byteCount ?? 0) else { throw .tooLong }
    let index = try takeEntries(segmentCount: writable == nil ? 1 : 2)
    records[index].readableLimit = readable.byteCount
    records[index].readableByteCount = readable.byteCount
    records[index].writableByteCount = writable?.byteCount ?? 0
    layOut(readable, [], then: writable, index)
    return Chain(index: UInt16(truncatingIfNeeded: index))
  }

  /// Lays out a chain of which the device reads nothing.
  ///
  /// - Throws: ``QueueError/full`` if there is no entry left; ``QueueError/empty``.
  public mutating func makeChain(writable: Segment) throws(QueueError) -> Chain {
    guard writable.byteCount > 0 else { throw .empty }
    let index = try takeEntries(segmentCount: 1)
    records[index].writableByteCount = writable.byteCount
    layOut(writable, .write, then: nil, index)
    return Chain(index: UInt16(truncatingIfNeeded: index))
  }

  /// Takes entries for a chain.
  ///
  /// A table of descriptors costs the device one more look at memory, and the driver nothing. So there
  /// are tables only where they pay: where the ring has fewer entries than the driver wants.
  ///
  /// - Returns: The number of the chain.
  private mutating func takeEntries(segmentCount: Int) throws(QueueError) -> Int {
    let isIndirect = mode.contains(.indirect) && segmentCount > 1
    let needed = isIndirect ? 1 : segmentCount
    // No chain may have more descriptors than the queue has entries, not even in a table.
    guard segmentCount <= size, needed <= size &- entryCount else { throw .full }
    let index = Int(chainCount)
    chainCount &+= 1
    entryCount &+= needed
    records[index].phase = .idle
    records[index].shape = isIndirect ? .table : needed > 1 ? .pair : .single
    return index
  }

  private mutating func layOut(
    _ first: Segment, _ flags: DescriptorFlags, then second: Segment?, _ index: Int
  ) {
    let id = UInt16(truncatingIfNeeded: index)
    guard let second else {
      return place(DescriptorPair(first: descriptor(first, flags, id: id)), index)
    }
    guard records[index].isIndirect else {
      // In order, what is next depends on where the chain will come to lie.
      let tail = mode.isSplit ? size &- (entryCount &- Int(chainCount)) : 0
      let next = UInt16(truncatingIfNeeded: tail)
      let head = descriptor(first, flags.union(.next), next: next, id: id)
      return place(
        DescriptorPair(first: head, second: descriptor(second, .write, id: id)), index)
    }
    let offset = tableOffset(of: index)
    // On a packed ring the order of a table is its order in memory, and nothing but WRITE is said.
    descriptor(first, mode.contains(.packed) ? flags : flags.union(.next), next: 1, id: 0)
      .store(in: region, uncheckedAt: offset)
    descriptor(second, .write, id: 0)
      .store(in: region, uncheckedAt: offset &+ Descriptor.byteCount)
    let table = Segment(
      address: memory.deviceAddress.advanced(by: offset),
      byteCount: UInt32(truncatingIfNeeded: IndirectTable.byteCount))
    place(DescriptorPair(first: descriptor(table, .indirect, id: id)), index)
  }

  private func descriptor(
    _ segment: Segment, _ flags: DescriptorFlags, next: UInt16 = 0, id: UInt16
  ) -> Descriptor {
    mode.contains(.packed)
      ? .packed(segment, flags, id: id) : .split(segment, flags, next: next)
  }

  /// Where the table of a chain lies.
  func tableOffset(of index: Int) -> Int {
    (mode.contains(.packed) ? Self.packed.tableOffset : Self.split.tableOffset)
      &+ IndirectTable.byteCount &* index
  }

  /// Keeps a chain's descriptors; those that never move are stored for good.
  ///
  /// Heads grow from the start of the table, so that the number of a chain is its head, and what comes
  /// after heads grows from its end.
  private mutating func place(_ pair: DescriptorPair, _ index: Int) {
    descriptors[index] = pair
    place(index)
  }

  /// Stores the descriptors of a chain, if they never move.
  private mutating func place(_ index: Int) {
    guard mode.isDisjoint(with: [.packed, .inOrder]) else { return }
    let table = Self.split.descriptorOffset
    let pair = descriptors[index]
    pair.first.store(in: region, uncheckedAt: table &+ Descriptor.byteCount &* index)
    if records[index].entryCount > 1 {
      pair.second.store(in: region, uncheckedAt: table &+ Descriptor.byteCount &* pair.tail)
    }
  }

  // MARK: Out of service

  /// Why a chain is refused.
  @inline(never)
  mutating func refusal() -> QueueError { fault ?? .inFlight }

  /// Makes sure that the queue may be used.
  func requireService() throws(QueueError) {
    if let fault { throw fault }
  }

  /// Gives up on the queue.
  @inline(never)
  mutating func latch(_ violation: QueueError.Violation) -> QueueError {
    takeOutOfService(.broken(violation))
    return .broken(violation)
  }

  /// From now on, the queue does nothing but say why.
  mutating func takeOutOfService(_ fault: QueueError) {
    self.fault = fault
    mode.insert(.broken)
  }

  /// Has all chains with the driver again, as when they had just been laid out. The device, which has
  /// forgotten the queue, finds an empty ring when it is enabled, and the descriptors as they should be,
  /// whatever it has written to them; not so those in tables of their own.
  mutating func renew() {
    clearRing()
    forgetCounts()
    for index in 0..<Int(chainCount) {
      records[index].phase = .idle
      place(index)
    }
  }

  /// Starts at the first entry again.
  private mutating func forgetCounts() {
    enqueuedCount = 0
    publishedCount = 0
    completedCount = 0
    quietCount = 0
    cursor = RingCursor(entryCount: size)
    ledger = InOrderLedger()
  }

  /// Becomes what it was when it was made, but for what was asked of interrupts: no chains, and memory
  /// full of zeroes, whatever the device has written to it. The device has forgotten the queue.
  ///
  /// - Parameter maximumSize: The most entries that the device would take now: no fewer than there are.
  mutating func startOver(maximumSize: UInt16) {
    placement = placement.allowing(maximumSize)
    for index in 0..<Int(chainCount) { records[index] = ChainRecord() }
    chainCount = 0
    entryCount = 0
    // What the device has written last may not have been looked at.
    memory.prepareForCPUReads(at: 0, byteCount: memory.byteCount)
    clear(0, upTo: memory.byteCount)
    forgetCounts()
  }

  /// Back in service: the device knows the queue.
  mutating func enterService(_ bell: Bell) {
    self.bell = bell
    fault = nil
    mode.remove(.broken)
    suppressInterrupts(mode.contains(.silent))
  }

  /// Zeroes what the two sides tell each other; descriptors that never move stay.
  private func clearRing() {
    if mode.contains(.packed) {
      return clear(0, upTo: Self.packed.deviceEventOffset &+ 4)
    }
    clear(Self.split.availableOffset, upTo: Self.split.descriptorOffset)
    clear(Self.split.usedOffset, upTo: Self.split.availableEventOffset(size: size) &+ 2)
  }

  private func clear(_ start: Int, upTo end: Int) {
    var offset = start
    while offset < end {
      region.store16(0, uncheckedAt: offset)
      offset &+= 2
    }
    region.prepareForDeviceWrites(uncheckedAt: start, byteCount: end &- start)
    region.fullBarrier()
  }

  // MARK: Taking down

  /// Gives the queue's memory back, whatever was still in flight.
  ///
  /// - Parameters:
  ///   - platform: Where the memory came from.
  ///   - proof: That the device was reset, and so has forgotten the queue.
  public consuming func free<P: Platform>(to platform: borrowing P, after proof: ResetProof)
  where P.Region == Region {
    memory.free(to: platform)
  }

  /// Gives the queue's memory back if the device was reset; else it is lost, as the device may still use it.
  ///
  /// In a method, for the reason that ``DMABuffer`` has one.
  package consuming func free<P: Platform>(to platform: borrowing P, ifAny proof: ResetProof?)
  where P.Region == Region {
    memory.free(to: platform, unless: proof == nil)
  }

  /// Gives the queue's memory back, whatever was still in flight.
  ///
  /// - Parameters:
  ///   - platform: Where the memory came from.
  ///   - proof: That the device was made to forget this queue.
  public consuming func free<P: Platform>(
    to platform: borrowing P, after proof: consuming QueueResetProof
  ) where P.Region == Region {
    precondition(proof.queue == placement.index)
    memory.free(to: platform)
  }
}
