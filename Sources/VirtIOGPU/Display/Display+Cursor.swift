public import VirtIO
import VirtIOGraphics

/// How wide and how high a cursor image is, in pixels.
///
/// - Spec: VirtIO 1.4 §5.7.6.10 "Device Operation: cursorq"
public let cursorSize = 64

extension Display where T: ~Copyable {
  /// Gives the cursor an image and shows it. Blocks until the device has the image.
  ///
  /// - Parameters:
  ///   - image: 64 times 64 pixels, row after row, each a word of `b8g8r8a8`.
  ///   - hotspotX: Which column of the image points.
  ///   - hotspotY: Which row of the image points.
  ///   - x: Where it points to, in pixels of the scanout.
  ///   - y: Where it points to, in pixels of the scanout.
  ///   - scanout: Nil for the first enabled one.
  ///   - waiter: How, and how long at most, to wait for the image to be taken.
  /// - Throws: ``GPUError``; ``GPUError/busy`` if the cursor queue is full.
  public mutating func setCursor<W: Waiter>(
    _ image: Span<UInt32>, hotspotX: UInt32, hotspotY: UInt32, x: UInt32, y: UInt32,
    on scanout: ScanoutID? = nil, waiting waiter: W
  ) throws(GPUError) {
    guard image.count == cursorSize * cursorSize else {
      throw .invalidCursorImage(pixelCount: image.count)
    }
    guard let scanout = scanout ?? firstScanout else { throw .noScanout }
    guard self.scanout(scanout) != nil else { throw .scanoutDisabled(scanout) }
    let resource = try makeCursorResource(waiting: waiter)
    copyCursor(image)
    // The image must have arrived before the cursor is told of it: that takes a fence.
    let fence = control.nextFence()
    let bounds = Rectangle(x: 0, y: 0, width: cursorSize, height: cursorSize)
    try post(
      TransferToHost2D(resource, rectangle: bounds, offset: 0, fence: fence), resource,
      fence: fence)
    try finishCalls(waiting: waiter)
    let state = CursorState(
      scanout: scanout, x: x, y: y, resource: resource, hotspotX: hotspotX, hotspotY: hotspotY)
    try cursorQueue.send(.update(state))
    cursor = state
  }

  /// Moves the cursor, within its scanout or to another. Does not block; one doorbell.
  ///
  /// A hidden cursor stays hidden, but is shown at the new place when it gets an image.
  ///
  /// - Throws: ``GPUError/busy`` if the cursor queue is full: the next move will do.
  public mutating func moveCursor(toX x: UInt32, y: UInt32, on scanout: ScanoutID? = nil)
    throws(GPUError)
  {
    let scanout = scanout ?? cursor.scanout
    guard self.scanout(scanout) != nil else { throw .scanoutDisabled(scanout) }
    var state = cursor
    state.x = x
    state.y = y
    // What another scanout shows has to be said in full.
    let changesScanout = scanout != state.scanout
    state.scanout = scanout
    try cursorQueue.send(changesScanout ? .update(state) : .move(state))
    cursor = state
  }

  /// Hides the cursor. Does not block.
  ///
  /// - Throws: ``GPUError/busy`` if the cursor queue is full.
  public mutating func hideCursor() throws(GPUError) {
    var state = cursor
    state.resource = .none
    try cursorQueue.send(.update(state))
    cursor = state
  }

  /// The resource that holds the cursor image, made when it is first needed.
  private mutating func makeCursorResource<W: Waiter>(waiting waiter: W)
    throws(GPUError) -> ResourceID
  {
    if let cursorResource { return cursorResource }
    let byteCount = cursorSize * cursorSize * 4
    if cursorBuffer == nil {
      do {
        cursorBuffer = try DMABuffer(byteCount: byteCount, alignment: 4096, from: platform)
      } catch {
        throw .outOfMemory(error)
      }
    }
    guard let address = cursorBuffer?.deviceAddress else { throw .noScanout }
    let resource = makeResourceID()
    try post(
      ResourceCreate2D(
        resource, format: .b8g8r8a8, width: UInt32(cursorSize), height: UInt32(cursorSize)),
      resource)
    try post(
      ResourceAttachBacking(resource, address: address, byteCount: UInt32(byteCount)), resource)
    try finishCalls(waiting: waiter)
    cursorResource = resource
    return resource
  }

  private mutating func copyCursor(_ image: Span<UInt32>) {
    guard var buffer = cursorBuffer.take() else { return }
    var bytes = buffer.mutableBytes
    for index in image.indices {
      bytes.storeBytes(of: image[index].littleEndian, toByteOffset: index &* 4, as: UInt32.self)
    }
    cursorBuffer = consume buffer
  }
}
