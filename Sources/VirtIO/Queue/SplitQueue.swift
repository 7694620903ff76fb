/// The driver's side of a split virtqueue.
///
/// `capacity` is the most entries that the driver wants; the queue has as many as the device allows.
/// Everything that decides anything is kept in this value, where the device cannot write: what the
/// device writes to the rings is looked at once, checked, and believed only where it fits.
///
/// One context at a time may use a queue. No method blocks or allocates.
///
/// - Spec: VirtIO 1.4 §2.7 "Split Virtqueues"
public struct SplitQueue<Region: DMARegion, Bell: Doorbell, let capacity: Int>: ~Copyable {
  private let memory: DMABuffer<Region>
  private let layout: SplitLayout
  private let bell: Bell
  /// Whether VIRTIO_F_ORDER_PLATFORM was agreed: the device is outside the inner shareable domain, in
  /// which `stlrh` and `ldarh` order.
  private let ordersForPlatform: Bool

  /// The available index as the driver has it; what the device sees lags until ``publish()``.
  private var availableIndex: UInt16 = 0
  /// How far the used ring was read.
  private var usedIndex: UInt16 = 0
  /// How many chains are enqueued and not given back.
  private var outstanding: UInt16 = 0
  /// How many of them the device has not been shown.
  private var unpublished: UInt16 = 0
  /// How many descriptors belong to chains.
  private var descriptorCount = 0
  private var violation: QueueError.Violation?
  /// For each head: what the device may read and write of its chain, and whether it has it.
  private var chains: InlineArray<capacity, ChainState>

  private struct ChainState {
    var readableByteCount: UInt32 = 0
    var writableByteCount: UInt32 = 0
    var isInFlight = false
  }

  init(
    memory: consuming DMABuffer<Region>, layout: SplitLayout, bell: Bell,
    ordersForPlatform: Bool = false
  ) {
    self.memory = memory
    self.layout = layout
    self.bell = bell
    self.ordersForPlatform = ordersForPlatform
    chains = InlineArray(repeating: ChainState())
  }

  private var region: Region { memory.region }

  /// The number of entries.
  public var size: Int { layout.size }
  /// Whether the device broke the rules; nothing more comes of this queue.
  public var isBroken: Bool { violation != nil }
  /// How many chains the device has.
  public var outstandingCount: Int { Int(outstanding) }

  // MARK: Setting up

  /// Lays out a chain of what the device reads, then of what it writes.
  ///
  /// - Throws: ``QueueError/full`` if there are not enough descriptors left.
  /// - Spec: VirtIO 1.4 §2.7.4.2 "Driver Requirements: Message Framing"
  public mutating func makeChain(readable: Segment, writable: Segment?)
    throws(QueueError) -> Chain
  {
    let needed = writable == nil ? 1 : 2
    guard needed <= layout.size &- descriptorCount else { throw .full }
    let head = descriptorCount
    descriptorCount &+= needed
    store(readable, flags: writable == nil ? [] : .next, next: head &+ 1, at: head)
    if let writable { store(writable, flags: .write, next: 0, at: head &+ 1) }
    chains[head].readableByteCount = readable.byteCount
    chains[head].writableByteCount = writable?.byteCount ?? 0
    return Chain(head: UInt16(truncatingIfNeeded: head))
  }

  /// Lays out a chain that the device only writes.
  ///
  /// - Throws: ``QueueError/full`` if there is no descriptor left.
  public mutating func makeChain(writable: Segment) throws(QueueError) -> Chain {
    guard descriptorCount < layout.size else { throw .full }
    let head = descriptorCount
    descriptorCount &+= 1
    store(writable, flags: .write, next: 0, at: head)
    chains[head].writableByteCount = writable.byteCount
    return Chain(head: UInt16(truncatingIfNeeded: head))
  }

  private func store(_ segment: Segment, flags: DescriptorFlags, next: Int, at index: Int) {
    let offset = index &* SplitLayout.descriptorByteCount
    region.store64(segment.address.rawValue, uncheckedAt: offset)
    region.store32(segment.byteCount, uncheckedAt: offset &+ 8)
    region.store16(flags.rawValue, uncheckedAt: offset &+ 12)
    region.store16(
      flags.contains(.next) ? UInt16(truncatingIfNeeded: next) : 0, uncheckedAt: offset &+ 14)
  }

