import VirtIO

/// The control queue with its commands: slots that were laid out once, each with room for a request
/// and its response.
///
/// A command is *posted* for an owner and judged when the device gives it back. Whoever wants to know
/// how it went looks at the owner's account, or takes the frames that are finished; nobody keeps a
/// command.
struct ControlQueue<Region: DMARegion, Bell: Doorbell>: ~Copyable {
  typealias Layout = CommandLayout<Region>

  /// The commands of whole frames that stand ready, for each of ``frames``.
  var standing = InlineArray<8, StandingFrame> { _ in StandingFrame() }
  /// A bit for each scanout with such commands.
  var standingScanouts: UInt16 = 0
  private var lastFence: UInt64 = 0
  var memory: DMABuffer<Region>
  var queue: Virtqueue<Region, Bell, 64>
  let layout: Layout
  var chains: FixedArray<32, Chain?>
  /// Memory for a response that is too long for a slot, while there is one.
  var longAnswer: LongAnswer<Region>?
  /// A bit for each slot whose chain leads elsewhere; see ``post(from:_:for:)``.
  var redirectedSlots: UInt32 = 0
  /// The commands that are no frame's own.
  var slots: CommandSlots
  /// How the commands of owners that are no frames have fared.
  var accounts = FixedArray<34, CommandAccount>(repeating: CommandAccount())
  /// The commands that are a frame's own.
  var frames = FixedArray<8, FrameCommands>(repeating: FrameCommands())
  /// A bit for each of these that a frame may take.
  var freeFrames: UInt8
  /// A bit for each of these with which the device is done, and nobody was told.
  var finishedFrames: UInt8 = 0
  /// Where interrupts leave word; the device is not told of this place.
  let interruptLatch: InterruptLatch
  /// Whether the device was asked not to interrupt for what it has done.
  private(set) var suppressesInterrupts = true
  /// A bit for each scanout whose EDID is kept.
  var describedScanouts: UInt16 = 0

  /// Makes the queue and lays out its slots, with room to keep an EDID for each scanout.
  @inline(never)
  init<P: Platform, T: Transport & ~Copyable>(
    on device: inout NegotiatedDevice<T>, scanoutCount: Int, sharesPixels: Bool,
    platform: borrowing P
  ) throws(GPUError) where P.Region == Region, T.Bell == Bell {
    let memory: DMABuffer<Region>
    do {
      memory = try DMABuffer(
        byteCount: Layout.byteCount(scanoutCount: scanoutCount), alignment: 64, from: platform)
    } catch {
      throw .outOfMemory(error)
    }
    var queue: Virtqueue<Region, Bell, 64>
    do {
      queue = try device.makeQueue(
        0, atLeast: 2 &* Layout.minimumCount, interrupts: true, on: platform)
    } catch {
      memory.free(to: platform)
      throw .device(error)
    }
    queue.suppressInterrupts(true)
    layout = Layout(
      commandCount: queue.size / 2, scanoutCount: scanoutCount, sharesPixels: sharesPixels)
    slots = CommandSlots(general: layout.generalSlots)
    freeFrames = layout.allFrames
    chains = FixedArray(repeating: nil)
    interruptLatch = memory.interruptLatch(at: Layout.interruptLatch(scanoutCount: scanoutCount))
    self.memory = memory
    self.queue = queue
    layOutChains()
  }

  /// Makes the chain of each slot, on a queue that has none.
  mutating func layOutChains() {
    for slot in 0..<layout.slotCount {
      let request = Segment(
        address: memory.deviceAddress.advanced(by: Layout.request(slot)),
        byteCount: UInt32(truncatingIfNeeded: layout.requestByteCount(slot)))
      let response = Segment(
        address: memory.deviceAddress.advanced(by: Layout.response(slot)),
        byteCount: UInt32(truncatingIfNeeded: Layout.responseByteCount(slot)))
      chains[slot] = try? queue.makeChain(readable: request, writable: response)
    }
  }

  /// A fence id that was not used before, greater than all that were.
  mutating func nextFence() -> UInt64 {
    lastFence &+= 1
    return lastFence
  }

  /// Asks the device not to interrupt for what it has done, or to do so.
  mutating func suppressInterrupts(_ suppressed: Bool) {
    suppressesInterrupts = suppressed
    queue.suppressInterrupts(suppressed)
  }

  // MARK: Posting

  /// Makes sure that so many commands can be posted, so that a batch is posted wholly or not at all.
  ///
  /// - Throws: ``GPUError/busy`` if they cannot.
  mutating func reserve(_ count: Int) throws(GPUError) {
    if slots.freeCount >= count { return }
    try drain()
    guard slots.freeCount >= count else { throw .busy }
  }

