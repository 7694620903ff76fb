public import VirtIO
public import VirtIOGraphics

extension Display where T: ~Copyable {
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
        let id = scanouts[index].id
        if control.accounts[index].pendingCount == 0 { throw .noFrame(id) }
        throw .timedOut(
          CommandSubject(.resourceFlush, scanout: id), needsReset: needsReset())
      }
    }
  }

  /// The next frame of a scanout to draw in, or nil while the device or the program has it.
  ///
  /// Does not block. Otherwise as ``nextFrame(on:waiting:)``.
  public mutating func tryNextFrame(on scanout: ScanoutID? = nil) throws(GPUError) -> Frame? {
    try requireService()
    try control.drain()
    let index = try surfaceIndex(of: scanout)
    try throwFailure(of: index)
    try releaseRetired(index)
    try makeSurface(index)
    if control.accounts[index].pendingCount > 0 { return nil }
    return surfaces[index]?.nextFrame(for: scanouts[index].id)
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
  ///     is no room for so many rectangles, one around them all is sent. A frame that was stale is
  ///     always sent whole.
  /// - Throws: ``GPUError/busy`` if there are too many commands in flight, and others.
  public mutating func present(_ frame: consuming Frame, damage: Span<Rectangle>)
    throws(GPUError) -> Presentation
  {
    try requireService()
    let scanout = frame.scanout
    let index = try surfaceIndex(of: scanout)
    try control.drain()
    try throwFailure(of: index)
    guard let resource = surfaces[index]?.resource, let bounds = surfaces[index]?.bounds,
      surfaces[index]?.isSource(of: frame) == true
    else { throw .staleFrame }
    let isWhole = !frame.staleRegion.isEmpty
    let area = isWhole ? bounds : Self.area(of: damage, in: bounds)
    guard !area.isEmpty else {
      surfaces[index]?.isCurrent = true
      return Presentation(scanout: scanout, fence: 0)
    }
    let isCreated = surfaces[index]?.isCreated == true
    let needsScanout = surfaces[index]?.needsScanout == true
    let others = (isCreated ? 0 : 2) &+ (needsScanout ? 1 : 0) &+ 1
    try control.reserve(others &+ 1)
    let batch = Batch(resource: resource, index: index, fence: control.nextFence())
    if !isCreated { try postCreation(batch) }
    if !isWhole, damage.count > 1, control.freeCount >= others &+ damage.count {
      for position in damage.indices {
        let part = damage[position].intersection(bounds)
        if !part.isEmpty { try postTransfer(part, batch) }
      }
    } else {
      try postTransfer(area, batch)
    }
    if needsScanout {
      try post(SetScanout(scanout, to: resource, rectangle: bounds), batch)
    }
    try post(ResourceFlush(resource, rectangle: area, fence: batch.fence), batch, isLast: true)
    surfaces[index]?.isCreated = true
    surfaces[index]?.needsScanout = false
    surfaces[index]?.isCurrent = true
    // Behind the picture, which it must not hold up.
    postDueEDID()
    control.publish()
    return Presentation(scanout: scanout, fence: batch.fence)
  }

  /// One rectangle around all damage.
  private static func area(of damage: Span<Rectangle>, in bounds: Rectangle) -> Rectangle {
    var area = Rectangle.empty
    for position in damage.indices {
      area = area.union(damage[position].intersection(bounds))
    }
    return area
  }

  /// Whether a presented frame has arrived. Does not block.
  ///
  /// - Throws: ``GPUError``: it never will.
  public mutating func isComplete(_ presentation: Presentation) throws(GPUError) -> Bool {
    try control.drain()
    guard let index = Int(exactly: presentation.scanout.rawValue), index < scanoutCount else {
      throw .scanoutDisabled(presentation.scanout)
    }
    do {
      return try control.accounts[index].isDone(presentation.fence)
    } catch {
      // Said here, so not again with the next frame.
      _ = takeFailure(of: index)
      throw error
    }
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
          needsReset: needsReset())
      }
    }
  }

  /// Which surface belongs to a scanout, by default to the first enabled one.
  func surfaceIndex(of scanout: ScanoutID?) throws(GPUError) -> Int {
    guard let scanout = scanout ?? firstScanout else { throw .noScanout }
    guard let found = self.scanout(scanout), found.isEnabled else {
      throw .scanoutDisabled(scanout)
    }
    return Int(scanout.rawValue)
  }

  // MARK: Commands of a frame

  /// The commands of one frame: which resource and scanout they are about, and the fence of the last.
  private struct Batch {
    let resource: ResourceID
    let index: Int
    let fence: UInt64
  }

  private mutating func post<Command: ControlCommand>(
    _ command: Command, _ batch: Batch, isLast: Bool = false
  ) throws(GPUError) {
    let subject = CommandSubject(
      CommandType(rawValue: command.header.type.value), resource: batch.resource,
      scanout: scanouts[batch.index].id)
    try control.post(
      command, subject, fence: isLast ? batch.fence : 0, batch: batch.fence,
      account: batch.index)
  }

  private mutating func postCreation(_ batch: Batch) throws(GPUError) {
    let resource = batch.resource
    guard let width = surfaces[batch.index]?.width, let height = surfaces[batch.index]?.height,
      let format = surfaces[batch.index]?.format,
      let address = surfaces[batch.index]?.buffer.deviceAddress,
      let byteCount = surfaces[batch.index]?.buffer.byteCount
    else { return }
    try post(ResourceCreate2D(resource, format: format, width: width, height: height), batch)
    try post(
      ResourceAttachBacking(
        resource, address: address, byteCount: UInt32(truncatingIfNeeded: byteCount)), batch)
  }

  private mutating func postTransfer(_ rectangle: Rectangle, _ batch: Batch) throws(GPUError) {
    guard let offset = surfaces[batch.index]?.offset(of: rectangle) else { return }
    try post(
      TransferToHost2D(batch.resource, rectangle: rectangle, offset: offset), batch)
  }
}
