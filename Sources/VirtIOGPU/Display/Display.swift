public import VirtIO
public import VirtIOGraphics

/// A virtio-gpu in service, with everything that hangs on it.
///
/// ```swift
/// var display = try Display.open(transport, on: platform, waiting: .polling(.seconds(2)))
/// var frame = try display.nextFrame(waiting: .polling(.seconds(1)))
/// // draw in frame.pixels
/// let presentation = try display.present(frame)
/// ```
///
/// One context at a time may call a display. Nothing waits unless it takes a ``/VirtIO/Waiter``, and
/// nothing allocates but opening, the first frame of each scanout, and the first cursor image. To end,
/// call ``close(waiting:)``; a display that is only dropped keeps its memory for the device for ever.
///
/// - Spec: VirtIO 1.4 §5.7 "GPU Device"
public struct Display<P: Platform, T: Transport & ~Copyable>: ~Copyable {
  // What each frame needs comes first, where it is reached by short offsets.

  /// The slots of the surfaces that are left to standing commands.
  var lanes = InlineArray<16, StandingLane> { _ in StandingLane() }
  /// A bit for each of these; see also ``ControlQueue/standingScanouts``.
  var laneScanouts: UInt16 = 0
  /// A bit for each scanout whose surface is shown by an enabled one.
  var frameScanouts: UInt16 = 0
  /// How far the frames of each scanout have come.
  var progress = FixedArray<16, FrameProgress>(repeating: FrameProgress())

  /// A bit for each enabled scanout, or for the first although it is not; see ``isFallback``.
  var enabledScanouts: UInt16 = 0
  /// Whether the first scanout is used although none is enabled.
  var isFallback = false

  /// What the display was opened on.
  public let platform: P
  var device: LiveDevice<T>
  var control: ControlQueue<P.Region, T.Bell>
  var cursorQueue: CursorQueue<P.Region, T.Bell>
  var surfaces: InlineArray<16, Surface<P.Region>?>
  /// What the surfaces of another size have replaced, until the device has let go of it.
  var retiredSurfaces: InlineArray<16, Surface<P.Region>?>
  var cursorBuffer: DMABuffer<P.Region>?
  /// The resource that holds the cursor image, if there is one.
  var cursorResource: ResourceID?
  /// Whether the device was seen to need a reset: it is given nothing more, and not waited for.
  var isOutOfService = false
  /// What was asked for with the image in ``cursorBuffer``, while the device need not have the image.
  var cursorRequest: CursorState?
  /// Whether an interrupt has told of a change, and only the status was looked at.
  var configurationIsSuspect = false
  /// Whether the device has reported a change that ``scanouts`` does not show yet.
  var displayEventIsDue = false
  /// A bit for each scanout whose display has still to be asked for its EDID.
  var edidsDue: UInt16 = 0
  var lastResource = ResourceID.none
  /// How many slots a surface has.
  let buffers: BufferCount
  /// How pixels are shared with the device; nil if they are transferred.
  let blob: BlobPlan?
  /// Whether the device was found to want a resource for each slot.
  var isSeparate = false
  /// A bit for each scanout for which there may be more to do than to hand out the next frame.
  var attention = UInt16.max
  /// A bit for each scanout with frames that may wait until the device is done with others.
  var waitingScanouts: UInt16 = 0

  /// What the program has asked of the surface of each scanout.
  var requests: FixedArray<16, ModeRequest>
  /// What each scanout shows.
  var views = FixedArray<16, ViewProgress> { ViewProgress($0) }
  /// A bit for each scanout of which the device has still to be told what it shows.
  var dueViews: UInt16 = 0
  /// A bit for each scanout of which the device was told that, and has not answered.
  var viewsInFlight: UInt16 = 0
  /// A bit for each scanout of which the device was told that along with a frame that has not arrived.
  var frameViews: UInt16 = 0
  /// A bit for each scanout of which the device could not be told that for want of commands.
  var blockedViews: UInt16 = 0
  /// A bit for each scanout with a surface that none is to show any more.
  var leavingSurfaces: UInt16 = 0
  /// Why a scanout does not show what it was to show, until that has been said.
  var viewFailure: CommandFailure?

