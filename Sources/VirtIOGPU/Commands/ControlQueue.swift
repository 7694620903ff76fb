import VirtIO

/// The control queue with its commands: slots that were laid out once, each with room for a request
/// and its response.
///
/// A command is *posted* to an account and judged when the device gives it back. Whoever wants to
/// know how a batch went asks its account; nobody keeps a command.
struct ControlQueue<Region: DMARegion, Bell: Doorbell>: ~Copyable {
  private var queue: Virtqueue<Region, Bell, 64>
  private var memory: DMABuffer<Region>
  private var slots: InlineArray<32, CommandSlot>
  private var freeSlots: InlineArray<32, UInt8>
  /// How many commands can be posted now.
  private(set) var freeCount = 0
  private(set) var accounts: InlineArray<18, CommandAccount>
  private typealias SlotLayout = CommandSlotLayout<Region>
  private let layout: SlotLayout
  /// Where interrupts leave word; the device is not told of this place.
  let interruptLatch: InterruptLatch
  /// Whether the device was asked not to interrupt for what it has done.
  private(set) var suppressesInterrupts = true
  /// A bit for each scanout whose EDID is kept.
  private var describedScanouts: UInt16 = 0
  private var lastFence: UInt64 = 0
  private var commandCount: UInt64 = 0

  /// The account of calls that wait for their own commands.
  static var caller: Int { 16 }
  /// The account of what nobody waits for. The others belong to scanouts.
  static var background: Int { 17 }

