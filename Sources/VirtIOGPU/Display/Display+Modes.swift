import VirtIO
public import VirtIOGraphics

// Each scanout that shows a surface of its own has one of the size that suits its display, unless the
// program asks for another. Both come to be in the same way: the next frame has the new size, and takes
// the place of the old one with a single doorbell; the old resource goes when the device has answered.

extension Display where T: ~Copyable {
  /// Has the frames of a scanout be of this size from now on, whatever suits its display. Does not block.
  ///
  /// The scanout shows all of its own surface then. The next frame has the new size; until it is
  /// presented, the old picture stays. If the device or the platform refuses the size, the next call of
  /// ``nextFrame(on:waiting:)`` says so once, and the frames after it are as they were before. A size
  /// larger than the display can be panned over; see ``show(_:of:on:)``. It stays as it was asked for
  /// when the display is disconnected, connected again or resized.
  ///
  /// To be called in the display's own context. Frames that are drawn in can still be presented.
  ///
  /// - Parameters:
  ///   - width: How wide, in pixels.
  ///   - height: How high, in pixels.
  ///   - format: How a pixel lies in memory; nil to leave it as it is.
  ///   - scanout: Nil for the first enabled one.
  /// - Throws: ``GPUError/invalidSize(width:height:)`` if no device could be told of such a picture,
  ///   ``GPUError/scanoutDisabled(_:)``, and others. All is as it was then.
  public mutating func setMode(
    width: UInt32, height: UInt32, format: PixelFormat? = nil, on scanout: ScanoutID? = nil
  ) throws(GPUError) {
    let index = try enabledIndex(of: scanout)
    let shape = SurfaceShape(
      width: width, height: height, format: format ?? requests[index].format)
    guard shape.isPossible else { throw .invalidSize(width: width, height: height) }
    try request(
      ModeRequest(width: width, height: height, format: shape.format), index, View(of: index))
  }

  /// Has the frames of a scanout be of the size that suits its display again. Does not block.
  ///
  /// As after ``open(_:on:declining:wanting:buffers:format:pixels:waiting:)``, the scanout shows all of its own surface.
  /// What was said of ``setMode(width:height:format:on:)`` is true of it too.
  public mutating func followDisplay(
    format: PixelFormat? = nil, on scanout: ScanoutID? = nil
  ) throws(GPUError) {
    let index = try enabledIndex(of: scanout)
    try request(
      ModeRequest(format: format ?? requests[index].format), index, View(of: index))
  }

  /// Shows frames of 1024 by 768 pixels on scanout 0 although no display is connected, until one is.
  /// Does not block.
  ///
  /// For a device that enables no scanout: without this, ``nextFrame(on:waiting:)`` throws
  /// ``GPUError/noScanout``. Another size can be had by ``setMode(width:height:format:on:)``
  /// afterwards. Nothing happens if a scanout is enabled.
  ///
  /// - Throws: ``GPUError/needsReset``.
  /// - Spec: VirtIO 1.4 §5.7.5 "Device Initialization"
  public mutating func useFallbackMode() throws(GPUError) {
    try requireService()
    guard enabledScanouts == 0 else { return }
    isFallback = true
    enabledScanouts = 1
    dueViews |= 1
    try request(
      ModeRequest(width: 1024, height: 768, format: requests[0].format), 0, View(of: 0))
  }

  /// Notes what a surface is to be like, and that its scanout is to show that part of it.
  mutating func request(_ request: ModeRequest, _ index: Int, _ view: View)
    throws(GPUError)
  {
    try requireService()
    stopStanding()
    requests[index] = request
    // What was refused once may be possible now.
    surfaces[index & 15]?.refusedShape = nil
    attention |= Self.bit(index)
    setView(view, index)
    updateLayout()
    try tellViews()
  }

  /// What the surface of a scanout is to be like.
  ///
  /// If its display is gone, and others show it, it stays as it is.
  @inline(never)
  mutating func wantedShape(_ index: Int) -> SurfaceShape {
    let request = requests[index]
    var shape = SurfaceShape(
      width: request.width, height: request.height, format: request.format)
    guard request.followsDisplay else { return shape }
    var model = scanouts[index]
    if enabledScanouts & Self.bit(index) == 0 {
      if let old = surfaces[index & 15]?.shape {
        shape.width = old.width
        shape.height = old.height
        return shape
      }
      let others = viewers(of: index)
      if others != 0 { model = scanouts[others.trailingZeroBitCount] }
    }
    shape.width = model.width
    shape.height = model.height
    return shape
  }

  /// Whether a scanout's surface is as it is to be, or there is no way to that; nil if there is none.
  @inline(never)
  mutating func fits(_ index: Int) -> Bool? {
    let shape = wantedShape(index)
    let follows = requests[index].followsDisplay
    return surfaces[index & 15]?.fits(shape, followsDisplay: follows)
  }

  /// Goes back to what was asked for before, as that cannot be had.
  mutating func revertRequest(_ index: Int) {
    if let old = surfaces[index & 15]?.request {
      requests[index] = old
    } else {
      requests[index].width = 0
    }
  }
}
