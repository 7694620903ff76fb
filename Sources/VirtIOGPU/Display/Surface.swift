import VirtIO
import VirtIOGraphics

/// What is on a scanout: pixels in one, two or three slots, and the resource that they go to.
///
/// A slot is with nobody; or lent to the program as a ``Frame``; or waiting until the device is done with
/// another; or in flight. A frame that is in hand is of unknown content, as it may be dropped half-drawn.
struct Surface<Region: DMARegion>: ~Copyable {
  /// The resource, or the first slot's if each has its own.
  let resource: ResourceID
  /// The second slot's resource if each has its own, the third's being the next; none if all share one.
  var furtherResources = ResourceID.none
  let width: UInt32
  let height: UInt32
  /// How a pixel lies in memory.
  let format: PixelFormat
  /// What the program had asked for when it was made.
  var request: ModeRequest
  var buffer: LendingBuffer<Region, SlotNote>
  /// What tells the device of the buffer, if that takes more than one entry.
  var requests: BackingRequests<Region>?
  /// How the device reads the buffer in place; nil if pixels are transferred to it.
  let blob: BlobPlan?
  /// How slots become resources.
  var arrangement: Arrangement { furtherResources == .none ? .shared : .separate }
  /// Whether a transfer from behind the first slot has succeeded.
  private var isProven = false

  /// The slots whose resource has been created, or is about to be.
  private(set) var created: SlotSet = []
  /// Whether a resource has still to be put on the scanout.
  var needsScanout = true
  /// Whether the device did not make the resource or did not put it on the scanout.
  private(set) var isRefused = false

  /// The slots that the device has.
  private(set) var inFlight: SlotSet = []
  /// The slots that were presented and not sent.
  private(set) var waiting: SlotSet = []
  /// The slot that is on the scanout, as far as the device has said, where it reads pixels in place.
  private var shown: SlotSet = []
  /// The slots that lack all of the picture that was presented last.
  private var unknown: SlotSet
  /// The slots that are sent whole when they are sent next.
  private var wholly: SlotSet
  /// The slot that was presented last.
  private var latest: Int
  /// Which frame was presented last in each slot.
  private var numbers = FixedArray<4, UInt64>(repeating: 0)

  /// What could not be had in place of this one.
  var refusedShape: SurfaceShape?
  /// How far the device has been made to let go of it.
  var release = Release.notAsked

  /// How slots become resources.
  enum Arrangement {
    /// One resource has all slots behind it, and each transfer says from which.
    case shared
    /// Each slot has a resource, and each frame is put on the scanout.
    case separate
  }

  /// How far a device has let go of a resource.
  enum Release {
    /// It was not asked to.
    case notAsked
    /// It was asked to.
    case asked
    /// It refused, so the memory stays until it is reset.
    case refused
  }

  /// Takes memory for the pixels.
  init<P: Platform>(
    _ resource: ResourceID, _ shape: SurfaceShape, buffers: BufferCount,
    sharing blob: BlobPlan? = nil, platform: borrowing P
  ) throws(GPUError) where P.Region == Region {
    guard shape.isPossible else {
      throw .invalidSize(width: shape.width, height: shape.height)
    }
    let byteCount = UInt64(shape.width) &* UInt64(shape.height) &* 4
    let alignment = blob?.alignment ?? 4
    let rest = UInt64(truncatingIfNeeded: alignment) &- 1
    let stride = (byteCount &+ rest) & ~rest
    let slotCount = min(
      UInt64(truncatingIfNeeded: buffers.rawValue), UInt64(UInt32.max) / max(1, stride))
    var memory = try Self.makeMemory(
      slotByteCount: Int(truncatingIfNeeded: byteCount),
      slotCount: Int(truncatingIfNeeded: slotCount), slotAlignment: alignment,
      note: SlotNote(shape), on: platform)
    requests = memory.requests.take()
    buffer = memory.buffer
    self.resource = resource
    self.blob = blob
    width = shape.width
    height = shape.height
    format = shape.format
    request = ModeRequest(format: shape.format)
    latest = buffer.slotCount &- 1
    unknown = SlotSet(all: buffer.slotCount)
    wholly = unknown
    for slot in 0..<buffer.slotCount {
      buffer[noteOf: slot].slot = UInt8(truncatingIfNeeded: slot)
      buffer[noteOf: slot].commands = UInt8(truncatingIfNeeded: slot)
    }
  }

