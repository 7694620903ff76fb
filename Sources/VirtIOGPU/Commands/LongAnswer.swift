import VirtIO

/// Memory for a response that is too long for a slot. The queue keeps it as long as the device may write there.
struct LongAnswer<Region: DMARegion>: ~Copyable {
  var memory: DMABuffer<Region>
  /// The slot whose response goes there while the device has it.
  var slot: Int?
  /// How many bytes the device says that it has written, the header included.
  var writtenByteCount = 0
}

extension ControlQueue {
  /// Takes memory for a response of so many bytes behind the header. There is none before.
  mutating func makeLongAnswer<P: Platform>(dataByteCount: Int, on platform: borrowing P)
    throws(GPUError) where P.Region == Region
  {
    if let last = longAnswer.take() {
      let isInUse = last.slot != nil
      last.memory.free(to: platform, unless: isInUse)
    }
    let (byteCount, isTooLong) = dataByteCount.addingReportingOverflow(
      MemoryLayout<ControlHeader>.size)
    guard !isTooLong, UInt32(exactly: byteCount) != nil else {
      throw .outOfMemory(AllocationFailure(byteCount: dataByteCount))
    }
    do {
      longAnswer = LongAnswer(
        memory: try DMABuffer(byteCount: byteCount, alignment: 64, from: platform), slot: nil)
    } catch {
      throw .outOfMemory(error)
    }
  }

  /// Puts a command in the queue whose response is long; the device sees it after ``publish()``.
  ///
  /// - Throws: ``GPUError/busy`` if no slot is free.
  mutating func postLong<Command: ControlCommand>(
    _ command: Command, _ subject: CommandSubject, for owner: CommandOwner
  ) throws(GPUError) {
    try reserve(1)
    guard let slot = slots.nextFree, let byteCount = longAnswer?.memory.byteCount,
      let address = longAnswer?.memory.deviceAddress
    else { throw .busy }
    store(command, in: slot)
    let response = Segment(
      address: address, byteCount: UInt32(truncatingIfNeeded: byteCount))
    try redirect(slot, to: ownRequest(slot), writing: response)
    let bit: UInt32 = 1 << UInt32(truncatingIfNeeded: slot)
    redirectedSlots &= ~bit
    defer { redirectedSlots |= bit }
    try send(
      slot, MemoryLayout<Command>.size, CommandRecord(subject, fence: 0, owner: owner))
    longAnswer?.slot = slot
  }

  /// Takes the response of a slot back, if it is the long one.
  ///
  /// - Returns: Its header; nil if the slot is another.
  mutating func takeLongAnswer(_ slot: Int, writtenByteCount: UInt32) -> ControlHeader? {
    guard longAnswer?.slot == slot, let byteCount = longAnswer?.memory.byteCount else { return nil }
    longAnswer?.slot = nil
    longAnswer?.writtenByteCount = min(Int(writtenByteCount), byteCount)
    longAnswer?.memory.prepareForCPUReads(at: 0, byteCount: byteCount)
    return longAnswer?.memory.bytes.wire(ControlHeader.self)
  }

  /// Copies what the device has written behind the header.
  ///
  /// - Returns: How many bytes that are.
  mutating func copyLongAnswer(into target: inout MutableSpan<UInt8>) -> Int {
    let start = MemoryLayout<ControlHeader>.size
    let count = min((longAnswer?.writtenByteCount ?? 0) &- start, target.count)
    var offset = 0
    while offset < count {
      if let byte = longAnswer?.memory.bytes.wire(LittleEndian<UInt8>.self, at: start &+ offset) {
        target[offset] = byte.value
      }
      offset &+= 1
    }
    return max(0, count)
  }

  /// Gives the memory back, unless the device may still write there.
  mutating func freeLongAnswer<P: Platform>(to platform: borrowing P) where P.Region == Region {
    guard longAnswer?.slot == nil, let answer = longAnswer.take() else { return }
    answer.memory.free(to: platform)
  }

  /// What the device has said of a capability set; nil if that is nothing.
  func capabilitySet() -> CapabilitySet? {
    let start = Layout.response(Layout.inquirySlot(of: .getCapsetInfo))
    guard let found = memory.bytes.wire(CapsetInfoResponse.self, at: start), found.id.value != 0
    else { return nil }
    return CapabilitySet(
      id: CapabilitySetID(rawValue: found.id.value),
      maximumVersion: found.maximumVersion.value, maximumByteCount: found.maximumByteCount.value)
  }
}
