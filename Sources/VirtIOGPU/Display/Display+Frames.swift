public import VirtIO
public import VirtIOGraphics

extension Display where T: ~Copyable {
  /// How many commands the first frame of a scanout takes: its resource has to be made.
  static var commandsPerFirstFrame: Int { 5 }

  /// The next frame of a scanout to draw in, once the device does not need its memory any more.
  ///
  /// The first frame of a scanout allocates, and has the size that the device says suits the display.
  ///
  /// - Parameters:
  ///   - scanout: Nil for the first enabled one.
  ///   - waiter: How, and how long at most, to wait for the device to be done with the last frame.
  /// - Throws: ``GPUError``; among others what became of the frame before, if it failed.
  public mutating func nextFrame<W: Waiter>(on scanout: ScanoutID? = nil, waiting waiter: W)
    throws(GPUError) -> Frame
  {
    var waiter = waiter
    while true {
      if let frame = try tryNextFrame(on: scanout) { return frame }
      guard waiter.wait(on: platform) else {
        let index = try surfaceIndex(of: scanout)
        if control.accounts[index].pendingCount > 0, device.needsReset() {
          throw .timedOut(CommandSubject(.resourceFlush, scanout: scanout), needsReset: true)
        }
        throw .noFrame(ScanoutID(rawValue: UInt32(truncatingIfNeeded: index)))
      }
    }
  }

  /// The next frame of a scanout to draw in, or nil while the device or the program has it.
  ///
  /// Does not block. Otherwise as ``nextFrame(on:waiting:)``.
  public mutating func tryNextFrame(on scanout: ScanoutID? = nil) throws(GPUError) -> Frame? {
    try control.drain()
    let index = try surfaceIndex(of: scanout)
    try throwFailure(of: index)
    try releaseRetired(index)
    try makeSurface(index)
    if control.accounts[index].pendingCount > 0 { return nil }
    return surfaces[index]?.nextFrame(for: ScanoutID(rawValue: UInt32(truncatingIfNeeded: index)))
  }

  /// Puts a frame on its scanout. Does not block; one doorbell at the most.
  ///
  /// The frame is the device's from here on. If this throws, it goes back to the display instead, and
  /// what was drawn in it counts as dropped.
  ///
  /// - Parameter frame: The frame, consumed.
  /// - Throws: ``GPUError/busy`` if there are too many commands in flight, and others.
  public mutating func present(_ frame: consuming Frame) throws(GPUError) -> Presentation {
    let whole: InlineArray<1, Rectangle> = [frame.bounds]
    return try present(frame, damage: whole.span)
  }

  /// Puts what was drawn anew in a frame on its scanout. Does not block; one doorbell at the most.
  ///
  /// - Parameters:
  ///   - frame: The frame, consumed; see ``present(_:)``.
  ///   - damage: What differs from the frame before. Parts outside the frame do not count. When there
  ///     is no room for so many rectangles, one around them all is sent. The first frame of a scanout
  ///     is always sent whole.
  /// - Throws: ``GPUError/busy`` if there are too many commands in flight, and others.
  public mutating func present(_ frame: consuming Frame, damage: Span<Rectangle>)
    throws(GPUError) -> Presentation
  {
    let scanout = frame.scanout
    let index = try surfaceIndex(of: scanout)
    guard surfaces[index]?.resource == frame.resource else { throw .staleFrame }
    try control.drain()
    try throwFailure(of: index)
    let bounds = frame.bounds
    let isFirst = surfaces[index]?.isCreated != true
    var area = isFirst ? bounds : Rectangle.empty
    if !isFirst {
      for position in damage.indices {
        area = area.union(damage[position].intersection(bounds))
      }
    }
    guard !area.isEmpty else {
      surfaces[index]?.isCurrent = true
      return Presentation(scanout: scanout, fence: 0)
    }
    let fence = control.nextFence()
    if isFirst {
      guard control.freeCount >= Self.commandsPerFirstFrame else { throw .busy }
      try postCreation(index)
      try postTransfer(index, bounds)
      try postScanout(index)
    } else {
      guard control.freeCount >= 2 else { throw .busy }
      if damage.count > 1, control.freeCount > damage.count {
        for position in damage.indices {
          let part = damage[position].intersection(bounds)
          if !part.isEmpty { try postTransfer(index, part) }
        }
      } else {
        try postTransfer(index, area)
      }
    }
    try post(ResourceFlush(frame.resource, rectangle: area, fence: fence), index, fence: fence)
    surfaces[index]?.isCreated = true
    surfaces[index]?.isCurrent = true
    control.publish()
    return Presentation(scanout: scanout, fence: fence)
  }

  /// Whether a presented frame has arrived. Does not block.
  ///
  /// - Throws: ``GPUError``: it never will.
  public mutating func isComplete(_ presentation: Presentation) throws(GPUError) -> Bool {
    try control.drain()
    let index = try surfaceIndex(of: presentation.scanout)
    try throwFailure(of: index)
    return control.accounts[index].completedFence >= presentation.fence
  }

  /// Waits until a presented frame has arrived.
  ///
  /// - Throws: ``GPUError``: it never will, or it did not in time.
  public mutating func finish<W: Waiter>(_ presentation: Presentation, waiting waiter: W)
    throws(GPUError)
  {
    var waiter = waiter
    while try !isComplete(presentation) {
      guard waiter.wait(on: platform) else {
        throw .timedOut(
          CommandSubject(.resourceFlush, scanout: presentation.scanout),
          needsReset: device.needsReset())
      }
    }
  }