  /// All of the surface.
  var bounds: Rectangle { Rectangle(x: 0, y: 0, width: Int(width), height: Int(height)) }

  /// What it is like.
  var shape: SurfaceShape { SurfaceShape(width: width, height: height, format: format) }

  /// Whether this is what it is to be like, or there is no way to that.
  func fits(_ wanted: SurfaceShape, followsDisplay: Bool) -> Bool {
    shape == wanted || followsDisplay && wanted == refusedShape
  }

  /// Whether the commands that put it on its scanout have been posted.
  var isOnScanout: Bool { !created.isEmpty && !needsScanout }

  /// The resource that has the picture that was presented last, if it can be put on further scanouts.
  var shownResource: ResourceID? {
    guard isOnScanout, !isRefused, !needsResource(latest) else { return nil }
    return resource(of: latest)
  }

  /// Whether no slot is with the device, on its way there, or in hand.
  var isIdle: Bool {
    inFlight.isEmpty && waiting.isEmpty && !isLent
  }

  /// Whether a frame of it is in hand.
  var isLent: Bool {
    for slot in 0..<buffer.slotCount where buffer.isLent(slot) { return true }
    return false
  }

  /// Whether it can take the place of its successor again.
  var canReturn: Bool { release == .notAsked && !isRefused }

  // MARK: Resources

  /// The resource that a slot's pixels go to.
  @inline(__always)
  func resource(of slot: Int) -> ResourceID {
    guard arrangement == .separate, slot > 0 else { return resource }
    return ResourceID(
      rawValue: furtherResources.rawValue &+ UInt32(truncatingIfNeeded: slot &- 1))
  }

  /// What commands say of a slot.
  @inline(__always)
  func place(of slot: Int, _ index: Int) -> FramePlace {
    FramePlace(
      resource: resource(of: slot), scanout: UInt8(truncatingIfNeeded: index),
      slot: UInt8(truncatingIfNeeded: slot))
  }

  /// Whether a slot's resource has still to be put on the scanout.
  func needsScanout(_ slot: Int) -> Bool { needsScanout || arrangement == .separate }

  /// What it takes to send a slot.
  struct Order {
    let place: FramePlace
    /// The commands that may be encoded for it already.
    let commands: UInt8
    /// Whether it takes no more than a transfer and a flush of all of it, and the device can read that.
    let isReady: Bool
  }

  /// What it takes to send a slot.
  mutating func order(_ slot: Int, _ index: Int) -> Order {
    let isReady =
      wholly.contains(slot) && !needsScanout && arrangement == .shared
      && (blob == nil || movesScanout)
    if isReady {
      buffer.prepareForDeviceReads(of: slot, at: 0, byteCount: buffer.slotByteCount)
    }
    return Order(
      place: place(of: slot, index), commands: buffer[noteOf: slot].commands, isReady: isReady)
  }

  /// Whether a slot's resource has still to be made.
  func needsResource(_ slot: Int) -> Bool {
    arrangement == .shared ? created.isEmpty : !created.contains(slot)
  }

  // MARK: The way of a slot

  /// Which slot a frame is; nil if it is of another surface or another display.
  func slot(of frame: borrowing Frame) -> Int? { frame.slot(in: buffer) }