  /// The outputs of the device, as it described them last. Those beyond ``scanoutCount`` are disabled.
  public internal(set) var scanouts: FixedArray<16, Scanout>
  /// How many outputs the device has, 1 to 16.
  public internal(set) var scanoutCount: Int {
    get { Int(describedCount) }
    set { describedCount = UInt8(truncatingIfNeeded: newValue) }
  }
  private var describedCount: UInt8
  /// The features of the GPU that were agreed.
  public let features: GPUFeatures
  /// The features of its queues and its transport that were agreed.
  public var queueFeatures: Features { device.features.subtracting(.deviceType) }

  /// The device type of a GPU.
  ///
  /// - Spec: VirtIO 1.4 §5 "Device Types"
  public static var deviceType: UInt16 { 16 }

  /// Where `num_scanouts` is in the device configuration, and how long the fixed part of that is.
  static var scanoutCountOffset: UInt { 8 }
  private static var configurationByteCount: UInt { 16 }

  /// Takes a GPU into service and asks it what displays it has. Blocks.
  ///
  /// - Parameters:
  ///   - transport: The device, consumed.
  ///   - platform: The kernel's memory and clock; kept as long as the display.
  ///   - declined: Features not to be used even if the device offers them: its own, or those of its
  ///     queues and transport.
  ///   - wanted: Features of the GPU to be used if the device offers them, besides EDID:
  ///     ``GPUFeatures/virgl`` to ask for capability sets.
  ///   - buffers: How many pictures each scanout has room for.
  ///   - format: How a pixel lies in memory, in every frame of a scanout for which nothing else is
  ///     asked by ``setMode(width:height:format:on:)``.
  ///   - pixels: How they get to the device.
  ///   - waiter: How, and how long at most, to wait for each of two answers of the device.
  /// - Throws: ``GPUError``. The device is then marked FAILED or reset, and all memory given back
  ///   unless it does not even leave reset.
  @inline(never)  // A display is in its frame and another in its caller's: too much for one frame.
  public static func open<W: Waiter>(
    _ transport: consuming T, on platform: P, declining declined: Features = [],
    wanting wanted: GPUFeatures = [], buffers: BufferCount = .two,
    format: PixelFormat = .b8g8r8x8, pixels: PixelPath = .transferred, waiting waiter: W
  ) throws(GPUError) -> Self {
    var scanoutCount = 0
    var blob: BlobPlan?
    var device = try negotiate(
      transport, on: platform, declining: declined, wanting: wanted, pixels: pixels,
      waiting: waiter, scanoutCount: &scanoutCount, blob: &blob)
    let control: ControlQueue<P.Region, T.Bell>
    do {
      control = try ControlQueue(
        on: &device, scanoutCount: scanoutCount, sharesPixels: blob != nil, platform: platform)
    } catch {
      _ = try? device.abandon(on: platform, waiting: waiter)
      throw error
    }
    let cursorQueue: CursorQueue<P.Region, T.Bell>
    do {
      cursorQueue = try CursorQueue(on: &device, platform: platform)
    } catch {
      if let proof = try? device.abandon(on: platform, waiting: waiter) {
        control.free(to: platform, after: proof)
      }
      throw error
    }
    var display = Self(
      platform: platform, device: device.start(), control: control, cursorQueue: cursorQueue,
      scanoutCount: scanoutCount, buffers: buffers, format: format, blob: blob)
    do {
      try display.updateScanouts(waiting: waiter)
    } catch {
      display.giveUp(waiting: waiter)
      throw error
    }
    return display
  }

