import VirtIO

// A scanout has at most two surfaces: the one that is drawn in, and one that is on its way out, either
// replaced by it or not taken by the device. How a surface gets from one place to the other:
//
//   makeSurface ──> surfaces ──replaced──> retiredSurfaces ──released──> gone
//                      ^   └──refused────────^  │
//                      └──────rolled back───────┘

extension Display where T: ~Copyable {
  /// Does for a scanout what is rarely to be done before there is a next frame.
  ///
  /// - Returns: Whether there can be one.
  /// - Throws: ``GPUError``, among others what went wrong with earlier frames: once, unless nothing can
  ///   come of the surface.
  @inline(never)
  mutating func attend(to index: Int) throws(GPUError) -> Bool {
    if let failure = progress[index].takeFailure() ?? viewFailure.take() {
      throw .command(failure)
    }
    if surfaces[index & 15]?.isRefused == true, surfaces[index & 15]?.inFlight.isEmpty == true,
      let failure = progress[index].failure
    {
      try rollBack(index, failure)
    }
    try releaseRetired(index)
    if leavingSurfaces != 0 { try releaseLeaving() }
    guard try makeSurface(index) else { return false }
    if dueViews != 0 { try serveViews() }
    if fits(index) == true, retiredSurfaces[index & 15] == nil, leavingSurfaces == 0 {
      attention &= ~(1 << UInt16(truncatingIfNeeded: index))
    }
    return true
  }

  /// Makes the surface of a scanout when it is first needed, and again when its display has changed or the
  /// program has asked for another.
  ///
  /// The old one stays on the scanout until a frame of the new one has replaced it there.
  ///
  /// - Returns: Whether frames of the surface can be handed out. Those of another size than is wanted are
  ///   not, as long as it is only for others to come back that there are none that do.
  /// - Throws: ``GPUError``: there cannot be a surface of the size that is wanted. If there is an old one,
  ///   or the size was asked for by the program, this is said once, and the old one stays.
  private mutating func makeSurface(_ index: Int) throws(GPUError) -> Bool {
    if surfaces[index & 15] != nil {
      guard fits(index) == false else { return true }
      // One that never goes leaves no room for another.
      if retiredSurfaces[index & 15]?.release == .refused {
        guard !requests[index].followsDisplay else { return true }
        refuseRequest(index)
        throw .busy
      }
      guard surfaces[index & 15]?.created.isEmpty == true || retiredSurfaces[index & 15] == nil,
        surfaces[index & 15]?.isIdle == true
      else { return false }
    }
    let shape = wantedShape(index)
    var surface: Surface<P.Region>
    do {
      surface = try Surface(
        makeResourceID(), shape, buffers: buffers, sharing: blob, platform: platform)
    } catch {
      if requests[index].followsDisplay { surfaces[index & 15]?.refusedShape = shape }
      refuseRequest(index)
      throw error
    }
    surface.request = requests[index]
    retire(index)
    surfaces[index & 15] = consume surface
    if isSeparate { separate(index) }
    return true
  }

  // MARK: Resource ids

  /// A resource id that no living resource has, and neither have the two that follow it.
  @inline(never)
  mutating func makeResourceID() -> ResourceID {
    // 33 resources live at the most, each of which is in the way of no more than 7 ids.
    for _ in 0..<256 {
      // The last few are left out, so that those of one surface follow each other.
      if lastResource.rawValue > .max &- 4 { lastResource = .none }
      let id = lastResource.rawValue &+ 1
      lastResource = ResourceID(rawValue: id)
      if !isTaken(id) { break }
    }
    return lastResource
  }

  /// Whether one of three ids from `id` on is that of a living resource.
  private mutating func isTaken(_ id: UInt32) -> Bool {
    if let cursorResource, cursorResource.rawValue &- id < 3 { return true }
    for index in surfaces.indices {
      if surfaces[index & 15]?.hasResource(from: id) == true { return true }
      if retiredSurfaces[index & 15]?.hasResource(from: id) == true { return true }
    }
    return false
  }

  // MARK: The way out

  /// Has a surface go, at once if the device was never told of it.
  @inline(never)
  mutating func retire(_ index: Int) {
    guard let old = surfaces[index & 15].take() else { return }
    if old.created.isEmpty {
      old.free(to: platform)
    } else {
      retiredSurfaces[index & 15] = consume old
    }
  }