  /// Asks the device not to interrupt for used buffers, or to do so again. It is a hint.
  ///
  /// When it may again, there is to be a look for what it has used without a word: that comes after
  /// the device can see that it may.
  ///
  /// - Spec: VirtIO 1.4 §2.7.7.1 "Driver Requirements: Used Buffer Notification Suppression"
  public mutating func suppressInterrupts(_ suppressed: Bool) {
    region.store16(suppressed ? 1 : 0, uncheckedAt: layout.availableFlagsOffset)
    if !suppressed { region.fullBarrier() }
  }

  // MARK: To the device

  /// Puts a chain on the available ring; the device sees it after ``publish()``.
  ///
  /// - Parameter readableByteCount: How much of its readable segment is meant; 0 if it has none.
  /// - Throws: ``QueueError``; nothing has changed then.
  public mutating func enqueue(_ chain: Chain, readableByteCount: UInt32) throws(QueueError) {
    if let violation { throw .broken(violation) }
    let head = Int(chain.head)
    guard head < descriptorCount, !chains[head].isInFlight else { throw .inFlight }
    guard readableByteCount <= chains[head].readableByteCount else { throw .tooLong }
    chains[head].isInFlight = true
    outstanding &+= 1
    unpublished &+= 1
    let state = chains[head]
    region.store32(
      state.readableByteCount == 0 ? state.writableByteCount : readableByteCount,
      uncheckedAt: head &* SplitLayout.descriptorByteCount &+ 8)
    let slot = Int(availableIndex & layout.mask)
    region.store16(chain.head, uncheckedAt: layout.availableRingOffset &+ 2 &* slot)
    availableIndex &+= 1
  }

  /// Shows the device all that was enqueued, and rings if it asks for that.
  ///
  /// - Spec: VirtIO 1.4 §2.7.13 "Supplying Buffers to The Device"
  public mutating func publish() {
    unpublished = 0
    if ordersForPlatform { region.fullBarrier() }
    region.storeReleasing16(availableIndex, uncheckedAt: layout.availableIndexOffset)
    // The index must be seen before the flags are looked at: else the device may stop looking and
    // the driver stop ringing, both at once (§2.7.13.4.1).
    region.fullBarrier()
    if region.load16(uncheckedAt: layout.usedFlagsOffset) & 1 == 0 { bell.ring() }
  }

  // MARK: From the device

  /// Takes back the next chain that the device has used; nil if there is none.
  ///
  /// - Throws: ``QueueError/broken(_:)`` once the device has broken the rules, from then on always.
  /// - Spec: VirtIO 1.4 §2.7.14 "Receiving Used Buffers From The Device"
  public mutating func nextCompletion() throws(QueueError) -> Completion? {
    if let violation { throw .broken(violation) }
    let found = region.loadAcquiring16(uncheckedAt: layout.usedIndexOffset)
    let pending = found &- usedIndex
    if pending == 0 { return nil }
    if ordersForPlatform { region.fullBarrier() }
    let published = outstanding &- unpublished
    guard pending <= published else {
      throw latch(.usedIndex(found: found, outstanding: published))
    }
    let slot = Int(usedIndex & layout.mask)
    let offset = layout.usedRingOffset &+ slot &* SplitLayout.usedElementByteCount
    let id = region.load32(uncheckedAt: offset)
    let written = region.load32(uncheckedAt: offset &+ 4)
    guard let head = Int(exactly: id), head < descriptorCount, chains[head].isInFlight else {
      throw latch(.usedElement(id: id))
    }
    usedIndex &+= 1
    outstanding &-= 1
    chains[head].isInFlight = false
    return Completion(
      chain: Chain(head: UInt16(truncatingIfNeeded: head)),
      writtenByteCount: min(written, chains[head].writableByteCount))
  }

  private mutating func latch(_ violation: QueueError.Violation) -> QueueError {
    self.violation = violation
    return .broken(violation)
  }

  // MARK: Taking down

  /// Gives the queue's memory back, whatever was still in flight.
  ///
  /// - Parameter proof: That the device was reset, and so has forgotten the queue.
  public consuming func free<P: Platform>(to platform: borrowing P, after proof: ResetProof)
  where P.Region == Region {
    memory.free(to: platform)
  }
}

/// The flags of a descriptor.
///
/// - Spec: VirtIO 1.4 §2.7.5 "The Virtqueue Descriptor Table"
struct DescriptorFlags: OptionSet, Sendable {
  let rawValue: UInt16

  /// `VIRTQ_DESC_F_NEXT`: the chain goes on.
  static var next: Self { Self(rawValue: 1) }
  /// `VIRTQ_DESC_F_WRITE`: the device writes this segment.
  static var write: Self { Self(rawValue: 2) }
}