  /// Agrees with the device, and asks how many outputs it has: whatever it says, 1 to 16.
  private static func negotiate<W: Waiter>(
    _ transport: consuming T, on platform: P, declining declined: Features,
    wanting wanted: GPUFeatures, pixels: PixelPath, waiting waiter: W, scanoutCount: inout Int,
    blob: inout BlobPlan?
  ) throws(GPUError) -> NegotiatedDevice<T> {
    let device: NegotiatedDevice<T>
    do throws(DeviceError) {
      let found = transport.deviceType
      guard found == deviceType else {
        throw .wrongType(expected: deviceType, found: found)
      }
      let acknowledged = try AcknowledgedDevice(
        resetting: transport, on: platform, waiting: waiter)
      device = try acknowledged.negotiate(requiring: [], declining: declined) { offered in
        let used = wanted.intersection(.usable).union(.edid).union(pixels.features)
        let found = GPUFeatures(rawValue: offered.rawValue).intersection(used)
        return Features(rawValue: found.withDependencies.rawValue)
      }
    } catch {
      throw .device(error)
    }
    do throws(DeviceError) {
      let byteCount = device.configurationByteCount
      guard byteCount >= configurationByteCount else {
        throw .configurationTooSmall(byteCount: byteCount, needed: configurationByteCount)
      }
      let count = try device.readConfiguration { $0.readConfiguration32(at: scanoutCountOffset) }
      scanoutCount = min(max(Int(clamping: count), 1), ScanoutID.limit)
    } catch {
      _ = try? device.abandon(on: platform, waiting: waiter)
      throw .device(error)
    }
    do throws(GPUError) {
      blob = try plan(pixels, on: device)
    } catch {
      _ = try? device.abandon(on: platform, waiting: waiter)
      throw error
    }
    return device
  }

  private init(
    platform: P, device: consuming LiveDevice<T>, control: consuming ControlQueue<P.Region, T.Bell>,
    cursorQueue: consuming CursorQueue<P.Region, T.Bell>, scanoutCount: Int,
    buffers: BufferCount, format: PixelFormat, blob: BlobPlan?
  ) {
    self.blob = blob
    self.buffers = buffers
    requests = FixedArray(repeating: ModeRequest(format: format))
    self.platform = platform
    features = GPUFeatures(rawValue: device.features.intersection(.deviceType).rawValue)
    self.device = device
    self.control = control
    self.cursorQueue = cursorQueue
    describedCount = UInt8(truncatingIfNeeded: scanoutCount)
    surfaces = InlineArray { _ in nil }
    retiredSurfaces = InlineArray { _ in nil }
    scanouts = FixedArray { Scanout(ScanoutID(rawValue: UInt32($0)), nil) }
  }

  // MARK: Waiting

  /// Shows the device what was posted for this caller, and waits until all of it is answered.
  ///
  /// - Throws: The first failure, or ``GPUError/timedOut(_:needsReset:)``.
  mutating func finishCalls<W: Waiter>(waiting waiter: W) throws(GPUError) {
    control.publish()
    try awaitCalls(waiting: waiter)
  }

  /// Waits until all that was posted for this caller, and shown to the device, is answered.
  ///
  /// - Throws: As ``finishCalls(waiting:)``.
  mutating func awaitCalls<W: Waiter>(waiting waiter: W) throws(GPUError) {
    beginListening()
    var waiter = waiter
    // There is a last look behind the last wait: it may have lasted longer than anybody meant it to.
    var isOver = false
    while true {
      try control.drain()
      if !control.isPending(.caller) { break }
      if hearsOfReset() {
        _ = control.abandonCaller()
        throw .needsReset
      }
      guard !isOver else {
        let subject = control.abandonCaller() ?? CommandSubject(.getDisplayInfo)
        throw lateness(of: subject)
      }
      isOver = !waiter.wait(on: platform)
    }
    if let failure = control.takeFailure(of: .caller) { throw .command(failure) }
  }

  /// What is said of an answer that does not come in time. A device that did not want to be notified is, so that
  /// what is late comes for the next call.
  mutating func lateness(of subject: CommandSubject) -> GPUError {
    let needsReset = needsReset()
    if !needsReset { control.queue.remind() }
    return .timedOut(subject, needsReset: needsReset)
  }

  /// Asks the device whether only a reset can help it. One register read, until it has said so.
  mutating func needsReset() -> Bool {
    if !isOutOfService { isOutOfService = device.needsReset() }
    if isOutOfService {
      stopStanding()
      cursorQueue.noteSlots()
    }
    return isOutOfService
  }

  /// Makes sure that the device may still be given something.
  ///
  /// - Spec: VirtIO 1.4 §2.1.1 "Driver Requirements: Device Status Field"
  func requireService() throws(GPUError) {
    if isOutOfService { throw .needsReset }
  }

  // MARK: Taking down

