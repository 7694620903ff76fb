import VirtIO
import VirtIOGraphics

// How the device is told what scanouts show: along with the first frame of a surface, for all that show it;
// or, if the surface is there, by two commands of the scanout's own, SET_SCANOUT and a flush, as a device
// need not draw anything for the first. Of the latter a scanout has one pair in flight at most.

extension Display where T: ~Copyable {
  /// A scanout's bit in a set of them.
  static func bit(_ index: Int) -> UInt16 { 1 << UInt16(truncatingIfNeeded: index) }

  /// The enabled scanouts that show the surface of one.
  @inline(never)
  mutating func viewers(of index: Int) -> UInt16 {
    var result: UInt16 = 0
    var rest = enabledScanouts
    while rest != 0 {
      let other = rest.trailingZeroBitCount
      rest &= rest &- 1
      if views[other].wanted.surface == index { result |= Self.bit(other) }
    }
    return result
  }

  /// Notes what a scanout is to show.
  @inline(never)
  mutating func setView(_ view: View, _ index: Int) {
    guard views[index].wanted != view else { return }
    attention = .max
    views[index].wanted = view
    dueViews |= Self.bit(index)
  }

  /// Works out whose surfaces are shown, and which are not any more.
  @inline(never)
  mutating func updateLayout() {
    for index in 0..<16 {
      let surface = views[index].wanted.surface
      // After a device has refused some of a layout.
      if views[surface].wanted.surface != surface { setView(View(of: index), index) }
    }
    frameScanouts = 0
    leavingSurfaces = 0
    for index in 0..<16 {
      let surface = views[index].wanted.surface
      if enabledScanouts & Self.bit(index) != 0 { frameScanouts |= Self.bit(surface) }
      if surface != index, surfaces[index & 15] != nil || retiredSurfaces[index & 15] != nil {
        leavingSurfaces |= Self.bit(index)
      }
    }
  }

  /// The device was reset: it shows nothing any more. What was shown last stays what is gone back to.
  mutating func forgetViews() {
    viewsInFlight = 0
    frameViews = 0
    blockedViews = 0
    viewFailure = nil
    dueViews = enabledScanouts
  }

  /// Takes in what displays were connected and disconnected.
  mutating func updateViews(from before: UInt16) {
    let gone = before & ~enabledScanouts
    for index in 0..<16 where gone & Self.bit(index) != 0 { views[index].forget(index) }
    dueViews |= enabledScanouts & ~before
    updateLayout()
  }

  // MARK: With a frame

  /// Posts that scanouts show a slot's resource, along with its frame: the first of them for certain, the
  /// others as far as there is room. Those that are left follow by themselves.
  mutating func postViews(
    _ viewers: UInt16, of place: FramePlace, _ bounds: Rectangle, _ commands: Int
  ) throws(GPUError) {
    var rest = viewers
    while rest != 0, control.slots.freeCount > 0 {
      let index = rest.trailingZeroBitCount
      rest &= rest &- 1
      try postScanout(
        index, place.resource, views[index].wanted.rectangle(in: bounds), for: .frame(commands))
    }
    let posted = viewers & ~rest
    frameViews |= posted
    dueViews = dueViews & ~posted | rest
    blockedViews = blockedViews & ~posted | rest
  }

  /// Notes that scanouts are told along with a frame of what they show, anew or once more.
  mutating func note(_ viewers: UInt16, asked isNew: Bool) {
    var rest = isNew ? viewers : viewers & dueViews
    frameViews |= rest
    dueViews &= ~rest
    blockedViews &= ~rest
    while rest != 0 {
      let index = rest.trailingZeroBitCount
      rest &= rest &- 1
      views[index].asked = views[index].wanted
    }
  }

  /// Notes that the device has done what came with a frame of a surface.
  @inline(never)
  mutating func confirmViews(of index: Int) {
    guard surfaces[index & 15]?.isRefused == false else { return }
    var rest = frameViews
    while rest != 0 {
      let scanout = rest.trailingZeroBitCount
      rest &= rest &- 1
      guard views[scanout].asked.surface == index else { continue }
      views[scanout].confirm()
      frameViews &= ~Self.bit(scanout)
    }
  }

  /// Has the scanouts that were to show a surface, which the device refused, go back to what they showed
  /// before.
  ///
  /// - Returns: Whether that is something else for any of them.
  @inline(never)
  mutating func revertViews(of index: Int) -> Bool {
    var hasChanged = false
    var rest = UInt16.max
    while rest != 0 {
      let scanout = rest.trailingZeroBitCount
      rest &= rest &- 1
      if views[scanout].asked.surface == index { frameViews &= ~Self.bit(scanout) }
      guard views[scanout].wanted.surface == index, views[scanout].revert() else { continue }
      hasChanged = true
      attention = .max
      dueViews |= Self.bit(scanout)
    }
    if hasChanged { updateLayout() }
    return hasChanged
  }

