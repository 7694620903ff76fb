import VirtIO
import VirtIOGraphics

// How a presented frame goes to the device and comes back.

extension Display where T: ~Copyable {
  /// Takes in what the device has done, and sends the frames that have waited for that. Does not block.
  ///
  /// To be called in the display's own context; an interrupt handler only leaves word.
  ///
  /// - Parameter limit: How many commands to take back at most; by default as many as the queue holds.
  /// - Throws: ``GPUError/queue(_:)`` if the device has broken the rules of the queue.
  public mutating func drain(limit: Int = .max) throws(GPUError) {
    try settle(limit: limit)
    if waitingScanouts != 0 { try sendWaiting() }
    if hasViewWork { try serveViews() }
    // Frames go on without the cursor's queue: what is wrong with it, a call for the cursor says.
    if cursorQueue.isDue { try? cursorQueue.send() }
  }

  /// Takes in what the device has done.
  mutating func settle(limit: Int = .max) throws(GPUError) {
    stopStanding()
    try control.drain(limit: limit)
    while let commands = control.takeFinished() {
      let index = Int(control.frames[commands].place.scanout)
      let slot = Int(control.frames[commands].place.slot)
      if control.frames[commands].failure != nil {
        fail(slot, index, commands)
      } else if let number = surfaces[index & 15]?.complete(slot) {
        progress[index].complete(number)
        if frameViews != 0 { confirmViews(of: index) }
      }
    }
  }

  /// Notes that a frame failed; or that it is to be sent in another way.
  @inline(never)
  private mutating func fail(_ slot: Int, _ index: Int, _ commands: Int) {
    guard let failure = control.frames[commands].failure.take() else { return }
    let bit: UInt16 = 1 << UInt16(truncatingIfNeeded: index)
    if let number = surfaces[index & 15]?.fail(slot, failure) {
      progress[index].fail(number, failure)
      attention |= bit
    } else {
      separate(index)
      waitingScanouts |= bit
    }
  }

  /// Sends the frames for which the device has become free.
  @inline(never)
  private mutating func sendWaiting() throws(GPUError) {
    var rest = waitingScanouts
    while rest != 0 {
      let index = rest.trailingZeroBitCount
      rest &= rest &- 1
      guard surfaces[index & 15]?.inFlight.isEmpty == true else { continue }
      guard let slot = surfaces[index & 15]?.firstWaiting else {
        waitingScanouts &= ~(1 << UInt16(truncatingIfNeeded: index))
        continue
      }
      do throws(GPUError) {
        try send(slot, index)
      } catch {
        // Others will be sent first, and then this.
        if error != .busy { throw error }
      }
    }
  }

  /// Sends what the device has not got of a slot, and shows it: at most one doorbell.
  ///
  /// - Parameter fence: One that is newer than all others; nil to take it here.
  /// - Throws: ``GPUError/busy`` if there are too many commands in flight. Nothing was sent then.
  mutating func send(_ slot: Int, _ index: Int, fence: UInt64? = nil) throws(GPUError) {
    stopStanding()
    guard let order = surfaces[index & 15]?.order(slot, index) else { return }
    if control.freeFrames == 0 { try control.drain() }
    let commands = try control.frameCommands(preferring: order.commands)
    if order.isReady, control.isEncoded(commands, for: order.place),
      blob == nil || showsPlainly(index)
    {
      try control.postTransfer(commands)
    } else {
      try postParts(slot, index, order.place, commands)
    }
    try control.postFlush(commands, fence: fence ?? control.nextFence())
    surfaces[index & 15]?.send(slot, by: commands)
    // Behind the picture, which it must not hold up.
    if edidsDue != 0 { postDueEDID() }
    control.publish()
  }

  /// Posts all commands of a frame but the last.
  @inline(never)
  private mutating func postParts(
    _ slot: Int, _ index: Int, _ place: FramePlace, _ commands: Int
  ) throws(GPUError) {
    if blob != nil { return try postShared(slot, index, place, commands) }
    guard let bounds = surfaces[index & 15]?.bounds,
      let isWhole = surfaces[index & 15]?.isDueWhole(slot),
      let needsResource = surfaces[index & 15]?.needsResource(slot),
      let needsScanout = surfaces[index & 15]?.needsScanout(slot),
      var damage = surfaces[index & 15]?.buffer[noteOf: slot].due
    else { return }
    // What is to be shown again, with nothing new, is sent whole too.
    if isWhole || damage.isEmpty { damage = DamageList(bounds) }
    let viewers = needsScanout ? viewers(of: index) : 0
    let others = (needsResource ? 2 : 0) &+ (viewers != 0 ? 1 : 0)
    try control.reserve(others)
    if control.slots.freeCount < others &+ damage.count &- 1 { damage = DamageList(damage.bounds) }
    if needsResource { try postCreation(slot, index, place, commands) }
    let last = damage.count &- 1
    var part = 0
    while part < last {
      let rectangle = damage[part]
      guard let offset = surfaces[index & 15]?.offset(of: rectangle, in: slot) else { return }
      let command = TransferToHost2D(place.resource, rectangle: rectangle, offset: offset)
      try post(command, of: place, .transferToHost2D, commands)
      part &+= 1
    }
    let rectangle = damage[last]
    guard let offset = surfaces[index & 15]?.offset(of: rectangle, in: slot) else { return }
    control.encode(
      commands, for: place, transferring: rectangle, at: offset,
      flushing: needsScanout ? bounds : damage.bounds, isWhole: isWhole)
    try control.postTransfer(commands)
    if viewers != 0 {
      try postViews(viewers, of: place, bounds, commands)
      surfaces[index & 15]?.needsScanout = false
    }
  }

  private mutating func postCreation(
    _ slot: Int, _ index: Int, _ place: FramePlace, _ commands: Int
  ) throws(GPUError) {
    guard let shape = surfaces[index & 15]?.shape,
      let backing = surfaces[index & 15]?.backing(of: slot)
    else { return }
    let create = ResourceCreate2D(
      place.resource, format: shape.format, width: shape.width, height: shape.height)
    try post(create, of: place, .resourceCreate2D, commands)
    if let request = surfaces[index & 15]?.attachRequest(slot, on: platform) {
      let subject = CommandSubject(.resourceAttachBacking, of: place)
      try control.post(from: request, subject, for: .frame(commands))
    } else {
      let attach = ResourceAttachBacking(
        place.resource, address: backing.address,
        byteCount: UInt32(truncatingIfNeeded: backing.byteCount))
      try post(attach, of: place, .resourceAttachBacking, commands)
    }
    surfaces[index & 15]?.create(slot)
  }

  private mutating func post<Command: ControlCommand>(
    _ command: Command, of place: FramePlace, _ type: CommandType, _ commands: Int
  ) throws(GPUError) {
    try control.post(command, CommandSubject(type, of: place), for: .frame(commands))
  }
}

extension CommandSubject {
  /// What a command for a frame is about.
  init(_ command: CommandType, of place: FramePlace) {
    self.init(
      command, resource: place.resource, scanout: ScanoutID(rawValue: UInt32(place.scanout)))
  }
}
