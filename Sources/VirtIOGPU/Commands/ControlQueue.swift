import VirtIO

/// The control queue with its commands: slots that were laid out once, each with room for a request
/// and its response.
///
/// A command is *posted* to an account and judged when the device gives it back. Whoever wants to
/// know how a batch went asks its account; nobody keeps a command.
struct ControlQueue<Region: DMARegion, Bell: Doorbell>: ~Copyable {
  private var queue: SplitQueue<Region, Bell, 64>
  private var memory: DMABuffer<Region>
  private var slots: InlineArray<32, CommandSlot>
  private var freeSlots: InlineArray<32, UInt8>
  /// How many commands can be posted now.
  private(set) var freeCount = 0
  private(set) var accounts: InlineArray<17, CommandAccount>
  private var lastFence: UInt64 = 0
  private var commandCount: UInt64 = 0

  /// The account of calls that wait for their own commands; the others belong to scanouts.
  static var caller: Int { 16 }
  /// The slot whose response can be long. It is never in the list of free slots.
  private static var inquirySlot: Int { 0 }

  /// Makes the queue and lays out its slots.
  init<P: Platform, T: Transport & ~Copyable>(
    on device: inout NegotiatedDevice<T>, platform: borrowing P
  ) throws(GPUError) where P.Region == Region, T.Bell == Bell {
    let layout = SlotLayout()
    let memory: DMABuffer<Region>
    do {
      memory = try DMABuffer(byteCount: layout.byteCount, alignment: 64, from: platform)
    } catch {
      throw .outOfMemory(error)
    }
    var queue: SplitQueue<Region, Bell, 64>
    do {
      queue = try device.makeQueue(0, on: platform)
    } catch {
      memory.free(to: platform)
      throw .device(error)
    }
    slots = InlineArray(repeating: CommandSlot())
    freeSlots = InlineArray(repeating: 0)
    accounts = InlineArray(repeating: CommandAccount())
    queue.suppressInterrupts(true)
    self.memory = memory
    self.queue = queue
    for slot in 0..<min(32, self.queue.size / 2) {
      let request = Segment(
        address: self.memory.deviceAddress.advanced(by: layout.request(slot)),
        byteCount: UInt32(SlotLayout.requestByteCount))
      let response = Segment(
        address: self.memory.deviceAddress.advanced(by: layout.response(slot)),
        byteCount: UInt32(layout.responseByteCount(slot)))
      guard let chain = try? self.queue.makeChain(readable: request, writable: response) else {
        break
      }
      slots[slot].chain = chain
      if slot != Self.inquirySlot { release(slot) }
    }
  }

  /// How many entries the queue has.
  var size: Int { queue.size }
  /// How many commands fit, all in all, besides an inquiry.
  var capacity: Int { max(0, min(32, queue.size / 2) &- 1) }

  private mutating func release(_ slot: Int) {
    freeSlots[freeCount] = UInt8(truncatingIfNeeded: slot)
    freeCount &+= 1
  }

  /// A fence id that was not used before.
  mutating func nextFence() -> UInt64 {
    lastFence &+= 1
    return lastFence
  }

  // MARK: To the device

  /// Makes sure that so many commands can be posted, so that a batch is posted wholly or not at all.
  ///
  /// - Throws: ``GPUError/busy`` if they cannot.
  mutating func reserve(_ count: Int) throws(GPUError) {
    if freeCount >= count { return }
    try drain()
    guard freeCount >= count else { throw .busy }
  }

  /// Puts a command in the queue; the device sees it after ``publish()``.
  ///
  /// - Parameters:
  ///   - fence: The fence in its header, if there is one.
  ///   - batch: The fence of the last command of its batch, if it has one.
  /// - Throws: ``GPUError/busy`` if no slot is free.
  mutating func post<Command: ControlCommand>(
    _ command: Command, _ subject: CommandSubject, fence: UInt64 = 0, batch: UInt64 = 0,
    account: Int
  ) throws(GPUError) {
    guard freeCount > 0 else { throw .busy }
    let slot = Int(freeSlots[freeCount &- 1])
    store(command, in: slot)
    try enqueue(
      slot, MemoryLayout<Command>.size, subject, fence: fence, batch: batch, account: account)
    freeCount &-= 1
  }

