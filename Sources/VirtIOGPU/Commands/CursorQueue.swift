import VirtIO

/// The cursor queue. Its commands have no response: the device only gives them back.
///
/// What is wanted of the cursor is kept here, and sent as soon as there is room; until then, only what is
/// newest is kept. So nobody ever waits for the cursor.
struct CursorQueue<Region: DMARegion, Bell: Doorbell>: ~Copyable {
  var queue: Virtqueue<Region, Bell, 64>
  private var memory: DMABuffer<Region>
  private var chains: FixedArray<16, Chain?>
  /// A bit for each slot.
  private let all: UInt32
  /// A bit for each slot that the device does not have.
  private var free: UInt32
  /// Where the cursor is to be, and what it is to look like.
  private(set) var wanted = CursorState(scanout: ScanoutID(rawValue: 0))
  /// What the device was told last.
  private var told = CursorState(scanout: ScanoutID(rawValue: 0))
  private var due = Due.nothing
  /// A bit for each slot whose command moves the cursor that the device was told of: only the place is
  /// new next time.
  private var standing: UInt32 = 0
  /// Whether the device was told all, and the queue's records do not say which slots it has.
  private var isReady = false

  /// What the device has still to be told.
  private enum Due {
    case nothing
    /// Where the cursor is.
    case position
    /// All of it.
    case everything
  }

  private static var stride: Int { 64 }

  /// Makes the queue and lays out its slots.
  init<P: Platform, T: Transport & ~Copyable>(
    on device: inout NegotiatedDevice<T>, platform: borrowing P
  ) throws(GPUError) where P.Region == Region, T.Bell == Bell {
    let memory: DMABuffer<Region>
    do {
      memory = try DMABuffer(byteCount: 16 &* Self.stride, alignment: 64, from: platform)
    } catch {
      throw .outOfMemory(error)
    }
    var queue: Virtqueue<Region, Bell, 64>
    do {
      queue = try device.makeQueue(1, interrupts: true, on: platform)
    } catch {
      memory.free(to: platform)
      throw .device(error)
    }
    chains = FixedArray(repeating: nil)
    queue.suppressInterrupts(true)
    all = (1 << UInt32(truncatingIfNeeded: min(queue.size, 16))) &- 1
    free = all
    self.memory = memory
    self.queue = queue
    layOutChains()
  }

  /// Makes the chain of each slot, on a queue that has none.
  mutating func layOutChains() {
    var rest = all
    while rest != 0 {
      let slot = rest.trailingZeroBitCount
      rest &= rest &- 1
      let request = Segment(
        address: memory.deviceAddress.advanced(by: slot &* Self.stride),
        byteCount: UInt32(MemoryLayout<CursorCommand>.size))
      chains[slot] = try? queue.makeChain(readable: request, writable: nil)
    }
  }

  /// Forgets what the device was told: it shows no cursor, and has no command.
  mutating func forgetCommands() {
    free = all
    standing = 0
    due = .nothing
    told = wanted
    told.resource = .none
  }

  /// Notes that no cursor is wanted, on a device that shows none.
  mutating func hide() { wanted.resource = .none }

  /// Makes the device forget the queue and what is in it, take it up anew, and show the cursor as it is
  /// wanted. Blocks.
  mutating func restart<P: Platform, T: Transport & ~Copyable, W: Waiter>(
    on device: inout LiveDevice<T>, platform: borrowing P, waiting waiter: W
  ) throws(GPUError) where P.Region == Region, T.Bell == Bell {
    do {
      let proof = try device.reset(&queue, on: platform, waiting: waiter)
      try device.enable(&queue, after: proof)
    } catch {
      throw .device(error)
    }
    free = all
    isReady = false
    guard wanted.resource != .none || told.resource != .none else { return }
    due = .everything
    try send()
  }

