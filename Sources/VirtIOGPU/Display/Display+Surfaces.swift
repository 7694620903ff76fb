import VirtIO

// A scanout has at most two surfaces: the one that is drawn in, and one that is on its way out, either
// replaced by it or not taken by the device. How a surface gets from one place to the other:
//
//   makeSurface ──> surfaces ──replaced──> retiredSurfaces ──released──> gone
//                      ^   └──refused────────^  │
//                      └──────rolled back───────┘

extension Display where T: ~Copyable {
  /// Makes the surface of a scanout when it is first needed, and again when its display has changed.
  ///
  /// The old one stays on the scanout until a frame of the new one has replaced it there.
  ///
  /// - Throws: ``GPUError``: there cannot be a surface of the size that suits the display. If there is
  ///   an old one, this is said once, and the old one stays.
  mutating func makeSurface(_ index: Int) throws(GPUError) {
    let scanout = scanouts[index]
    if surfaces[index] != nil {
      let isReplaceable = surfaces[index]?.isCreated == false || retiredSurfaces[index] == nil
      guard surfaces[index]?.fits(scanout) == false, isReplaceable,
        control.accounts[index].pendingCount == 0, surfaces[index]?.buffer.isLent(0) == false
      else { return }
    }
    let surface: Surface<P.Region>
    do {
      surface = try Surface(
        makeResourceID(), width: scanout.width, height: scanout.height, format: Self.format,
        platform: platform)
    } catch {
      surfaces[index]?.refusedSize = (scanout.width, scanout.height)
      throw error
    }
    if let old = surfaces[index].take() {
      if old.isCreated {
        retiredSurfaces[index] = consume old
      } else {
        old.buffer.free(to: platform)
      }
    }
    surfaces[index] = consume surface
  }

  /// Has the device let go of a surface that is not on the scanout any more, then frees its memory.
  mutating func releaseRetired(_ index: Int) throws(GPUError) {
    guard control.accounts[index].pendingCount == 0, let release = retiredSurfaces[index]?.release,
      let resource = retiredSurfaces[index]?.resource
    else { return }
    switch release {
    case .refused: return
    case .asked:
      if let old = retiredSurfaces[index].take() { old.buffer.free(to: platform) }
    case .notAsked:
      // One that the device did not take goes at once, another when its successor is on the scanout.
      let isNeeded =
        retiredSurfaces[index]?.creationFailure == nil && surfaces[index]?.isOnScanout == false
      guard !isNeeded, control.freeCount >= 2 else { return }
      retiredSurfaces[index]?.release = .asked
      try postRelease(.detachBacking(resource), resource, index)
      try postRelease(.unref(resource), resource, index)
      control.publish()
    }
  }

  private mutating func postRelease(
    _ command: ResourceRelease, _ resource: ResourceID, _ index: Int
  ) throws(GPUError) {
    let type = CommandType(rawValue: command.header.type.value)
    let subject = CommandSubject(type, resource: resource, scanout: scanouts[index].id)
    try control.post(command, subject, account: index)
  }

  /// Throws what went wrong with the frames of a surface: once, unless nothing can come of it.
  mutating func throwFailure(of index: Int) throws(GPUError) {
    if let failure = takeFailure(of: index) { throw .command(failure) }
    guard let failure = surfaces[index]?.creationFailure,
      control.accounts[index].pendingCount == 0
    else { return }
    try rollBack(index, failure)
  }

  /// What went wrong with the frames of a surface and was not said yet; the surface is marked by it.
  mutating func takeFailure(of index: Int) -> CommandFailure? {
    guard let failure = control.takeFailure(of: index) else { return nil }
    switch failure.subject.command {
    case .resourceDetachBacking, .resourceUnref:
      // Who knows whether the device still uses the memory: it stays until the reset.
      retiredSurfaces[index]?.release = .refused
      return nil
    case .resourceCreate2D, .resourceAttachBacking, .setScanout:
      surfaces[index]?.creationFailure = failure
    default: break
    }
    surfaces[index]?.isCurrent = false
    return failure
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
      old.isCurrent = false
      // The one that failed may have taken its place.
      old.needsScanout = true
      surfaces[index] = consume old
    }
    if failure.subject.command == .resourceCreate2D, case .refused = failure.reason {
      // Without the resource, the device was never told of its memory.
      failed.buffer.free(to: platform)
    } else {
      retiredSurfaces[index] = consume failed
    }
  }
}
