public import VirtIO

extension Display where T: ~Copyable {
  /// Asks the device again what displays it has. Blocks.
  ///
  /// - Throws: ``GPUError``; ``scanouts`` is as it was then.
  /// - Spec: VirtIO 1.4 §5.7.5 "Device Initialization"
  public mutating func updateScanouts<W: Waiter>(waiting waiter: W) throws(GPUError) {
    try requireService()
    try inquire(GetDisplayInfo(), CommandSubject(.getDisplayInfo), waiting: waiter)
    let count = scanoutCount
    scanouts = control.withDisplayInfo { response in
      FixedArray { index in
        let one =
          index < count
          ? response.wire(DisplayOne.self, at: DisplayOne.offset(of: index)) : nil
        return Scanout(ScanoutID(rawValue: UInt32(truncatingIfNeeded: index)), one)
      }
    }
    stopStanding()
    attention = .max
    let before = enabledScanouts
    enabledScanouts = 0
    for index in scanouts.indices where scanouts[index].isEnabled {
      enabledScanouts |= 1 << UInt16(truncatingIfNeeded: index)
    }
    control.forgetEDIDs()
    edidsDue = features.contains(.edid) ? enabledScanouts : 0
    if isFallback { keepFallback() }
    updateViews(from: before)
    // What was connected again is shown again.
    try serveViews()
  }

  /// Goes on without a display, or ends that if there is one.
  private mutating func keepFallback() {
    isFallback = enabledScanouts == 0
    if isFallback {
      enabledScanouts = 1
    } else {
      requests[0] = ModeRequest(format: requests[0].format)
    }
  }

  /// Asks a question whose type has one slot, and waits for the answer; before that, for the answer
  /// to the last one.
  @inline(never)
  mutating func inquire<Command: ControlCommand, W: Waiter>(
    _ command: Command, _ subject: CommandSubject, waiting waiter: W
  ) throws(GPUError) {
    var patience = waiter
    var isOver = false
    try control.drain()
    while control.isInquiring(subject.command) {
      guard !isOver else { throw lateness(of: subject) }
      isOver = !patience.wait(on: platform)
      try control.drain()
    }
    try control.inquire(command, subject, for: .caller)
    try finishCalls(waiting: waiter)
  }

  /// Asks whether displays were connected, disconnected or resized, and takes that in.
  ///
  /// If nothing happened, four register reads, or none once ``enableInterrupts()`` has been called:
  /// then an interrupt tells when to look. Otherwise blocks like ``updateScanouts(waiting:)``. The
  /// next frame of a scanout whose display was resized has the new size; until that frame is
  /// presented, the old picture stays.
  ///
  /// - Returns: Whether ``scanouts`` was read anew.
  /// - Throws: ``GPUError``; ``GPUError/needsReset`` if what happened is that the device broke.
  /// - Spec: VirtIO 1.4 §5.7.4 "Device configuration layout"
  public mutating func takeDisplayEvent<W: Waiter>(waiting waiter: W) throws(GPUError) -> Bool {
    if suspectsConfigurationChange() { try readDisplayEvent() }
    guard displayEventIsDue else { return false }
    try updateScanouts(waiting: waiter)
    displayEventIsDue = false
    return true
  }

  private mutating func readDisplayEvent() throws(GPUError) {
    if needsReset() { throw .needsReset }
    let events: UInt32
    do {
      events = try device.readConfiguration { $0.readConfiguration32(at: 0) }
    } catch {
      control.interruptLatch.suspectConfiguration()
      throw .device(error)
    }
    guard events & displayEvent != 0 else { return }
    // Cleared before asking, so that a change that comes while it answers is another event; and
    // remembered, should it not answer.
    displayEventIsDue = true
    device.writeConfiguration32(displayEvent, at: 4)
  }

  /// The first enabled scanout, or scanout 0 after ``useFallbackMode()``; nil if there is none.
  public var firstScanout: ScanoutID? {
    guard enabledScanouts != 0 else { return nil }
    return ScanoutID(rawValue: UInt32(enabledScanouts.trailingZeroBitCount))
  }

  /// What the device says about one of its outputs; nil if there is no such output.
  public func scanout(_ id: ScanoutID) -> Scanout? {
    guard let index = Int(exactly: id.rawValue), index < scanoutCount else { return nil }
    return scanouts[index]
  }

  // MARK: EDID

  /// How the display at a scanout describes itself, if the device has said that. Does not block.
  ///
  /// The driver asks along with the first frame that is presented after ``open(_:on:declining:wanting:buffers:format:pixels:waiting:)`` or
  /// after a change of the displays, so that nothing waits for it; until the answer has come, this is
  /// nil. To have it earlier, call ``readEDID(of:waiting:)``.
  ///
  /// - Returns: The description as it is; ``EDID/isValid`` says whether there is something in it.
  /// - Spec: VirtIO 1.4 §5.7.5 "Device Initialization"
  public mutating func edid(of scanout: ScanoutID) -> EDID? {
    // A queue that is broken says so to whoever needs it.
    try? control.drain()
    return control.edid(of: scanout)
  }

  /// The modes of the display at a scanout, if the device has described it. Does not block.
  ///
  /// They are what the display says of itself; a picture may have any other size too. What size suits it
  /// now, ``scanout(_:)`` says.
  ///
  /// - Returns: Nil as long as ``edid(of:)`` is; without modes if nothing in the description is believed.
  public mutating func modes(of scanout: ScanoutID) -> DisplayModeList? {
    edid(of: scanout)?.modes
  }

  /// Asks a display to describe itself. Blocks.
  ///
  /// - Throws: ``GPUError/notOffered(_:)`` if the device cannot ask, or another ``GPUError``.
  /// - Returns: The description as it is; ``EDID/isValid`` says whether there is something in it.
  public mutating func readEDID<W: Waiter>(of scanout: ScanoutID, waiting waiter: W)
    throws(GPUError) -> EDID
  {
    guard features.contains(.edid) else { throw .notOffered(.edid) }
    guard self.scanout(scanout) != nil else { throw .scanoutDisabled(scanout) }
    try requireService()
    let subject = CommandSubject(.getEDID, scanout: scanout)
    try inquire(GetEDID(scanout), subject, waiting: waiter)
    edidsDue &= ~(1 << UInt16(truncatingIfNeeded: scanout.rawValue))
    guard let edid = control.edid(of: scanout) else {
      throw .command(CommandFailure(subject: subject, reason: .short(byteCount: 0)))
    }
    return edid
  }

  /// Posts the question for the next EDID that is due, if the slot for it is free. Nobody waits for the
  /// answer, and one that the device refuses is not asked for again until the displays change.
  mutating func postDueEDID() {
    guard edidsDue != 0, !control.isInquiring(.getEDID) else { return }
    let index = edidsDue.trailingZeroBitCount
    edidsDue &= edidsDue &- 1
    let scanout = scanouts[index].id
    try? control.inquire(
      GetEDID(scanout), CommandSubject(.getEDID, scanout: scanout), for: .background)
  }
}

/// `VIRTIO_GPU_EVENT_DISPLAY`.
private let displayEvent: UInt32 = 1
