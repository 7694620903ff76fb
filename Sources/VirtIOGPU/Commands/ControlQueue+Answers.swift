import VirtIO

extension ControlQueue {
  /// Takes back what the device has done, at most `limit` commands. Does not block.
  mutating func drain(limit: Int = .max) throws(GPUError) {
    stopStanding()
    var remaining = min(limit, queue.size)
    do {
      while remaining > 0, let completion = try queue.nextCompletion() {
        remaining &-= 1
        let slot = completion.chain.id
        if !finishFrameCommand(slot, writtenByteCount: completion.writtenByteCount) {
          finishCommand(slot, writtenByteCount: completion.writtenByteCount)
        }
      }
    } catch {
      throw .queue(error)
    }
  }

  @inline(never)
  private mutating func finishCommand(_ slot: Int, writtenByteCount: UInt32) {
    memory.prepareForCPUReads(
      at: Layout.response(slot), byteCount: Layout.responseByteCount(slot))
    let long = takeLongAnswer(slot, writtenByteCount: writtenByteCount)
    guard let record = slots.takeBack(slot) else { return }
    let reason = Self.judge(
      long ?? memory.bytes.wire(ControlHeader.self, at: Layout.response(slot)),
      record.subject.command,
      fence: record.fence, writtenByteCount: writtenByteCount)
    settle(record, reason)
    if reason == nil, record.subject.command == .getEDID, let scanout = record.subject.scanout {
      keepEDID(of: scanout)
    }
  }

  /// What is wrong with a response; nil if nothing is.
  ///
  /// - Parameter fence: What it has to echo; 0 for nothing.
  @inline(never)
  static func judge(
    _ header: ControlHeader?, _ command: CommandType, fence: UInt64, writtenByteCount: UInt32
  ) -> CommandFailure.Reason? {
    guard writtenByteCount >= UInt32(MemoryLayout<ControlHeader>.size), let header else {
      return .short(byteCount: writtenByteCount)
    }
    let type = header.responseType
    if type.isError { return .refused(type) }
    let (expected, byteCount) = command.response
    if type != expected { return .unexpected(type) }
    if writtenByteCount < UInt32(byteCount) { return .short(byteCount: writtenByteCount) }
    if fence != 0, header.echoedFence != fence {
      return .fence(expected: fence, found: header.echoedFence)
    }
    return nil
  }

  /// The response to the last question for the displays. To be read only once its owner has nothing
  /// pending.
  func withDisplayInfo<Value>(_ body: (RawSpan) -> Value) -> Value {
    let start = Layout.response(Layout.inquirySlot(of: .getDisplayInfo))
    return body(memory.bytes.part(at: start, byteCount: DisplayOne.responseByteCount))
  }

  // MARK: EDID

  /// Moves a response to where it stays when the next scanout is asked.
  private mutating func keepEDID(of scanout: ScanoutID) {
    let source = Layout.response(Layout.inquirySlot(of: .getEDID))
    guard let index = Int(exactly: scanout.rawValue), let target = layout.edid(of: index) else {
      return
    }
    var offset = 0
    while offset < EDIDResponse.responseByteCount {
      if let word = memory.bytes.wire(LE64.self, at: source &+ offset) {
        var bytes = memory.mutableBytes
        bytes.store(word, at: target &+ offset)
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
    return EDID(memory.bytes.part(at: start, byteCount: EDIDResponse.responseByteCount))
  }

  /// Forgets what displays have said of themselves.
  mutating func forgetEDIDs() {
    describedScanouts = 0
  }
}

extension CommandType {
  /// What a success is answered with, and how long that is.
  fileprivate var response: (type: ResponseType, byteCount: Int) {
    switch self {
    case .getDisplayInfo: (.okDisplayInfo, DisplayOne.responseByteCount)
    case .getEDID: (.okEDID, EDIDResponse.responseByteCount)
    case .getCapsetInfo: (.okCapsetInfo, MemoryLayout<CapsetInfoResponse>.size)
    case .getCapset: (.okCapset, MemoryLayout<ControlHeader>.size)
    default: (.okNoData, MemoryLayout<ControlHeader>.size)
    }
  }
}
