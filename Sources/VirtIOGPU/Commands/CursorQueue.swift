import VirtIO

/// The cursor queue. Its commands have no response: the device only gives them back.
///
/// What is wanted of the cursor is kept here, and sent as soon as there is room; until then, only what is
/// newest is kept. So nobody ever waits for the cursor.
struct CursorQueue<Region: DMARegion, Bell: Doorbell>: ~Copyable {
  private var queue: Virtqueue<Region, Bell, 64>
  private var memory: DMABuffer<Region>
  private var chains: InlineArray<16, Chain?>
  /// A bit for each slot.
  private let all: UInt32
  /// A bit for each slot that the device does not have.
  private var free: UInt32
  /// Where the cursor is to be, and what it is to look like.
  private(set) var wanted = CursorState(scanout: ScanoutID(rawValue: 0))
  /// What the device was told last.
  private var told = CursorState(scanout: ScanoutID(rawValue: 0))
  private var due = Due.nothing

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
    chains = InlineArray(repeating: nil)
    queue.suppressInterrupts(true)
    for slot in 0..<min(queue.size, 16) {
      let request = Segment(
        address: memory.deviceAddress.advanced(by: slot &* Self.stride),
        byteCount: UInt32(MemoryLayout<CursorCommand>.size))
      chains[slot] = try? queue.makeChain(readable: request, writable: nil)
    }
    all = (1 << UInt32(truncatingIfNeeded: min(queue.size, 16))) &- 1
    free = all
    self.memory = memory
    self.queue = queue
  }

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
    guard wanted.resource != .none || told.resource != .none else { return }
    due = .everything
    try send()
  }

  /// Moves the cursor on its scanout; one doorbell at the most.
  ///
  /// - Throws: ``GPUError/queue(_:)``.
  mutating func move(toX x: UInt32, y: UInt32) throws(GPUError) {
    wanted.x = x
    wanted.y = y
    if due == .nothing { due = .position }
    try send()
  }

  /// Shows the cursor anew, or with no resource hides it; one doorbell at the most.
  ///
  /// - Throws: ``GPUError/queue(_:)``.
  mutating func update(_ cursor: CursorState) throws(GPUError) {
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
      try enqueue(due == .everything ? .update(wanted) : .move(wanted))
      told = wanted
      due = .nothing
      queue.publish()
    } catch {
      throw .queue(error)
    }
  }

  /// Hides the cursor where it was: on another scanout it is not the same one.
  @inline(never)
  private mutating func leave() throws(QueueError) {
    due = .everything
    if told.resource == .none { return }
    told.resource = .none
    try enqueue(.update(told))
    if free == 0, let completion = try queue.nextCompletion() { takeBack(completion) }
  }

  private mutating func enqueue(_ command: CursorCommand) throws(QueueError) {
    // A chain was made for each slot, in their order.
    let slot = free.trailingZeroBitCount
    guard let chain = chains[slot] else { throw .full }
    var bytes = memory.mutableBytes
    bytes.storeBytes(of: command, toByteOffset: slot &* Self.stride, as: CursorCommand.self)
    memory.prepareForDeviceReads(
      at: slot &* Self.stride, byteCount: MemoryLayout<CursorCommand>.size)
    try queue.enqueue(chain, readableByteCount: UInt32(MemoryLayout<CursorCommand>.size))
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