  /// Puts a command with a long response in the queue. One at a time.
  mutating func inquire<Command: ControlCommand>(_ command: Command, _ subject: CommandSubject)
    throws(GPUError)
  {
    try drain()
    guard !slots[Self.inquirySlot].isInFlight else { throw .busy }
    store(command, in: Self.inquirySlot)
    try enqueue(
      Self.inquirySlot, MemoryLayout<Command>.size, subject, fence: 0, batch: 0,
      account: Self.caller)
  }

  private mutating func store<Command: ControlCommand>(_ command: Command, in slot: Int) {
    let layout = SlotLayout()
    // Only the bytes of this slot are touched, and it is not in flight.
    var bytes = memory.mutableBytes
    bytes.storeBytes(of: command, toByteOffset: layout.request(slot), as: Command.self)
    // What is not written by the device must not look like a response.
    bytes.storeBytes(
      of: .cleared, toByteOffset: layout.response(slot), as: ControlHeader.self)
  }

  private mutating func enqueue(
    _ slot: Int, _ byteCount: Int, _ subject: CommandSubject, fence: UInt64, batch: UInt64,
    account: Int
  ) throws(GPUError) {
    guard let chain = slots[slot].chain else { throw .busy }
    do {
      try queue.enqueue(chain, readableByteCount: UInt32(truncatingIfNeeded: byteCount))
    } catch {
      throw .queue(error)
    }
    commandCount &+= 1
    slots[slot].number = commandCount
    slots[slot].subject = subject
    slots[slot].fence = fence
    slots[slot].batch = batch
    slots[slot].account = UInt8(truncatingIfNeeded: account)
    slots[slot].isInFlight = true
    accounts[account].pendingCount &+= 1
  }

  /// Shows the device all that was posted: at most one doorbell.
  mutating func publish() {
    queue.publish()
  }

  // MARK: From the device

  /// Takes back what the device has done, at most one queue full. Does not block.
  mutating func drain() throws(GPUError) {
    do {
      var remaining = queue.size
      while remaining > 0, let completion = try queue.nextCompletion() {
        finish(completion)
        remaining &-= 1
      }
    } catch {
      throw .queue(error)
    }
  }

  private mutating func finish(_ completion: Completion) {
    let slot = completion.chain.id / 2
    let state = slots[slot]
    slots[slot].isInFlight = false
    slots[slot].isAbandoned = false
    if slot != Self.inquirySlot { release(slot) }
    if state.isAbandoned { return }
    let account = Int(state.account)
    accounts[account].pendingCount &-= 1
    if let reason = judge(slot, state, writtenByteCount: completion.writtenByteCount) {
      accounts[account].record(
        CommandFailure(subject: state.subject, reason: reason), batch: state.batch)
    } else if state.fence > accounts[account].completedFence {
      accounts[account].completedFence = state.fence
    }
  }

  /// What is wrong with a response; nil if nothing is.
  private func judge(_ slot: Int, _ state: CommandSlot, writtenByteCount: UInt32)
    -> CommandFailure.Reason?
  {
    guard writtenByteCount >= UInt32(MemoryLayout<ControlHeader>.size),
      let header = memory.bytes.wire(ControlHeader.self, at: SlotLayout().response(slot))
    else { return .short(byteCount: writtenByteCount) }
    let type = header.responseType
    if type.isError { return .refused(type) }
    let (expected, byteCount) = state.subject.command.response
    if type != expected { return .unexpected(type) }
    if writtenByteCount < UInt32(byteCount) { return .short(byteCount: writtenByteCount) }
    if state.fence != 0, header.echoedFence != state.fence {
      return .fence(expected: state.fence, found: header.echoedFence)
    }
    return nil
  }

  /// The response to the last inquiry. To be read only once its account has nothing pending.
  func withInquiryResponse<Value>(_ body: (RawSpan) -> Value) -> Value {
    let layout = SlotLayout()
    let start = layout.response(Self.inquirySlot)
    let end = start &+ layout.responseByteCount(Self.inquirySlot)
    return body(memory.bytes.extracting(start..<end))
  }

  // MARK: Accounts

  /// Forgets how an account has fared so far, and says it.
  mutating func takeFailure(of account: Int) -> CommandFailure? {
    accounts[account].failure.take()
  }

