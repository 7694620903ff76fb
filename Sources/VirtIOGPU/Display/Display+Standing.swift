import VirtIO
import VirtIOGraphics

/// The slots of a scanout while whole frames are presented one after the other, and nothing else happens.
struct StandingLane: ~Copyable {
  /// The slots that are with nobody.
  var loans = InlineArray<4, KeptLoan<SlotNote>?> { _ in nil }
  /// The slot that was presented last.
  var latest: UInt8 = 0
  /// How many slots there are.
  var count: UInt8 = 0
  // 64 bytes, so that a lane is found by a shift.
  private var padding: (UInt64, UInt64, UInt64) = (0, 0, 0)

  /// The slot that was presented the longest ago.
  var oldest: UInt8 { latest &+ 1 == count ? 0 : latest &+ 1 }
}

// Most frames are whole, and sent by the same two commands as the last one in their slot. For those a
// scanout's slots are left to a lane, which knows no more than whose turn it is. Anything else, be it another
// kind of frame, another answer of the device or another call, ends that for all scanouts; the surfaces have
// their slots back then, and know of them what they would know if there had never been a lane.
extension Display where T: ~Copyable {
  /// Which lane a scanout has, by default the first one that frames are drawn for; 16 to 31 if there is no
  /// such scanout.
  @inline(__always)
  func scanoutIndex(_ scanout: ScanoutID?) -> Int {
    guard let scanout else { return frameScanouts.trailingZeroBitCount }
    return Int(min(scanout.rawValue, 31))
  }

  /// Whether a scanout's slots are left to its lane.
  @inline(__always)
  private func isStanding(_ index: Int) -> Bool {
    UInt32(control.standingScanouts) &>> UInt32(truncatingIfNeeded: index) & 1 != 0
  }

  /// Takes back at most one frame from the device, and hands out the oldest of a lane, if it is there and
  /// the device has said nothing out of the ordinary.
  // In a function of its own that calls no other: so it saves no register.
  @inline(never)
  @_optimize(speed)
  mutating func standingFrame(_ index: Int) -> Frame? {
    guard isStanding(index) else { return nil }
    let answer = control.takeStanding()
    switch answer {
    case .frame(let commands, let number): takeHome(commands, number)
    case .otherwise: return nil
    case .nothing: break
    }
    let slot = lanes[index & 15].oldest
    guard var loan = lanes[index & 15].loans[Int(slot & 3)].take() else { return nil }
    loan.note.isUnknown = slot != lanes[index & 15].latest
    loan.note.predecessor = progress[index & 15].presented
    return Frame(loan.resume())
  }

  @inline(__always)
  private mutating func takeHome(_ commands: Int, _ number: UInt64) {
    guard let loan = control.standing[commands & 7].loan.take() else { return }
    let index = Int(loan.note.scanout & 15)
    let slot = Int(loan.note.slot & 3)
    progress[index].complete(number)
    lanes[index & 15].loans[slot & 3] = consume loan
  }

  /// Whether the device has the oldest slot of a lane, and says nothing yet.
  mutating func isAwaited(_ index: Int) -> Bool {
    guard isStanding(index), control.isAwaited() else { return false }
    let slot = lanes[index & 15].oldest
    for commands in 0..<8 where control.standing[commands & 7].loan != nil {
      guard let place = control.place(ofTaken: commands) else { continue }
      if Int(place.scanout) == index, place.slot == slot { return true }
    }
    return false
  }

  /// Presents a whole frame for which commands stand ready.
  @inline(never)
  @_optimize(speed)
  mutating func presentStanding(_ frame: consuming Frame) -> Presentation {
    var frame = frame
    let index = frame.loan.note.scanout & 15
    frame.loan.note.stale.removeAll()
    lanes[Int(index & 15)].latest = frame.loan.note.slot
    let number = control.sendStanding(frame.loan)
    progress[Int(index)].present(number)
    return Presentation(scanout: ScanoutID(rawValue: UInt32(index)), number: number)
  }

  // MARK: From one to the other

  /// Leaves the slots of scanouts to their lanes, where nothing else is to be done for them.
  @inline(never)
  mutating func standWherePossible() {
    // Where memory changes hands by maintenance, there is more to do for each frame.
    guard P.Region.lineByteCount == 1, control.queue.passesPairs, waitingScanouts == 0,
      edidsDue == 0, !cursorQueue.isDue, laneScanouts == control.standingScanouts
    else { return }
    var rest = frameScanouts & ~attention & ~laneScanouts
    while rest != 0 {
      let index = rest.trailingZeroBitCount
      rest &= rest &- 1
      if canStand(index) { stand(index) }
    }
  }

  /// Whether commands are encoded for all slots of a surface, and the device has all or nothing of each.
  private mutating func canStand(_ index: Int) -> Bool {
    guard surfaces[index & 15]?.canStand == true, let count = surfaces[index & 15]?.buffer.slotCount
    else {
      return false
    }
    for slot in 0..<count {
      guard let place = surfaces[index & 15]?.place(of: slot, index),
        let commands = surfaces[index & 15]?.buffer[noteOf: slot].commands,
        let isInFlight = surfaces[index & 15]?.inFlight.contains(slot),
        control.canStand(Int(commands), for: place, isInFlight: isInFlight)
      else { return false }
    }
    return true
  }

  private mutating func stand(_ index: Int) {
    guard let latest = surfaces[index & 15]?.latestSlot,
      let count = surfaces[index & 15]?.buffer.slotCount
    else { return }
    lanes[index & 15].latest = UInt8(truncatingIfNeeded: latest)
    lanes[index & 15].count = UInt8(truncatingIfNeeded: count)
    for slot in 0..<count {
      guard let commands = surfaces[index & 15]?.buffer[noteOf: slot].commands,
        let identity = surfaces[index & 15]?.buffer.identity(of: slot),
        let isInFlight = surfaces[index & 15]?.inFlight.contains(slot)
      else { return }
      control.stand(Int(commands), for: identity)
      // One that is in hand will come by itself.
      guard let loan = surfaces[index & 15]?.buffer.lend(slot) else { continue }
      if isInFlight {
        control.resume(Int(commands), loan)
      } else {
        lanes[index & 15].loans[slot & 3] = loan.keep()
      }
    }
    surfaces[index & 15]?.stand()
    let bit: UInt16 = 1 << UInt16(truncatingIfNeeded: index)
    laneScanouts |= bit
    control.standingScanouts |= bit
  }

  /// Has the surfaces know their slots again.
  @inline(__always)
  mutating func stopStanding() {
    if laneScanouts != 0 { stopLanes() }
  }

  @inline(never)
  private mutating func stopLanes() {
    control.stopStanding()
    var rest = laneScanouts
    laneScanouts = 0
    while rest != 0 {
      let index = rest.trailingZeroBitCount
      rest &= rest &- 1
      let latest = Int(lanes[index & 15].latest)
      surfaces[index & 15]?.stop(
        latest: latest, isShown: lanes[index & 15].loans[latest & 3] != nil)
      for slot in 0..<4 {
        if let loan = lanes[index & 15].loans[slot & 3].take() { _ = loan.resume() }
      }
    }
    for commands in 0..<8 {
      guard let place = control.place(ofTaken: commands) else { continue }
      surfaces[Int(place.scanout) & 15]?.resume(Int(place.slot), control.frames[commands].fence)
    }
  }
}
