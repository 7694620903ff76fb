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
    if let failure = progress[index].takeFailure() { throw .command(failure) }
    if surfaces[index]?.isRefused == true, surfaces[index]?.inFlight.isEmpty == true,
      let failure = progress[index].failure
    {
      try rollBack(index, failure)
    }
    try releaseRetired(index)
    guard try makeSurface(index) else { return false }
    if surfaces[index]?.fits(scanouts[index]) == true, retiredSurfaces[index] == nil {
      attention &= ~(1 << UInt16(truncatingIfNeeded: index))
    }
    return true
  }

  /// Makes the surface of a scanout when it is first needed, and again when its display has changed.
  ///
  /// The old one stays on the scanout until a frame of the new one has replaced it there.
  ///
  /// - Returns: Whether frames of the surface can be handed out. Those of another size than suits the
  ///   display are not, as long as it is only for others to come back that there are none that do.
  /// - Throws: ``GPUError``: there cannot be a surface of the size that suits the display. If there is
  ///   an old one, this is said once, and the old one stays.
  private mutating func makeSurface(_ index: Int) throws(GPUError) -> Bool {
    let scanout = scanouts[index]
    if surfaces[index] != nil {
      guard surfaces[index]?.fits(scanout) == false else { return true }
      // One that never goes leaves no room for another.
      if retiredSurfaces[index]?.release == .refused { return true }
      guard surfaces[index]?.created.isEmpty == true || retiredSurfaces[index] == nil,
        surfaces[index]?.isIdle == true
      else { return false }
    }
    let surface: Surface<P.Region>
    do {
      surface = try Surface(
        makeResourceID(), width: scanout.width, height: scanout.height, buffers: buffers,
        sharing: blob, platform: platform)
    } catch {
      surfaces[index]?.refusedSize = (scanout.width, scanout.height)
      throw error
    }
    if let old = surfaces[index].take() {
      if !old.created.isEmpty {
        retiredSurfaces[index] = consume old
      } else {
        old.free(to: platform)
      }
    }
    surfaces[index] = consume surface
    if isSeparate { separate(index) }
    return true
  }

  /// Gives each slot of a surface a resource, if it has none.
  mutating func separate(_ index: Int) {
    isSeparate = true
    guard surfaces[index]?.furtherResources == ResourceID.none else { return }
    let second = makeResourceID()
    _ = makeResourceID()
    surfaces[index]?.furtherResources = second
  }

  /// Has the device let go of a surface that is not on the scanout any more, then frees its memory.
  private mutating func releaseRetired(_ index: Int) throws(GPUError) {
    let owner = CommandOwner.release(ofScanout: index)
    guard let release = retiredSurfaces[index]?.release, !control.isPending(owner),
      surfaces[index]?.inFlight.isEmpty != false
    else { return }
    // Who knows whether the device still uses the memory: it stays until the reset.
    if control.takeFailure(of: owner) != nil { retiredSurfaces[index]?.release = .refused }
    switch release {
    case .refused: return
    case .asked:
      guard retiredSurfaces[index]?.release == .asked else { return }
      if let old = retiredSurfaces[index].take() { old.free(to: platform) }
    case .notAsked:
      // One that the device did not take goes at once, another when its successor is on the scanout.
      let isNeeded =
        retiredSurfaces[index]?.isRefused == false && surfaces[index]?.isOnScanout == false
      let count = 2 &* (retiredSurfaces[index]?.created.rawValue.nonzeroBitCount ?? 0)
      guard !isNeeded, control.slots.freeCount >= count else { return }
      retiredSurfaces[index]?.release = .asked
      for slot in 0..<BufferCount.three.rawValue
      where retiredSurfaces[index]?.created.contains(slot) == true {
        guard let resource = retiredSurfaces[index]?.resource(of: slot) else { return }
        // A blob was made of its memory, and goes with it.
        if blob == nil { try postRelease(.detachBacking(resource), resource, index) }
        try postRelease(.unref(resource), resource, index)
      }
      control.publish()
    }
  }

  private mutating func postRelease(
    _ command: ResourceRelease, _ resource: ResourceID, _ index: Int
  ) throws(GPUError) {
    let type = CommandType(rawValue: command.header.type.value)
    let subject = CommandSubject(type, resource: resource, scanout: scanouts[index].id)
    try control.post(command, subject, for: .release(ofScanout: index))
  }

  /// Goes back to the surface that was there before one that the device did not take.
  ///
  /// - Throws: The failure, if there was none and the display still wants the size that was refused.
  private mutating func rollBack(_ index: Int, _ failure: CommandFailure) throws(GPUError) {
    if retiredSurfaces[index] == nil, surfaces[index]?.fits(scanouts[index]) == true {
      throw .command(failure)
    }
    guard let failed = surfaces[index].take() else { return }
    if var old = retiredSurfaces[index].take() {
      old.refusedSize = (failed.width, failed.height)
      // The one that failed may have taken its place.
      old.startOver()
      surfaces[index] = consume old
    }
    let command = failure.subject.command
    if command == .resourceCreate2D || command == .resourceCreateBlob,
      case .refused = failure.reason
    {
      // Without the resource, the device was never told of its memory.
      failed.free(to: platform)
    } else {
      retiredSurfaces[index] = consume failed
    }
  }
}
