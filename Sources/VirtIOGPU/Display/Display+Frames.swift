public import VirtIO
public import VirtIOGraphics

extension Display where T: ~Copyable {
  /// The next frame of a scanout to draw in, once the device does not need its memory any more.
  ///
  /// The first frame of a scanout allocates, and has the size that the device says suits the display,
  /// unless another was asked for by ``setMode(width:height:format:on:)``. A scanout that shows another's
  /// surface has the frames of that. To be called in the display's own context.
  ///
  /// - Parameters:
  ///   - scanout: Nil for the first enabled one that shows a surface of its own.
  ///   - waiter: How, and how long at most, to wait for the device to be done with an earlier frame.
  /// - Throws: ``GPUError``; among others what became of an earlier frame, if it failed.
  @inline(__always)
  public mutating func nextFrame<W: Waiter>(on scanout: ScanoutID? = nil, waiting waiter: W)
    throws(GPUError) -> Frame
  {
    if let frame = standingFrame(scanoutIndex(scanout)) { return frame }
    return try waitForFrame(on: scanout, waiter)
  }

  @inline(never)
  private mutating func waitForFrame<W: Waiter>(on scanout: ScanoutID?, _ waiter: W)
    throws(GPUError) -> Frame
  {
    if let frame = try tryFrame(on: scanout) { return frame }
    beginListening()
    var waiter = waiter
    while waiter.wait(on: platform) {
      if let frame = try tryNextFrame(on: scanout) { return frame }
      if hearsOfReset() { throw .needsReset }
    }
    // What came in the last moment, or in a way that standing commands do not know.
    if let frame = try tryAnyFrame(on: scanout) { return frame }
    throw noFrame(try surfaceIndex(of: scanout))
  }

  /// Why no frame came in time.
  @inline(never)
  private mutating func noFrame(_ index: Int) -> GPUError {
    let id = scanouts[index].id
    guard surfaces[index & 15]?.inFlight.isEmpty == false else { return .noFrame(id) }
    return lateness(of: CommandSubject(.resourceFlush, scanout: id))
  }

  /// The next frame of a scanout to draw in, or nil while the device or the program has all of them: that
  /// is how a program that is too fast is held back.
  ///
  /// Does not block. Otherwise as ``nextFrame(on:waiting:)``.
  @inline(__always)
  public mutating func tryNextFrame(on scanout: ScanoutID? = nil) throws(GPUError) -> Frame? {
    if let frame = standingFrame(scanoutIndex(scanout)) { return frame }
    return try tryFrame(on: scanout)
  }

  @inline(never)
  private mutating func tryFrame(on scanout: ScanoutID?) throws(GPUError) -> Frame? {
    // As a rule it is only too early.
    if isAwaited(scanoutIndex(scanout)) { return nil }
    return try tryAnyFrame(on: scanout)
  }

  private mutating func tryAnyFrame(on scanout: ScanoutID?) throws(GPUError) -> Frame? {
    try requireService()
    try drain()
    let index = try surfaceIndex(of: scanout)
    if attention >> UInt16(truncatingIfNeeded: index) & 1 != 0 {
      guard try attend(to: index) else { return nil }
    }
    return surfaces[index & 15]?.nextFrame(for: index, after: progress[index].presented)
  }

  /// Puts a frame on its scanout. Does not block; one doorbell at the most.
  ///
  /// The frame is the device's from here on. If this throws, it goes back to the display instead, and
  /// what was drawn in it counts as dropped. To be called in the display's own context.
  ///
  /// - Parameters:
  ///   - frame: The frame, consumed.
  ///   - policy: What becomes of it while the device is busy with an earlier one.
  /// - Throws: ``GPUError/busy`` if there are too many commands in flight and the frame is to be sent at
  ///   once, and others.
  @inline(__always)
  public mutating func present(
    _ frame: consuming Frame, as policy: PresentationPolicy = .queued
  ) throws(GPUError) -> Presentation {
    if policy == .queued, control.stands(for: frame.loan) { return presentStanding(frame) }
    return try presentWhole(frame, as: policy)
  }

  @inline(never)
  private mutating func presentWhole(
    _ frame: consuming Frame, as policy: PresentationPolicy
  ) throws(GPUError) -> Presentation {
    let (slot, index) = try takeBack(frame)
    stopStanding()
    surfaces[index & 15]?.oweAll(of: slot)
    let number = try pass(slot, index, policy)
    surfaces[index & 15]?.present(slot)
    standWherePossible()
    return Presentation(scanout: scanoutID(index), number: number)
  }