  /// Gives each slot of a surface a resource, if it has none.
  mutating func separate(_ index: Int) {
    isSeparate = true
    guard surfaces[index & 15]?.furtherResources == ResourceID.none else { return }
    let second = makeResourceID()
    lastResource = ResourceID(rawValue: second.rawValue &+ 1)
    surfaces[index & 15]?.furtherResources = second
  }

  /// Has the device let go of a surface that is not on the scanout any more, then frees its memory.
  mutating func releaseRetired(_ index: Int) throws(GPUError) {
    let owner = CommandOwner.release(ofScanout: index)
    guard let release = retiredSurfaces[index & 15]?.release, !control.isPending(owner),
      surfaces[index & 15]?.inFlight.isEmpty != false
    else { return }
    // Who knows whether the device still uses the memory: it stays until the reset.
    if control.takeFailure(of: owner) != nil { retiredSurfaces[index & 15]?.release = .refused }
    switch release {
    case .refused: return
    case .asked:
      if retiredSurfaces[index & 15]?.release == .asked { freeRetired(index) }
    case .notAsked:
      // One that the device did not take goes at once, another when its successor is on the scanouts.
      let isNeeded =
        retiredSurfaces[index & 15]?.isRefused == false
        && (surfaces[index & 15]?.isOnScanout == false || blockedViews & viewers(of: index) != 0)
      guard !isNeeded else { return }
      // Those for which there is no room follow when these are answered.
      for slot in 0..<BufferCount.three.rawValue
      where retiredSurfaces[index & 15]?.created.contains(slot) == true {
        guard control.slots.freeCount >= 2,
          let resource = retiredSurfaces[index & 15]?.resource(of: slot)
        else { break }
        // A blob was made of its memory, and goes with it.
        // Whether it had its memory or not, it has none once it is gone: that alone counts.
        if blob == nil {
          try postRelease(.detachBacking(resource), resource, index, for: .background)
        }
        try postRelease(.unref(resource), resource, index, for: .release(ofScanout: index))
        retiredSurfaces[index & 15]?.unref(slot)
      }
      if retiredSurfaces[index & 15]?.created.isEmpty == true {
        retiredSurfaces[index & 15]?.release = .asked
      }
      control.publish()
    }
  }

  /// Frees a surface that no device knows any more, once no frame of it is in hand.
  @inline(never)
  mutating func freeRetired(_ index: Int) {
    retiredSurfaces[index & 15]?.release = .asked
    attention |= Self.bit(index)
    guard retiredSurfaces[index & 15]?.isLent == false,
      let old = retiredSurfaces[index & 15].take()
    else { return }
    old.free(to: platform)
  }

  private mutating func postRelease(
    _ command: ResourceRelease, _ resource: ResourceID, _ index: Int, for owner: CommandOwner
  ) throws(GPUError) {
    let type = CommandType(rawValue: command.header.type.value)
    let subject = CommandSubject(type, resource: resource, scanout: scanouts[index].id)
    try control.post(command, subject, for: owner)
  }

  /// Goes back to what the program had asked for before, and to what was shown of it.
  @inline(never)
  private mutating func refuseRequest(_ index: Int) {
    revertRequest(index)
    _ = revertViews(of: index)
  }

  /// Goes back to the surface that was there before one that the device did not take.
  ///
  /// - Throws: The failure, if there was none and the display still wants the size that was refused, or as
  ///   long as there is no place where the one that failed can wait until it goes.
  private mutating func rollBack(_ index: Int, _ failure: CommandFailure) throws(GPUError) {
    let hasOld = retiredSurfaces[index & 15]?.canReturn == true
    if !hasOld {
      try releaseRetired(index)
      guard retiredSurfaces[index & 15] == nil else { throw .command(failure) }
    }
    // Unless the program has asked for something else since.
    let isWanted = surfaces[index & 15]?.request == requests[index]
    let isOther = isWanted && revertViews(of: index)
    if !hasOld, !isOther, requests[index].followsDisplay, fits(index) == true {
      throw .command(failure)
    }
    guard let failed = surfaces[index & 15].take() else { return }
    if var old = retiredSurfaces[index & 15].take() {
      if failed.request.followsDisplay { old.refusedShape = failed.shape }
      // The one that failed may have taken its place.
      old.startOver()
      surfaces[index & 15] = consume old
    }
    if isWanted { revertRequest(index) }
    retiredSurfaces[index & 15] = consume failed
  }
}