  // MARK: Without a frame

  /// Whether there is anything to do about what scanouts show.
  var hasViewWork: Bool { viewsInFlight | blockedViews != 0 }

  /// Tells the device what scanouts are to show now, as far as that can be done at once.
  mutating func tellViews() throws(GPUError) {
    if viewsInFlight != 0 { try settle() }
    try serveViews()
  }

  /// Takes in what the device has answered, and tells it what scanouts show that can be told without a
  /// frame: at most one doorbell.
  @inline(never)
  mutating func serveViews() throws(GPUError) {
    settleViews()
    blockedViews = 0
    var rest = dueViews & enabledScanouts & ~viewsInFlight
    var isPosted = false
    while rest != 0 {
      let index = rest.trailingZeroBitCount
      rest &= rest &- 1
      guard try postView(index) else { continue }
      isPosted = true
      // Behind the first picture, as with frames.
      if edidsDue != 0 { postDueEDID() }
    }
    if isPosted { control.publish() }
  }

  private mutating func postView(_ index: Int) throws(GPUError) -> Bool {
    let source = views[index].wanted.surface
    guard fits(source) == true, let bounds = surfaces[source & 15]?.bounds,
      let resource = surfaces[source & 15]?.shownResource
    else { return false }
    guard control.slots.freeCount >= 2 else {
      blockedViews |= Self.bit(index)
      return false
    }
    let part = views[index].wanted.rectangle(in: bounds)
    let owner = CommandOwner.view(ofScanout: index)
    let fence = control.nextFence()
    if blob == nil {
      try postScanout(index, resource, part, for: owner)
    } else {
      guard let slot = surfaces[source & 15]?.latestSlot else { return false }
      try postShared(slot, source, on: index, part, for: owner)
      views[index].asked = views[index].wanted
    }
    let subject = CommandSubject(
      .resourceFlush, resource: resource, scanout: scanouts[index].id)
    try control.post(
      ResourceFlush(resource, rectangle: part, fence: fence), subject, fence: fence, for: owner)
    viewsInFlight |= Self.bit(index)
    dueViews &= ~Self.bit(index)
    frameViews &= ~Self.bit(index)
    return true
  }

  /// Posts that a scanout shows what it is to show.
  @inline(never)
  private mutating func postScanout(
    _ index: Int, _ resource: ResourceID, _ part: Rectangle, for owner: CommandOwner
  ) throws(GPUError) {
    let id = scanouts[index].id
    try control.post(
      SetScanout(id, to: resource, rectangle: part),
      CommandSubject(.setScanout, resource: resource, scanout: id), for: owner)
    views[index].asked = views[index].wanted
  }

  private mutating func settleViews() {
    var rest = viewsInFlight
    while rest != 0 {
      let index = rest.trailingZeroBitCount
      rest &= rest &- 1
      let owner = CommandOwner.view(ofScanout: index)
      if control.isPending(owner) { continue }
      viewsInFlight &= ~Self.bit(index)
      attention = .max
      let failure = control.takeFailure(of: owner)
      // A frame has told the device something newer.
      let isOver = frameViews & Self.bit(index) != 0
      if let failure {
        viewFailure = viewFailure ?? failure
        if isOver || dueViews & Self.bit(index) != 0 { continue }
        // The device may show either.
        if views[index].revert() {
          dueViews |= Self.bit(index)
          updateLayout()
        }
      } else if !isOver {
        views[index].confirm()
      }
    }
  }

  // MARK: Surfaces that nobody shows

  /// Lets go of the surfaces of scanouts that show others', once the device has taken that.
  @inline(never)
  mutating func releaseLeaving() throws(GPUError) {
    var rest = leavingSurfaces
    while rest != 0 {
      let index = rest.trailingZeroBitCount
      rest &= rest &- 1
      if retiredSurfaces[index & 15] == nil, !isShown(index), surfaces[index & 15]?.isIdle == true {
        retire(index)
      }
      try releaseRetired(index)
      if surfaces[index & 15] == nil, retiredSurfaces[index & 15] == nil {
        leavingSurfaces &= ~Self.bit(index)
      }
    }
  }

  /// Whether a scanout may still show a surface that none is to show.
  private mutating func isShown(_ index: Int) -> Bool {
    if dueViews & enabledScanouts & Self.bit(index) != 0 { return true }
    for scanout in 0..<16 {
      if views[scanout].isShown, views[scanout].shown.surface == index { return true }
      let isUnderWay = (viewsInFlight | frameViews) & Self.bit(scanout) != 0
      if isUnderWay, views[scanout].asked.surface == index { return true }
    }
    return false
  }
}