  /// Makes the queue and lays out its slots, with room to keep an EDID for each scanout.
  @inline(never)
  init<P: Platform, T: Transport & ~Copyable>(
    on device: inout NegotiatedDevice<T>, scanoutCount: Int, platform: borrowing P
  ) throws(GPUError) where P.Region == Region, T.Bell == Bell {
    let layout = SlotLayout(scanoutCount: scanoutCount)
    let memory: DMABuffer<Region>
    do {
      memory = try DMABuffer(byteCount: layout.byteCount, alignment: 64, from: platform)
    } catch {
      throw .outOfMemory(error)
    }
    var queue: Virtqueue<Region, Bell, 64>
    do {
      queue = try device.makeQueue(
        0, atLeast: Self.minimumSize, interrupts: true, on: platform)
    } catch {
      memory.free(to: platform)
      throw .device(error)
    }
    slots = InlineArray(repeating: CommandSlot())
    freeSlots = InlineArray(repeating: 0)
    accounts = InlineArray(repeating: CommandAccount())
    queue.suppressInterrupts(true)
    self.layout = layout
    interruptLatch = memory.interruptLatch(at: layout.interruptLatch)
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
      if !SlotLayout.isInquiry(slot) { release(slot) }
    }
  }

  /// How many commands the first frame of a scanout takes, in one batch: its resource has to be made.
  private static var commandsPerFirstFrame: Int { 5 }
  /// How many entries the queue has at least: two a slot.
  private static var minimumSize: Int {
    2 &* (SlotLayout.inquiryCount &+ commandsPerFirstFrame)
  }

  private mutating func release(_ slot: Int) {
    freeSlots[freeCount] = UInt8(truncatingIfNeeded: slot)
    freeCount &+= 1
  }

  /// A fence id that was not used before.
  mutating func nextFence() -> UInt64 {
    lastFence &+= 1
    return lastFence
  }

  /// Asks the device not to interrupt for what it has done, or to do so.
  mutating func suppressInterrupts(_ suppressed: Bool) {
    suppressesInterrupts = suppressed
    queue.suppressInterrupts(suppressed)
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

  /// Puts a command with a long response in the queue, in the one slot that its type has.
  ///
  /// - Throws: ``GPUError/busy`` while the device has the last of that type.
  mutating func inquire<Command: ControlCommand>(
    _ command: Command, _ subject: CommandSubject, account: Int
  ) throws(GPUError) {
    let slot = SlotLayout.inquirySlot(of: subject.command)
    guard !slots[slot].isInFlight else { throw .busy }
    store(command, in: slot)
    try enqueue(
      slot, MemoryLayout<Command>.size, subject, fence: 0, batch: 0, account: account)
  }

  /// Whether the device still has an inquiry of a type.
  func isInquiring(_ type: CommandType) -> Bool {
    slots[SlotLayout.inquirySlot(of: type)].isInFlight
  }

  private mutating func store<Command: ControlCommand>(_ command: Command, in slot: Int) {
    // Only the bytes of this slot are touched, and it is not in flight.
    var bytes = memory.mutableBytes
    bytes.storeBytes(of: command, toByteOffset: layout.request(slot), as: Command.self)
    // What is not written by the device must not look like a response.
    bytes.storeBytes(
      of: .cleared, toByteOffset: layout.response(slot), as: ControlHeader.self)
    memory.prepareForDeviceReads(
      at: layout.request(slot), byteCount: MemoryLayout<Command>.size)
    memory.prepareForDeviceWrites(
      at: layout.response(slot), byteCount: layout.responseByteCount(slot))
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
    let slot = completion.chain.id
    let state = slots[slot]
    memory.prepareForCPUReads(
      at: layout.response(slot), byteCount: layout.responseByteCount(slot))
    slots[slot].isInFlight = false
    slots[slot].isAbandoned = false
    if !SlotLayout.isInquiry(slot) { release(slot) }
    if state.isAbandoned { return }
    let account = Int(state.account)
    accounts[account].pendingCount &-= 1
    if let reason = judge(slot, state, writtenByteCount: completion.writtenByteCount) {
      accounts[account].record(
        CommandFailure(subject: state.subject, reason: reason), batch: state.batch)
    } else if state.fence > accounts[account].completedFence {
      accounts[account].completedFence = state.fence
    } else if state.subject.command == .getEDID, let scanout = state.subject.scanout {
      keepEDID(of: scanout)
    }
  }

  /// What is wrong with a response; nil if nothing is.
  private func judge(_ slot: Int, _ state: CommandSlot, writtenByteCount: UInt32)
    -> CommandFailure.Reason?
  {
    guard writtenByteCount >= UInt32(MemoryLayout<ControlHeader>.size),
      let header = memory.bytes.wire(ControlHeader.self, at: layout.response(slot))
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

  /// The response to the last question for the displays. To be read only once its account has nothing
  /// pending.
  func withDisplayInfo<Value>(_ body: (RawSpan) -> Value) -> Value {
    let start = layout.response(SlotLayout.inquirySlot(of: .getDisplayInfo))
    return body(memory.bytes.extracting(start..<start &+ DisplayOne.responseByteCount))
  }

  // MARK: EDID

  /// Moves a response to where it stays when the next scanout is asked.
  private mutating func keepEDID(of scanout: ScanoutID) {
    let source = layout.response(SlotLayout.inquirySlot(of: .getEDID))
    guard let index = Int(exactly: scanout.rawValue), let target = layout.edid(of: index) else {
      return
    }
    var offset = 0
    while offset < EDIDResponse.responseByteCount {
      if let word = memory.bytes.wire(LE64.self, at: source &+ offset) {
        var bytes = memory.mutableBytes
        bytes.storeBytes(of: word, toByteOffset: target &+ offset, as: LE64.self)
      }
      offset &+= MemoryLayout<LE64>.size
    }
    describedScanouts |= 1 << UInt16(truncatingIfNeeded: index)
  }

  /// What a scanout's display said of itself, if it was asked and has answered.
  func edid(of scanout: ScanoutID) -> EDID? {
    guard let index = Int(exactly: scanout.rawValue), let start = layout.edid(of: index),
      describedScanouts >> UInt16(truncatingIfNeeded: index) & 1 != 0
    else { return nil }
    return EDID(memory.bytes.extracting(start..<start &+ EDIDResponse.responseByteCount))
  }

  /// Forgets what displays have said of themselves.
  mutating func forgetEDIDs() {
    describedScanouts = 0
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
private struct CommandSlotLayout<Region: DMARegion> {
  /// How many scanouts have a place for their EDID.
  let scanoutCount: Int

  static var requestByteCount: Int { 128 }
  private static var stride: Int {
    lines(requestByteCount) &+ lines(MemoryLayout<ControlHeader>.size)
  }
  private static var slotCount: Int { 32 }

  /// How many slots, the first ones, are for one type of command each, as their responses are long.
  /// They are never in the list of free slots.
  static var inquiryCount: Int { 2 }
  private static var displayInfoByteCount: Int { lines(512) }
  private static var edidByteCount: Int { lines(1152) }

  /// So many bytes, up to the end of their last line.
  private static func lines(_ byteCount: Int) -> Int {
    let line = max(64, Region.lineByteCount)
    return (byteCount &+ line &- 1) & ~(line &- 1)
  }

  static func isInquiry(_ slot: Int) -> Bool { slot < inquiryCount }
  static func inquirySlot(of type: CommandType) -> Int { type == .getEDID ? 1 : 0 }

  private static var longResponses: Int { slotCount &* stride }
  private static var edids: Int { longResponses &+ displayInfoByteCount &+ edidByteCount }

  /// A line of its own: it is never written back or forgotten on behalf of the device.
  var interruptLatch: Int { Self.edids &+ scanoutCount &* Self.edidByteCount }

  var byteCount: Int { interruptLatch &+ Self.lines(4) }

  func request(_ slot: Int) -> Int { slot &* Self.stride }

  func response(_ slot: Int) -> Int {
    switch slot {
    case 0: Self.longResponses
    case 1: Self.longResponses &+ Self.displayInfoByteCount
    default: slot &* Self.stride &+ Self.lines(Self.requestByteCount)
    }
  }

  func responseByteCount(_ slot: Int) -> Int {
    switch slot {
    case 0: Self.displayInfoByteCount
    case 1: Self.edidByteCount
    default: MemoryLayout<ControlHeader>.size
    }
  }

  /// Where the EDID of a scanout is kept; the device is not told of this place.
  func edid(of scanout: Int) -> Int? {
    guard scanout >= 0, scanout < scanoutCount else { return nil }
    return Self.edids &+ scanout &* Self.edidByteCount
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