  /// Takes the GPU out of service: scanouts off, resources gone, device reset, memory given back.
  ///
  /// It does all of that whatever happens on the way; a frame that is still drawn in keeps its memory.
  ///
  /// - Parameter waiter: How long to wait for each of two answers.
  /// - Throws: What went wrong. Only after ``/VirtIO/DeviceError/neverReset(status:)`` is memory not given
  ///   back, as the device may still use it.
  @inline(never)  // A display is in its frame, as in that of `open`.
  public consuming func close<W: Waiter>(waiting waiter: W) throws(GPUError) {
    stopStanding()
    var failure: GPUError?
    do throws(GPUError) {
      if !isOutOfService { try releaseResources(waiting: waiter) }
    } catch {
      failure = error
    }
    let proof: ResetProof
    do {
      proof = try device.reset(on: platform, waiting: waiter)
    } catch {
      throw .device(error)
    }
    control.free(to: platform, after: proof)
    cursorQueue.free(to: platform, after: proof)
    if let buffer = cursorBuffer.take() { buffer.free(to: platform) }
    for index in surfaces.indices {
      if let surface = surfaces[index & 15].take() { surface.free(to: platform) }
      if let surface = retiredSurfaces[index & 15].take() { surface.free(to: platform) }
    }
    if let failure { throw failure }
  }

  /// Takes the GPU out of service while nothing hangs on it but its queues.
  @inline(never)
  private consuming func giveUp<W: Waiter>(waiting waiter: W) {
    guard let proof = try? device.reset(on: platform, waiting: waiter) else { return }
    control.free(to: platform, after: proof)
    cursorQueue.free(to: platform, after: proof)
  }

  /// Switches all scanouts off and lets go of all resources, as far as the device plays along.
  ///
  /// - Throws: The first thing that went wrong. The rest was tried all the same, unless the device does
  ///   not answer any more.
  private mutating func releaseResources<W: Waiter>(waiting waiter: W) throws(GPUError) {
    var failure: GPUError?
    do {
      if cursorQueue.wanted.resource != .none { try hideCursor() }
    } catch {
      failure = error
    }
    for index in surfaces.indices {
      do throws(GPUError) {
        if views[index].asked.surface != index {
          try control.reserve(1)
          let id = scanouts[index].id
          try post(SetScanout(id, to: .none, rectangle: .empty), scanout: id)
          try finishCalls(waiting: waiter)
        }
        for slot in 0..<buffers.rawValue {
          if surfaces[index & 15]?.created.contains(slot) == true,
            let resource = surfaces[index & 15]?.resource(of: slot)
          {
            try release(resource, isBlob: blob != nil, from: scanouts[index].id, waiting: waiter)
          }
          if retiredSurfaces[index & 15]?.release == .notAsked,
            retiredSurfaces[index & 15]?.created.contains(slot) == true,
            let resource = retiredSurfaces[index & 15]?.resource(of: slot)
          {
            try release(resource, isBlob: blob != nil, waiting: waiter)
          }
        }
      } catch {
        if case .timedOut = error { throw error }
        failure = failure ?? error
      }
    }
    do {
      if let resource = cursorResource { try release(resource, waiting: waiter) }
    } catch {
      failure = failure ?? error
    }
    if let failure { throw failure }
  }

  private mutating func release<W: Waiter>(
    _ resource: ResourceID, isBlob: Bool = false, from scanout: ScanoutID? = nil,
    waiting waiter: W
  ) throws(GPUError) {
    try control.reserve(3)
    if let scanout {
      try post(SetScanout(scanout, to: .none, rectangle: .empty), scanout: scanout)
    }
    if !isBlob { try post(ResourceRelease.detachBacking(resource), resource) }
    try post(ResourceRelease.unref(resource), resource)
    try finishCalls(waiting: waiter)
  }

  /// Posts a command for this caller; ``finishCalls(waiting:)`` sends it and waits for it.
  ///
  /// Room for it has been reserved.
  mutating func post<Command: ControlCommand>(
    _ command: Command, _ resource: ResourceID = .none, scanout: ScanoutID? = nil,
    fence: UInt64 = 0
  ) throws(GPUError) {
    let type = CommandType(rawValue: command.header.type.value)
    try control.post(
      command, CommandSubject(type, resource: resource, scanout: scanout), fence: fence,
      for: .caller)
  }
}