  // MARK: Surfaces

  /// Which surface belongs to a scanout, by default to the first enabled one.
  private func surfaceIndex(of scanout: ScanoutID?) throws(GPUError) -> Int {
    guard let scanout = scanout ?? firstScanout else { throw .noScanout }
    guard let found = self.scanout(scanout), found.isEnabled else {
      throw .scanoutDisabled(scanout)
    }
    return Int(scanout.rawValue)
  }

  /// Makes the surface of a scanout when it is first needed, and again when its display has changed.
  ///
  /// The old one stays on the scanout until a frame of the new one has replaced it there.
  private mutating func makeSurface(_ index: Int) throws(GPUError) {
    if surfaces[index] != nil {
      guard surfaces[index]?.fits(scanouts[index]) == false, retiredSurfaces[index] == nil,
        control.accounts[index].pendingCount == 0, surfaces[index]?.buffer.isLent(0) == false
      else { return }
    }
    let resource = makeResourceID()
    let surface = try Surface(
      resource, width: scanouts[index].width, height: scanouts[index].height, format: Self.format,
      platform: platform)
    if let old = surfaces[index].take() { retire(old, index) }
    surfaces[index] = consume surface
  }

  /// Keeps a surface that the device still shows; one that it never saw is gone at once.
  private mutating func retire(_ old: consuming Surface<P.Region>, _ index: Int) {
    if old.isCreated {
      retiredSurfaces[index] = consume old
    } else {
      old.buffer.free(to: platform)
    }
  }

  /// Has the device let go of a surface that was replaced, then gives its memory back.
  private mutating func releaseRetired(_ index: Int) throws(GPUError) {
    guard control.accounts[index].pendingCount == 0, surfaces[index]?.isCreated == true,
      let resource = retiredSurfaces[index]?.resource
    else { return }
    if retiredSurfaces[index]?.isReleased == true {
      if let old = retiredSurfaces[index].take() { old.buffer.free(to: platform) }
      return
    }
    guard control.freeCount >= 2 else { return }
    retiredSurfaces[index]?.isReleased = true
    try post(ResourceRelease.detachBacking(resource), index)
    try post(ResourceRelease.unref(resource), index)
    control.publish()
  }

  /// Throws what went wrong with the frames of a surface: once, unless nothing can come of it.
  private mutating func throwFailure(of index: Int) throws(GPUError) {
    if let failure = control.takeFailure(of: index) {
      switch failure.subject.command {
      case .resourceDetachBacking, .resourceUnref:
        // The resource is gone either way.
        return
      case .resourceCreate2D, .resourceAttachBacking, .setScanout:
        surfaces[index]?.creationFailure = failure
      default: break
      }
      surfaces[index]?.isCurrent = false
      throw .command(failure)
    }
    guard let failure = surfaces[index]?.creationFailure,
      control.accounts[index].pendingCount == 0
    else { return }
    try rollBack(index, failure)
  }

  /// Goes back to the surface that is still on the scanout, if a new one could not take its place.
  private mutating func rollBack(_ index: Int, _ failure: CommandFailure) throws(GPUError) {
    guard let failed = surfaces[index].take() else { return }
    guard var old = retiredSurfaces[index].take() else {
      surfaces[index] = consume failed
      throw .command(failure)
    }
    old.refusedSize = (failed.width, failed.height)
    old.isCurrent = false
    surfaces[index] = consume old
    retiredSurfaces[index] = consume failed
  }

  // MARK: Commands of a frame

  private mutating func post<Command: ControlCommand>(
    _ command: Command, _ index: Int, fence: UInt64 = 0
  ) throws(GPUError) {
    guard let resource = surfaces[index]?.resource else { return }
    let subject = CommandSubject(
      CommandType(rawValue: command.header.type.value), resource: resource,
      scanout: scanouts[index].id)
    try control.post(command, subject, fence: fence, account: index)
  }

  private mutating func postCreation(_ index: Int) throws(GPUError) {
    guard let resource = surfaces[index]?.resource, let width = surfaces[index]?.width,
      let height = surfaces[index]?.height, let format = surfaces[index]?.format,
      let address = surfaces[index]?.buffer.deviceAddress,
      let byteCount = surfaces[index]?.buffer.byteCount
    else { return }
    try post(ResourceCreate2D(resource, format: format, width: width, height: height), index)
    try post(
      ResourceAttachBacking(
        resource, address: address, byteCount: UInt32(truncatingIfNeeded: byteCount)), index)
  }

  private mutating func postScanout(_ index: Int) throws(GPUError) {
    guard let resource = surfaces[index]?.resource, let bounds = surfaces[index]?.bounds else {
      return
    }
    try post(SetScanout(scanouts[index].id, to: resource, rectangle: bounds), index)
  }

  private mutating func postTransfer(_ index: Int, _ rectangle: Rectangle) throws(GPUError) {
    guard let resource = surfaces[index]?.resource,
      let offset = surfaces[index]?.offset(of: rectangle)
    else { return }
    try post(TransferToHost2D(resource, rectangle: rectangle, offset: offset), index)
  }
}