  /// Moves the cursor on its scanout, if that takes no more than a command that stands; one doorbell at
  /// the most.
  ///
  /// - Returns: Whether it was done.
  // In a function of its own that calls no other: so it saves no register.
  @inline(never)
  @_optimize(speed)
  mutating func moveStanding(toX x: UInt32, y: UInt32) -> Bool {
    guard isReady else { return false }
    var free = free
    if let slot = queue.usedSingle() {
      let bit: UInt32 = 1 &<< UInt32(truncatingIfNeeded: slot)
      guard slot < 16, free & bit == 0 else { return false }
      queue.takeSingle()
      free |= bit
    }
    let ready = free & standing
    guard ready != 0 else {
      self.free = free
      return false
    }
    let slot = ready.trailingZeroBitCount
    self.free = free & ~(1 &<< UInt32(truncatingIfNeeded: slot))
    let offset = slot &* Self.stride &+ CursorCommand.positionOffset
    memory.store32(x, uncheckedAt: offset)
    memory.store32(y, uncheckedAt: offset &+ 4)
    wanted.x = x
    wanted.y = y
    queue.publishSingle(slot)
    return true
  }

  /// From now on the queue's records say which slots the device has.
  mutating func noteSlots() {
    guard isReady else { return }
    isReady = false
    told.x = wanted.x
    told.y = wanted.y
    for slot in 0..<all.nonzeroBitCount {
      queue.note(slot, isInFlight: free >> UInt32(truncatingIfNeeded: slot) & 1 == 0)
    }
  }

  /// From now on only what is kept here says it, if nothing is out of the ordinary.
  private mutating func forgetSlots() {
    isReady =
      Region.lineByteCount == 1 && due == .nothing && told == wanted && queue.passesSingles
  }

  /// Moves the cursor on its scanout; one doorbell at the most.
  ///
  /// - Throws: ``GPUError/queue(_:)``.
  @inline(never)
  mutating func move(toX x: UInt32, y: UInt32) throws(GPUError) {
    noteSlots()
    wanted.x = x
    wanted.y = y
    if due == .nothing { due = .position }
    try send()
    forgetSlots()
  }

  /// Shows the cursor anew, or with no resource hides it; one doorbell at the most.
  ///
  /// - Throws: ``GPUError/queue(_:)``.
  mutating func update(_ cursor: CursorState) throws(GPUError) {
    noteSlots()
    wanted = cursor
    due = .everything
    try send()
  }

  /// Whether the device has still to be told something.
  var isDue: Bool { due != .nothing }

  /// Tells the device what it has not been told, if there is room.
  ///
  /// - Throws: ``GPUError/queue(_:)``.
  mutating func send() throws(GPUError) {
    do throws(QueueError) {
      if let completion = try queue.nextCompletion() { takeBack(completion) }
      guard free != 0 else { return }
      if wanted.scanout != told.scanout { try leave() }
      guard free != 0 else { return queue.publish() }
      let slot = free.trailingZeroBitCount
      state(due == .everything ? .update(wanted) : .move(wanted), slot)
      try enqueue(slot)
      told = wanted
      due = .nothing
      queue.publish()
    } catch {
      // Nothing will come of it before the queue is reset, and then all is said anew.
      due = .nothing
      throw .queue(error)
    }
  }

  /// Hides the cursor where it was: on another scanout it is not the same one.
  @inline(never)
  private mutating func leave() throws(QueueError) {
    due = .everything
    if told.resource == .none { return }
    told.resource = .none
    let slot = free.trailingZeroBitCount
    state(.update(told), slot)
    try enqueue(slot)
    if free == 0, let completion = try queue.nextCompletion() { takeBack(completion) }
  }

  /// Writes a command to a slot that the device does not have.
  @inline(never)
  private mutating func state(_ command: CursorCommand, _ slot: Int) {
    let bit: UInt32 = 1 << UInt32(truncatingIfNeeded: slot)
    standing = command.header.type.value == CommandType.moveCursor.rawValue ? standing | bit : 0
    var bytes = memory.mutableBytes
    bytes.store(command, at: slot &* Self.stride)
    memory.prepareForDeviceReads(
      at: slot &* Self.stride, byteCount: MemoryLayout<CursorCommand>.size)
  }

  private mutating func enqueue(_ slot: Int) throws(QueueError) {
    // A chain was made for each slot, in their order.
    guard let chain = chains[slot & 15] else { throw .full }
    try queue.enqueue(chain)
    free &= free &- 1
  }

  private mutating func takeBack(_ completion: Completion) {
    free |= 1 << UInt32(truncatingIfNeeded: completion.chain.id)
  }

  /// Gives all memory back.
  consuming func free<P: Platform>(to platform: borrowing P, after proof: ResetProof)
  where P.Region == Region {
    queue.free(to: platform, after: proof)
    memory.free(to: platform)
  }
}