  /// Lends the slot whose picture is the oldest; nothing if all are lent, waiting or in flight.
  mutating func nextFrame(for index: Int, after predecessor: UInt64) -> Frame? {
    var busy = inFlight.union(waiting)
    // What is on the scanout is still read.
    if movesScanout { busy = busy.union(shown) }
    var slot = latest
    for _ in 0..<buffer.slotCount {
      slot = slot &+ 1 == buffer.slotCount ? 0 : slot &+ 1
      if busy.contains(slot) { continue }
      guard var loan = buffer.lend(slot) else { continue }
      loan.note.scanout = UInt8(truncatingIfNeeded: index)
      loan.note.isUnknown = unknown.contains(slot)
      loan.note.predecessor = predecessor
      unknown.insert(slot)
      return Frame(loan)
    }
    return nil
  }

  /// Notes that the device has still to get all of a slot.
  mutating func oweAll(of slot: Int) { wholly.insert(slot) }

  /// Notes what of a slot the device has still to get, now that it is presented with so much damage.
  ///
  /// - Parameter isUnknown: Whether all of it had to be drawn.
  mutating func owe(_ damage: borrowing DamageList, of slot: Int, isUnknown: Bool) {
    let isSeparate = arrangement == .separate
    if isSeparate, isUnknown { return oweAll(of: slot) }
    // Its own resource lacks what its pixels lacked.
    if isSeparate { buffer[noteOf: slot].due.formUnion(buffer[noteOf: slot].stale) }
    buffer[noteOf: slot].due.formUnion(damage)
  }

  /// Whether the device has got all of a slot.
  func owesNothing(of slot: Int) -> Bool {
    !wholly.contains(slot) && arrangement == .shared && buffer[noteOf: slot].due.isEmpty
  }

  /// Notes that a slot is presented as the frame of this number.
  mutating func number(_ slot: Int, _ number: UInt64) { numbers[slot] = number }

  /// Notes that a slot is the picture that was presented last, and that others lack all of it.
  mutating func present(_ slot: Int) {
    latest = slot
    unknown = SlotSet(all: buffer.slotCount).subtracting(SlotSet(slot))
    buffer[noteOf: slot].stale.removeAll()
  }

  /// Notes that a slot is the picture that was presented last, and what others lack of it.
  mutating func present(_ slot: Int, damage: borrowing DamageList) {
    latest = slot
    unknown.remove(slot)
    buffer[noteOf: slot].stale.removeAll()
    for other in 0..<buffer.slotCount where other != slot && !unknown.contains(other) {
      buffer[noteOf: other].stale.formUnion(damage)
    }
  }

  /// Has a slot wait until the device is done, in place of any other that does.
  mutating func wait(_ slot: Int) {
    for old in 0..<buffer.slotCount
    where old != slot && waiting.contains(old) && arrangement == .shared {
      // The resource that both share lacks it all the same.
      if wholly.contains(old) { wholly.insert(slot) }
      buffer[noteOf: slot].due.formUnion(buffer[noteOf: old].due)
      buffer[noteOf: old].due.removeAll()
    }
    waiting = SlotSet(slot)
  }

  /// The slot that has waited longest.
  var firstWaiting: Int? {
    var first: Int?
    for slot in 0..<buffer.slotCount where waiting.contains(slot) {
      if let found = first, numbers[found] < numbers[slot] { continue }
      first = slot
    }
    return first
  }

  /// Whether all of a slot is to be sent.
  func isDueWhole(_ slot: Int) -> Bool { wholly.contains(slot) }

  /// Notes that a slot was sent, by which commands.
  mutating func send(_ slot: Int, by commands: Int) {
    buffer[noteOf: slot].commands = UInt8(truncatingIfNeeded: commands)
    inFlight.insert(slot)
    waiting.remove(slot)
    buffer[noteOf: slot].due.removeAll()
    guard wholly.contains(slot) else { return }
    // The resource that all share is as it should be again.
    if arrangement == .shared { wholly = [] } else { wholly.remove(slot) }
  }

  /// Notes that a slot's resource is about to be created. One that all share is the first slot's, should each
  /// get its own later.
  mutating func create(_ slot: Int) { created.insert(arrangement == .shared ? 0 : slot) }

