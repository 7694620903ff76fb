public import VirtIO

extension Display where T: ~Copyable {
  /// Asks the device again what displays it has. Blocks.
  ///
  /// - Throws: ``GPUError``; ``scanouts`` is as it was then.
  /// - Spec: VirtIO 1.4 §5.7.5 "Device Initialization"
  public mutating func updateScanouts<W: Waiter>(waiting waiter: W) throws(GPUError) {
    try requireService()
    try control.inquire(GetDisplayInfo(), CommandSubject(.getDisplayInfo))
    try finishCalls(waiting: waiter)
    let count = scanoutCount
    scanouts = control.withInquiryResponse { response in
      InlineArray { index in
        let one =
          index < count
          ? response.wire(DisplayOne.self, at: DisplayOne.offset(of: index)) : nil
        return Scanout(ScanoutID(rawValue: UInt32(truncatingIfNeeded: index)), one)
      }
    }
  }

  /// Asks whether displays were connected, disconnected or resized, and takes that in.
  ///
  /// Three register reads if nothing happened; otherwise blocks like ``updateScanouts(waiting:)``. The
  /// next frame of a scanout whose display was resized has the new size; until that frame is
  /// presented, the old picture stays.
  ///
  /// - Returns: Whether ``scanouts`` was read anew.
  /// - Throws: ``GPUError``.
  /// - Spec: VirtIO 1.4 §5.7.4 "Device configuration layout"
  public mutating func takeDisplayEvent<W: Waiter>(waiting waiter: W) throws(GPUError) -> Bool {
    let events: UInt32
    do {
      events = try device.readConfiguration { $0.readConfiguration32(at: 0) }
    } catch {
      throw .device(error)
    }
    if events & displayEvent != 0 {
      // Cleared before asking, so that a change that comes while it answers is another event; and
      // remembered, should it not answer.
      displayEventIsDue = true
      device.writeConfiguration32(displayEvent, at: 4)
    }
    guard displayEventIsDue else { return false }
    try updateScanouts(waiting: waiter)
    displayEventIsDue = false
    return true
  }

  /// The first enabled scanout; nil if there is none.
  public var firstScanout: ScanoutID? {
    for index in scanouts.indices where scanouts[index].isEnabled { return scanouts[index].id }
    return nil
  }

  /// What the device says about one of its outputs; nil if there is no such output.
  public func scanout(_ id: ScanoutID) -> Scanout? {
    guard let index = Int(exactly: id.rawValue), index < scanoutCount else { return nil }
    return scanouts[index]
  }

  /// Asks a display to describe itself. Blocks.
  ///
  /// - Throws: ``GPUError/notOffered(_:)`` if the device cannot ask, or another ``GPUError``.
  /// - Returns: The description as it is; nothing in it has been checked.
  public mutating func readEDID<W: Waiter>(of scanout: ScanoutID, waiting waiter: W)
    throws(GPUError) -> EDID
  {
    guard features.contains(.edid) else { throw .notOffered(.edid) }
    guard self.scanout(scanout) != nil else { throw .scanoutDisabled(scanout) }
    try requireService()
    try control.inquire(GetEDID(scanout), CommandSubject(.getEDID, scanout: scanout))
    try finishCalls(waiting: waiter)
    return control.withInquiryResponse { EDID($0) }
  }
}

/// `VIRTIO_GPU_EVENT_DISPLAY`.
private let displayEvent: UInt32 = 1