  /// Puts what was drawn anew in a frame on its scanout. Does not block; one doorbell at the most.
  ///
  /// Rectangles are joined where that moves fewer bytes, so that there are at most
  /// ``/VirtIOGraphics/DamageList/capacity``. All of the frame is sent if the device needs it: for the
  /// first picture, after a failure, and if another frame was presented since this one was handed out.
  ///
  /// - Parameters:
  ///   - frame: The frame, consumed; see ``present(_:as:)``.
  ///   - damage: What differs from the frame that was presented before, once ``Frame/staleRegion`` has
  ///     been drawn. Parts outside the frame do not count.
  ///   - policy: What becomes of it while the device is busy with an earlier one.
  /// - Throws: ``GPUError/busy`` if there are too many commands in flight, and others.
  public mutating func present(
    _ frame: consuming Frame, damage: Span<Rectangle>, as policy: PresentationPolicy = .queued
  ) throws(GPUError) -> Presentation {
    let damage = DamageList(damage, within: frame.bounds)
    let isUnknown = frame.loan.note.isUnknown
    let predecessor = frame.loan.note.predecessor
    let (slot, index) = try takeBack(frame)
    stopStanding()
    // Nobody knows how the pixels of one that was overtaken differ from the picture that was presented
    // last.
    let isOvertaken = predecessor != progress[index].presented
    if isOvertaken {
      surfaces[index & 15]?.oweAll(of: slot)
    } else {
      surfaces[index & 15]?.owe(damage, of: slot, isUnknown: isUnknown)
    }
    let isNothing = surfaces[index & 15]?.owesNothing(of: slot) == true
    if isNothing { surfaces[index & 15]?.number(slot, 0) }
    let number = isNothing ? 0 : try pass(slot, index, policy)
    if isOvertaken {
      surfaces[index & 15]?.present(slot)
    } else {
      surfaces[index & 15]?.present(slot, damage: damage)
    }
    return Presentation(scanout: scanoutID(index), number: number)
  }

  /// Ends the program's part in a frame.
  private mutating func takeBack(_ frame: consuming Frame) throws(GPUError) -> (
    slot: Int, index: Int
  ) {
    try requireService()
    let index = try surfaceIndex(of: frame.scanout)
    // A scanout that shows another's surface has no frames of its own any more: then it is none of these.
    guard let slot = surfaces[index & 15]?.slot(of: frame) else { throw .staleFrame }
    return (slot, index)
  }

  /// Sends a presented frame, or has it wait.
  ///
  /// - Returns: Its number.
  private mutating func pass(_ slot: Int, _ index: Int, _ policy: PresentationPolicy)
    throws(GPUError) -> UInt64
  {
    let number = control.nextFence()
    surfaces[index & 15]?.number(slot, number)
    if policy == .queued, waitingScanouts == 0 {
      // Its number is the newest fence. One that is sent later has others before it.
      try send(slot, index, fence: number)
    } else if try mustWait(slot, index, policy) {
      keepWaiting(slot, index)
    } else {
      do {
        try send(slot, index)
      } catch {
        guard policy == .mailbox, error == .busy else { throw error }
        keepWaiting(slot, index)
      }
    }
    progress[index].present(number)
    return number
  }

  private mutating func keepWaiting(_ slot: Int, _ index: Int) {
    surfaces[index & 15]?.wait(slot)
    waitingScanouts |= 1 << UInt16(truncatingIfNeeded: index)
  }

  /// Whether a frame has to wait until the device is done with another. Those that it must not overtake
  /// are sent.
  @inline(never)
  private mutating func mustWait(_ slot: Int, _ index: Int, _ policy: PresentationPolicy)
    throws(GPUError) -> Bool
  {
    if policy == .mailbox {
      try settle()
      if surfaces[index & 15]?.inFlight.isEmpty == false { return true }
      // What waits is overtaken here and now.
      surfaces[index & 15]?.wait(slot)
    }
    while let first = surfaces[index & 15]?.firstWaiting, first != slot {
      try send(first, index)
    }
    return false
  }

  /// Whether a presented frame has arrived, or a newer one in its place. Does not block.
  ///
  /// To be called in the display's own context.
  ///
  /// - Throws: ``GPUError``: it never will.
  public mutating func isComplete(_ presentation: Presentation) throws(GPUError) -> Bool {
    try drain()
    guard let index = Int(exactly: presentation.scanout.rawValue), index < scanoutCount else {
      throw .scanoutDisabled(presentation.scanout)
    }
    if surfaces[index & 15]?.isUnderWay(presentation.number) == true { return false }
    return try progress[index].hasArrived(presentation.number)
  }

  /// Waits until a presented frame has arrived, or a newer one in its place.
  ///
  /// To be called in the display's own context.
  ///
  /// - Throws: ``GPUError``: it never will, or it did not in time.
  public mutating func finish<W: Waiter>(_ presentation: Presentation, waiting waiter: W)
    throws(GPUError)
  {
    if try isComplete(presentation) { return }
    beginListening()
    var waiter = waiter
    var isOver = false
    while !isOver {
      isOver = !waiter.wait(on: platform)
      if try isComplete(presentation) { return }
      if hearsOfReset() { throw .needsReset }
    }
    throw lateness(of: CommandSubject(.resourceFlush, scanout: presentation.scanout))
  }

  private func scanoutID(_ index: Int) -> ScanoutID {
    ScanoutID(rawValue: UInt32(truncatingIfNeeded: index))
  }

  /// Which surface a scanout shows, by default the first that has one of its own.
  ///
  /// Mutating, as is all that only looks at a display on the way of a frame: otherwise Swift copies the
  /// display first.
  mutating func surfaceIndex(of scanout: ScanoutID?) throws(GPUError) -> Int {
    guard let scanout else {
      guard frameScanouts != 0 else { throw .noScanout }
      return frameScanouts.trailingZeroBitCount
    }
    if scanout.rawValue < 16, frameScanouts >> UInt16(scanout.rawValue) & 1 != 0 {
      return Int(scanout.rawValue)
    }
    return views[try enabledIndex(of: scanout)].wanted.surface
  }
}