  /// Gives up on the commands of an account.
  ///
  /// Their slots stay out of use until the device gives them back, if it ever does.
  ///
  /// - Returns: What the first of them was about.
  mutating func abandon(_ account: Int) -> CommandSubject? {
    var first: CommandSubject?
    var firstNumber = UInt64.max
    for slot in slots.indices {
      guard slots[slot].isInFlight, !slots[slot].isAbandoned, slots[slot].account == account
      else { continue }
      slots[slot].isAbandoned = true
      if slots[slot].number < firstNumber {
        first = slots[slot].subject
        firstNumber = slots[slot].number
      }
    }
    accounts[account].pendingCount = 0
    accounts[account].failure = nil
    return first
  }

  /// Whether the device may still be at a resource because of a command that was given up.
  func isAbandoned(_ resource: ResourceID) -> Bool {
    for slot in slots.indices where slots[slot].isAbandoned {
      if slots[slot].subject.resource == resource { return true }
    }
    return false
  }

  /// Gives all memory back.
  consuming func free<P: Platform>(to platform: borrowing P, after proof: ResetProof)
  where P.Region == Region {
    queue.free(to: platform, after: proof)
    memory.free(to: platform)
  }
}

/// How the commands posted to an account have fared.
struct CommandAccount {
  /// How many the device still has.
  var pendingCount = 0
  /// The first failure since it was last taken.
  var failure: CommandFailure?
  /// The highest fence that came back.
  var completedFence: UInt64 = 0
  /// The last batch of which a command failed, and how; kept when the failure is taken.
  private(set) var failedBatch: (fence: UInt64, failure: CommandFailure)?

  /// Notes a failure. What went wrong with letting go of something old makes way for anything else.
  mutating func record(_ failure: CommandFailure, batch: UInt64) {
    if self.failure?.subject.command.isRelease != false { self.failure = failure }
    if batch != 0, failedBatch?.fence != batch { failedBatch = (batch, failure) }
  }

  /// Whether the batch that ends with a fence has been done.
  ///
  /// - Throws: ``GPUError/command(_:)`` if it failed, or a later one did before it was done.
  func isDone(_ fence: UInt64) throws(GPUError) -> Bool {
    if let failedBatch, fence == failedBatch.fence { throw .command(failedBatch.failure) }
    if completedFence >= fence { return true }
    if let failedBatch, fence < failedBatch.fence { throw .command(failedBatch.failure) }
    return false
  }
}

extension CommandType {
  /// Whether it makes the device let go of a resource.
  var isRelease: Bool { self == .resourceDetachBacking || self == .resourceUnref }
}

/// A place for one command. The device cannot write here.
private struct CommandSlot {
  var chain: Chain?
  /// How many commands there were before it.
  var number: UInt64 = 0
  var subject = CommandSubject(.getDisplayInfo)
  /// 0 if the command is not fenced.
  var fence: UInt64 = 0
  /// The fence of the batch that it belongs to; 0 if nobody asks for that.
  var batch: UInt64 = 0
  var account: UInt8 = 0
  var isInFlight = false
  var isAbandoned = false
}

/// Where requests and responses lie: on cache lines of their own, as one side writes each.
private struct SlotLayout {
  static var requestByteCount: Int { 128 }
  private static var stride: Int { 192 }
  private static var slotCount: Int { 32 }
  private static var longResponseByteCount: Int { 1088 }

  var byteCount: Int { Self.slotCount &* Self.stride &+ Self.longResponseByteCount }

  func request(_ slot: Int) -> Int { slot &* Self.stride }

  func response(_ slot: Int) -> Int {
    slot == 0 ? Self.slotCount &* Self.stride : slot &* Self.stride &+ Self.requestByteCount
  }

  func responseByteCount(_ slot: Int) -> Int {
    slot == 0 ? Self.longResponseByteCount : MemoryLayout<ControlHeader>.size
  }
}

extension CommandType {
  /// What a success is answered with, and how long that is.
  fileprivate var response: (type: ResponseType, byteCount: Int) {
    switch self {
    case .getDisplayInfo: (.okDisplayInfo, DisplayOne.responseByteCount)
    case .getEDID: (.okEDID, EDIDResponse.responseByteCount)
    default: (.okNoData, MemoryLayout<ControlHeader>.size)
    }
  }
}