  /// Notes that a slot's resource is about to go.
  mutating func unref(_ slot: Int) { created.remove(slot) }

  /// Whether the device has a frame, or is to get it.
  func isUnderWay(_ number: UInt64) -> Bool {
    let busy = inFlight.union(waiting)
    for slot in 0..<buffer.slotCount where busy.contains(slot) && numbers[slot] == number {
      return true
    }
    return false
  }

  /// Notes that the device is done with a slot.
  ///
  /// - Returns: Which frame that was.
  mutating func complete(_ slot: Int) -> UInt64 {
    inFlight.remove(slot)
    if slot > 0 { isProven = true }
    if blob != nil { noteShown(slot) }
    return numbers[slot]
  }

  /// Notes that a slot is on the scanout, unless a newer one is.
  private mutating func noteShown(_ slot: Int) {
    for other in 0..<buffer.slotCount
    where shown.contains(other) && numbers[other] > numbers[slot] { return }
    shown = SlotSet(slot)
  }

  /// Notes that the device did not do all that it should for a slot.
  ///
  /// - Returns: Which frame failed; nil if it may do with a resource for each slot, and the slot waits to
  ///   be sent so.
  mutating func fail(_ slot: Int, _ failure: CommandFailure) -> UInt64? {
    inFlight.remove(slot)
    wholly = SlotSet(all: buffer.slotCount)
    let command = failure.subject.command
    let isCreation = command == .resourceCreate2D || command == .resourceCreateBlob
    if isCreation, case .refused = failure.reason { created.remove(slot) }
    switch command {
    case .resourceCreate2D, .resourceAttachBacking, .setScanout, .resourceCreateBlob:
      isRefused = true
    case .setScanoutBlob: if shown.isEmpty { isRefused = true }
    case .transferToHost2D:
      guard slot > 0, !isProven, !isRefused, failure.subject.resource == resource,
        case .refused = failure.reason
      else { break }
      // A device that looks no further than the first picture's length into the backing.
      waiting.insert(slot)
      return nil
    default: break
    }
    return numbers[slot]
  }

  // MARK: Standing commands

  /// Whether nothing is to be done for whole frames but to transfer and to flush them.
  var canStand: Bool {
    blob == nil && !needsScanout && arrangement == .shared && waiting.isEmpty && wholly.isEmpty
      && (isProven || buffer.slotCount == 1)
      && unknown == SlotSet(all: buffer.slotCount).subtracting(SlotSet(latest))
  }

  /// The slot that was presented last.
  var latestSlot: Int { latest }

  /// Leaves its slots to standing commands.
  mutating func stand() { inFlight = [] }

  /// Has its slots back, of which one was presented last, and is still that picture or not.
  mutating func stop(latest: Int, isShown: Bool) {
    self.latest = latest
    unknown = SlotSet(all: buffer.slotCount)
    if isShown { unknown.remove(latest) }
  }

  /// Notes that the device has a slot, for the frame of that number.
  mutating func resume(_ slot: Int, _ number: UInt64) {
    inFlight.insert(slot)
    numbers[slot] = number
    if slot == latest { unknown.remove(slot) }
  }

  /// The slot of the picture that was presented last, unless it is lent again, or was, and so may be
  /// half-drawn.
  var picture: Int? { unknown.contains(latest) ? nil : latest }

  /// Notes that the device knows nothing of it any more, and has no slot. The pixels, and what is known of
  /// them, stay.
  mutating func forgetDevice() {
    created = []
    inFlight = []
    waiting = []
    wholly = SlotSet(all: buffer.slotCount)
    needsScanout = true
    isRefused = false
    refusedShape = nil
    release = .notAsked
    shown = []
  }

  /// Makes it one that is put on its scanout anew, with nothing known of its slots.
  mutating func startOver() {
    unknown = SlotSet(all: buffer.slotCount)
    wholly = unknown
    needsScanout = true
    shown = []
  }
}