  /// Puts a command in the queue; the device sees it after ``publish()``.
  ///
  /// - Parameter fence: The fence in its header, if there is one.
  /// - Throws: ``GPUError/busy`` if no slot is free.
  mutating func post<Command: ControlCommand>(
    _ command: Command, _ subject: CommandSubject, fence: UInt64 = 0, for owner: CommandOwner
  ) throws(GPUError) {
    guard let slot = slots.nextFree else { throw .busy }
    store(command, in: slot)
    try send(slot, MemoryLayout<Command>.size, CommandRecord(subject, fence: fence, owner: owner))
  }

  /// Puts a question with a long response in the queue, in the one slot that its type has.
  ///
  /// - Throws: ``GPUError/busy`` while the device has the last of that type.
  mutating func inquire<Command: ControlCommand>(
    _ command: Command, _ subject: CommandSubject, for owner: CommandOwner
  ) throws(GPUError) {
    let slot = Layout.inquirySlot(of: subject.command)
    guard !slots.isInFlight(slot) else { throw .busy }
    store(command, in: slot)
    try send(slot, MemoryLayout<Command>.size, CommandRecord(subject, fence: 0, owner: owner))
  }

  /// Whether the device still has a question of a type.
  func isInquiring(_ type: CommandType) -> Bool {
    slots.isInFlight(Layout.inquirySlot(of: type))
  }

  /// Writes a request where the device will find it, and clears the place of its response. The slot is
  /// not in flight.
  mutating func store<Command: ControlCommand>(_ command: Command, in slot: Int) {
    var bytes = memory.mutableBytes
    bytes.store(command, at: Layout.request(slot))
    memory.prepareForDeviceReads(
      at: Layout.request(slot), byteCount: MemoryLayout<Command>.size)
    clearResponse(slot)
  }

  /// Clears the place of a response.
  mutating func clearResponse(_ slot: Int) {
    clearResponse(at: Layout.response(slot), byteCount: Layout.responseByteCount(slot))
  }

  /// What is not written by the device must not look like a response: its type and flags are cleared.
  @inline(__always)
  mutating func clearResponse(at offset: Int, byteCount: Int) {
    var bytes = memory.mutableBytes
    bytes.store(LE64(0), at: offset)
    memory.prepareForDeviceWrites(at: offset, byteCount: byteCount)
  }

  @inline(never)
  mutating func send(_ slot: Int, _ byteCount: Int, _ record: CommandRecord) throws(GPUError) {
    guard let chain = chains[slot] else { throw .busy }
    if redirectedSlots != 0 { try restore(slot) }
    do {
      try queue.enqueue(chain, readableByteCount: UInt32(truncatingIfNeeded: byteCount))
    } catch {
      throw .queue(error)
    }
    slots.send(slot, record)
    if let account = record.owner.account {
      accounts[account].pendingCount &+= 1
    } else {
      frames[record.owner.frame].pendingCount &+= 1
    }
  }

  /// Puts the request of a slot that is a frame's own in the queue.
  @inline(__always)
  mutating func enqueue(_ slot: Int) throws(GPUError) {
    guard let chain = chains[slot] else { throw .busy }
    do {
      try queue.enqueue(chain)
    } catch {
      throw .queue(error)
    }
  }

  /// Shows the device all that was posted: at most one doorbell.
  mutating func publish() {
    queue.publish()
  }

  // MARK: Owners

  /// Whether the device still has commands of an owner that is no frame.
  mutating func isPending(_ owner: CommandOwner) -> Bool {
    owner.account.map { accounts[$0].pendingCount > 0 } ?? false
  }

  /// The first failure of an owner that is no frame, which is forgotten.
  mutating func takeFailure(of owner: CommandOwner) -> CommandFailure? {
    guard let account = owner.account else { return nil }
    return accounts[account].failure.take()
  }

  /// Notes how a command of an owner went.
  mutating func settle(_ record: CommandRecord, _ reason: CommandFailure.Reason?) {
    let failure = reason.map { CommandFailure(subject: record.subject, reason: $0) }
    if let account = record.owner.account {
      accounts[account].pendingCount &-= 1
      accounts[account].failure = accounts[account].failure ?? failure
    } else {
      if let failure { fail(record.owner.frame, failure) }
      finish(record.owner.frame)
    }
  }

  /// Gives up on the commands of a call.
  ///
  /// - Returns: What the first of them was about.
  @inline(never)
  mutating func abandonCaller() -> CommandSubject? {
    if let account = CommandOwner.caller.account { accounts[account] = CommandAccount() }
    return slots.abandon(.caller)
  }

  // MARK: Taking down

  /// Gives all memory back.
  consuming func free<P: Platform>(to platform: borrowing P, after proof: ResetProof)
  where P.Region == Region {
    if let answer = longAnswer.take() { answer.memory.free(to: platform) }
    queue.free(to: platform, after: proof)
    memory.free(to: platform)
  }
}
