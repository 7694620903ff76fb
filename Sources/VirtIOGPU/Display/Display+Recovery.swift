public import VirtIO

// After a fault the device is reset and told everything anew, in the same memory: so nothing is allocated.
// The pixels are the driver's, and so is what is known of them; the device is taken to know nothing.
//
// Of a scanout the picture that was presented last is sent again. Its slot is with nobody, unless a program
// has all others in hand, or there is but one: then it is drawing the next picture just now, and that is the
// first to be shown. An older one in its place would be a step back, and a half-drawn one is no picture.
extension Display where T: ~Copyable {
  /// Takes the device back into service after a fault, and shows again what was to be seen. Blocks.
  ///
  /// For errors whose ``GPUError/remedy`` is ``GPUError/Remedy/recover``; it may be called at any time,
  /// also when nothing is wrong. The device is reset and agrees on the same features; queues are enabled in
  /// the memory that they have; displays are asked for; and the picture of each scanout that was presented
  /// last, and the cursor, are sent to the device again. Nothing is allocated, and memory of pictures that
  /// were on their way out is given back.
  ///
  /// Frames in hand stay as they are, and can be presented afterwards. A ``Presentation`` that was under
  /// way is complete when this returns, as a newer frame or the frame itself has arrived. While a scanout's
  /// last picture is being drawn over, it shows nothing until the next frame is presented. Interrupts go on
  /// as they were, with the same ``interruptHandler``.
  ///
  /// - Parameter waiter: How, and how long at most, to wait for each of four answers of the device: the
  ///   reset, the displays, the pictures, the cursor image.
  /// - Throws: ``GPUError``, if the device does not come back. The display is then out of service: other
  ///   calls say ``GPUError/needsReset``, this one can be tried again, and ``close(waiting:)`` ends it.
  /// - Spec: VirtIO 1.4 §2.1.2 "Device Requirements: Device Status Field", §3.1 "Device Initialization"
  @inline(never)
  public mutating func recover<W: Waiter>(waiting waiter: W) throws(GPUError) {
    leaveService()
    try restart(waiting: waiter)
    isOutOfService = false
    do {
      try updateScanouts(waiting: waiter)
      displayEventIsDue = false
      try showAgain(waiting: waiter)
    } catch {
      leaveService()
      throw error
    }
  }

  /// From now on the device is given nothing.
  private mutating func leaveService() {
    isOutOfService = true
    stopStanding()
    cursorQueue.noteSlots()
  }

  /// Has the device start over, until it can be asked and told something.
  private mutating func restart<W: Waiter>(waiting waiter: W) throws(GPUError) {
    do throws(DeviceError) {
      let restart = try device.restart(on: platform, waiting: waiter)
      forgetDevice()
      try control.startOver(on: &device, during: restart)
      try cursorQueue.startOver(on: &device, during: restart)
      let count = try device.readConfiguration {
        $0.readConfiguration32(at: Self.scanoutCountOffset)
      }
      // There is no room for what further ones say of themselves.
      scanoutCount = min(max(Int(clamping: count), 1), control.layout.scanoutCount)
      try device.resume(restart)
    } catch {
      throw .device(error)
    }
    // What came meanwhile nobody has heard of.
    if !control.suppressesInterrupts { control.interruptLatch.signal([.queues, .configuration]) }
  }

  /// The device was reset: it has no frame and no resource any more.
  private mutating func forgetDevice() {
    waitingScanouts = 0
    for index in surfaces.indices {
      // What was still to be seen, as its successor was not shown yet, is to be seen again.
      let isNeeded =
        retiredSurfaces[index & 15]?.canReturn == true
        && surfaces[index & 15]?.isOnScanout == false
      surfaces[index & 15]?.forgetDevice()
      retiredSurfaces[index & 15]?.forgetDevice()
      if !isNeeded { freeRetired(index) }
      progress[index].forgetFailure()
    }
    forgetViews()
  }

  // MARK: What was to be seen

