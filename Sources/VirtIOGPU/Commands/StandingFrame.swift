import VirtIO

/// What it takes to send a whole frame again and again: its two commands stand encoded, and are the only
/// ones that it needs.
///
/// While they stand, they are that slot's alone. What is in flight has its loan here.
struct StandingFrame: ~Copyable {
  /// The frame that the device has.
  var loan: KeptLoan<SlotNote>?
  /// The slot that they stand for, as a loan of it would say; 0 if they do not stand.
  var identity: UInt = 0
  /// The number of the frame that the device has, and its fence.
  var number: UInt64 = 0
  // 32 bytes, so that it is found by a shift.
  private var padding: UInt64 = 0
}

// The frames for which nothing is done that need not be: no records, no accounts. Whatever is out of the
// ordinary ends that, and is then dealt with as if all had been sent in the ordinary way.
extension ControlQueue {
  /// Whether the commands for a slot stand ready, and the device does not have them.
  @inline(__always)
  mutating func stands(for loan: borrowing Loan<SlotNote>) -> Bool {
    let index = Int(loan.note.commands & 7)
    return standing[index & 7].identity == loan.identity && standing[index & 7].loan == nil
  }

  /// Sends a frame for which commands stand ready.
  ///
  /// - Returns: Its number.
  @inline(__always)
  mutating func sendStanding(_ loan: consuming Loan<SlotNote>) -> UInt64 {
    let index = Int(loan.note.commands & 7)
    let transfer = Layout.transferSlot(of: index)
    let number = nextFence()
    memory.store64(0, uncheckedAt: Layout.shortResponse(transfer))
    memory.store64(0, uncheckedAt: Layout.shortResponse(transfer &+ 1))
    memory.store64(
      number, uncheckedAt: Layout.request(transfer &+ 1) &+ ControlHeader.fenceOffset)
    standing[index & 7].number = number
    standing[index & 7].loan = loan.keep()
    queue.publishPair(first: transfer)
    return number
  }

  /// What the device has given back.
  enum StandingAnswer {
    /// Nothing yet.
    case nothing
    /// All of a frame, and all went well.
    case frame(Int, number: UInt64)
    /// Something else, to be looked at closely.
    case otherwise
  }

  /// Looks for one frame that was sent by standing commands and went well, and takes it back. Its loan is
  /// still there.
  @inline(__always)
  mutating func takeStanding() -> StandingAnswer {
    let byteCount = MemoryLayout<ControlHeader>.size
    switch queue.usedPair(writing: UInt32(byteCount)) {
    case .nothing: return .nothing
    case .otherwise: return .otherwise
    case .chains(let first):
      let place = first &- Layout.inquiryCount
      guard place & ~14 == 0 else { return .otherwise }
      let index = place / 2
      let transferred = memory.load64(uncheckedAt: Layout.shortResponse(first))
      let flushed = memory.load64(uncheckedAt: Layout.shortResponse(first &+ 1))
      let fence = memory.load64(
        uncheckedAt: Layout.shortResponse(first &+ 1) &+ ControlHeader.fenceOffset)
      let isDone =
        transferred == ControlHeader.done && flushed == ControlHeader.doneFenced
        && fence == standing[index & 7].number
      guard standing[index & 7].loan != nil, isDone else { return .otherwise }
      queue.takePair()
      return .frame(index, number: fence)
    }
  }

  /// Whether the device says nothing yet.
  mutating func isAwaited() -> Bool {
    guard case .nothing = queue.usedPair(writing: UInt32(MemoryLayout<ControlHeader>.size)) else {
      return false
    }
    return true
  }

  /// Whether commands are encoded for all of a frame, and either the device has both, or nobody has.
  mutating func canStand(_ index: Int, for place: FramePlace, isInFlight: Bool) -> Bool {
    guard isEncoded(index, for: place), finishedFrames >> UInt8(truncatingIfNeeded: index) & 1 == 0
    else { return false }
    if !isInFlight { return freeFrames >> UInt8(truncatingIfNeeded: index) & 1 != 0 }
    return frames[index].pendingCount == 2 && frames[index].failure == nil
      && queue.hasPair(first: Layout.transferSlot(of: index))
  }

  /// Whose the commands are that are not free; nil if they are, or if a small queue has no room for so many.
  mutating func place(ofTaken index: Int) -> FramePlace? {
    guard index < layout.frameCount, freeFrames >> UInt8(truncatingIfNeeded: index) & 1 == 0 else {
      return nil
    }
    return frames[index].place
  }

  /// Has commands stand ready for a slot.
  mutating func stand(_ index: Int, for identity: UInt) {
    standing[index & 7].identity = identity
    freeFrames &= ~(1 << UInt8(truncatingIfNeeded: index))
  }

  /// Has a frame that was sent in the ordinary way be as if it had been sent by standing commands.
  mutating func resume(_ index: Int, _ loan: consuming Loan<SlotNote>) {
    standing[index & 7].loan = loan.keep()
    standing[index & 7].number = frames[index].fence
    frames[index].pendingCount = 0
    queue.notePair(first: Layout.transferSlot(of: index), isInFlight: false)
  }

  /// Ends all standing: what the device has, it has as if it had been sent in the ordinary way.
  @inline(__always)
  mutating func stopStanding() {
    if standingScanouts == 0 { return }
    standingScanouts = 0
    for index in 0..<8 where standing[index & 7].identity != 0 { stopStanding(index) }
  }

  @inline(never)
  private mutating func stopStanding(_ index: Int) {
    standing[index & 7].identity = 0
    guard let loan = standing[index & 7].loan.take() else {
      freeFrames |= 1 << UInt8(truncatingIfNeeded: index)
      return
    }
    // Not lent any more, but with the device.
    _ = loan.resume()
    frames[index].fence = standing[index & 7].number
    frames[index].pendingCount = 2
    queue.notePair(first: Layout.transferSlot(of: index), isInFlight: true)
  }
}

extension ControlHeader {
  /// Type and flags of a success.
  fileprivate static var done: UInt64 { UInt64(ResponseType.okNoData.rawValue) }
  /// Type and flags of a success that echoes a fence.
  fileprivate static var doneFenced: UInt64 { done | UInt64(fenceFlag) << 32 }
}