  private mutating func showAgain<W: Waiter>(waiting waiter: W) throws(GPUError) {
    let cursor = try postCursor()
    let exchanged = exchangeSurfaces()
    var failure: GPUError?
    do throws(GPUError) {
      // The first picture takes the cursor along, with one doorbell.
      let isAnythingSent = try sendPictures(waiting: waiter)
      if !isAnythingSent, cursor != nil { control.publish() }
      try awaitPictures(waiting: waiter)
    } catch {
      failure = error
    }
    exchangeSurfaces(exchanged)
    if let failure { throw failure }
    guard let cursor else { return }
    try awaitCalls(waiting: waiter)
    try cursorQueue.update(cursor)
    cursorRequest = nil
  }

  /// Lets a surface that was to be seen take the place of its successor of which there is no picture.
  ///
  /// - Returns: A bit for each scanout where that was done.
  private mutating func exchangeSurfaces() -> UInt16 {
    var exchanged: UInt16 = 0
    for index in surfaces.indices
    where retiredSurfaces[index & 15]?.canReturn == true && surfaces[index & 15]?.picture == nil {
      exchanged |= 1 << UInt16(truncatingIfNeeded: index)
    }
    exchangeSurfaces(exchanged)
    return exchanged
  }

  private mutating func exchangeSurfaces(_ scanouts: UInt16) {
    for index in surfaces.indices where scanouts >> UInt16(truncatingIfNeeded: index) & 1 != 0 {
      let old = retiredSurfaces[index & 15].take()
      retiredSurfaces[index & 15] = surfaces[index & 15].take()
      surfaces[index & 15] = old
    }
  }

  /// Sends the picture of each scanout that was presented last.
  ///
  /// - Returns: Whether there is any.
  private mutating func sendPictures<W: Waiter>(waiting waiter: W) throws(GPUError) -> Bool {
    var isAnythingSent = false
    for index in 0..<scanoutCount where leavingSurfaces & Self.bit(index) == 0 {
      guard let slot = surfaces[index & 15]?.picture else { continue }
      surfaces[index & 15]?.number(slot, progress[index].presented)
      try sendAgain(slot, index, waiting: waiter)
      isAnythingSent = true
    }
    return isAnythingSent
  }

  private mutating func awaitPictures<W: Waiter>(waiting waiter: W) throws(GPUError) {
    var waiter = waiter
    while let index = try nextUnderWay() {
      guard waiter.wait(on: platform) else { throw noAnswer(index) }
    }
    for index in surfaces.indices {
      if let failure = progress[index].takeFailure() { throw .command(failure) }
    }
  }

  private mutating func noAnswer(_ index: Int) -> GPUError {
    let subject = CommandSubject(.resourceFlush, scanout: scanouts[index].id)
    return lateness(of: subject)
  }

  /// Sends a picture as soon as there is room for its commands.
  private mutating func sendAgain<W: Waiter>(_ slot: Int, _ index: Int, waiting waiter: W)
    throws(GPUError)
  {
    var waiter = waiter
    while true {
      do throws(GPUError) {
        return try send(slot, index)
      } catch {
        guard error == .busy else { throw error }
      }
      // What takes the room may be what waits for this picture to go with it.
      control.publish()
      guard waiter.wait(on: platform) else { throw noAnswer(index) }
      try settle()
    }
  }

  /// A scanout of which the device still has a picture.
  private mutating func nextUnderWay() throws(GPUError) -> Int? {
    try drain()
    for index in surfaces.indices {
      if surfaces[index & 15]?.inFlight.isEmpty == false { return index }
      if surfaces[index & 15]?.waiting.isEmpty == false { return index }
    }
    return nil
  }

  /// Posts what brings the cursor's image back, if there is one to be seen.
  ///
  /// - Returns: How it is to be shown once the device has the image.
  private mutating func postCursor() throws(GPUError) -> CursorState? {
    guard let resource = cursorResource else { return nil }
    let cursor = cursorRequest ?? cursorQueue.wanted
    guard cursor.resource == resource, scanout(cursor.scanout) != nil else {
      // The next image makes its resource anew.
      cursorResource = nil
      cursorQueue.hide()
      return nil
    }
    try control.reserve(3)
    try postCursorCreation(resource)
    try postCursorImage(resource)
    return cursor
  }
}
