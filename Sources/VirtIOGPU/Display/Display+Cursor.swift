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
    try requireService()
    let resource = try makeCursorResource(waiting: waiter)
    guard !control.isAbandoned(resource) else { throw .busy }
    copyCursor(image)
    // The image must have arrived before the cursor is told of it: that takes a fence.
    try control.reserve(1)
    let fence = control.nextFence()
    let bounds = Rectangle(x: 0, y: 0, width: cursorSize, height: cursorSize)
    try post(
      TransferToHost2D(resource, rectangle: bounds, offset: 0, fence: fence), resource,
      fence: fence)
    try finishCalls(waiting: waiter)
    try show(
      CursorState(
        scanout: scanout, x: x, y: y, resource: resource, hotspotX: hotspotX,
        hotspotY: hotspotY))
  }

  /// Moves the cursor, within its scanout or to another. Does not block; one doorbell, or two.
  ///
  /// A hidden cursor stays hidden, but is shown at the new place when it gets an image.
  ///
  /// - Throws: ``GPUError/busy`` if the cursor queue is full: the next move will do.
  public mutating func moveCursor(toX x: UInt32, y: UInt32, on scanout: ScanoutID? = nil)
    throws(GPUError)
  {
    try requireService()
    let scanout = scanout ?? cursor.scanout
    guard self.scanout(scanout) != nil else { throw .scanoutDisabled(scanout) }
    var state = cursor
    state.x = x
    state.y = y
    state.scanout = scanout
    guard scanout == cursor.scanout else { return try show(state) }
    try cursorQueue.send(.move(state))
    cursor = state
  }

  /// Shows the cursor in full. On another scanout than before, it leaves the old one first.
  private mutating func show(_ state: CursorState) throws(GPUError) {
    let leaves = cursor.scanout != state.scanout && cursor.resource != .none
    try cursorQueue.reserve(leaves ? 2 : 1)
    if leaves { try hideCursor() }
    try cursorQueue.send(.update(state))
    cursor = state
  }

  /// Hides the cursor. Does not block.
  ///
  /// - Throws: ``GPUError/busy`` if the cursor queue is full.
  public mutating func hideCursor() throws(GPUError) {
    try requireService()
    var state = cursor
    state.resource = .none
    try cursorQueue.send(.update(state))
    cursor = state
  }

  /// Resets the cursor queue by itself and shows the cursor as it was last wanted, while frames go on as
  /// before. Blocks.
  ///
  /// For a cursor queue that is broken, or of which nothing comes back any more.
  ///
  /// - Parameter waiter: How, and how long at most, to wait for the device to have reset the queue.
  /// - Throws: ``GPUError/device(_:)`` with ``DeviceError/missingFeatures(required:offered:)`` if the
  ///   device cannot reset a queue, or with ``DeviceError/queueNeverReset(index:)``: then only
  ///   ``close(waiting:)`` is left for it.
  /// - Spec: VirtIO 1.4 §2.6.1 "Virtqueue Reset"
  public mutating func restartCursorQueue<W: Waiter>(waiting waiter: W) throws(GPUError) {
    try requireService()
    try cursorQueue.restart(on: &device, platform: platform, waiting: waiter)
    if cursor.resource != .none { try cursorQueue.send(.update(cursor)) }
  }

  /// The resource that holds the cursor image, made when it is first needed.
  private mutating func makeCursorResource<W: Waiter>(waiting waiter: W)
    throws(GPUError) -> ResourceID
  {
    if let cursorResource { return cursorResource }
    let address = try makeCursorBuffer()
    try control.reserve(2)
    let resource = makeResourceID()
    let side = UInt32(cursorSize)
    try post(
      ResourceCreate2D(resource, format: .b8g8r8a8, width: side, height: side), resource)
    try post(
      ResourceAttachBacking(resource, address: address, byteCount: side * side * 4), resource)
    do {
      try finishCalls(waiting: waiter)
    } catch {
      // Created perhaps, but of no use: the next attempt makes another.
      if control.freeCount > 0 {
        try post(ResourceRelease.unref(resource), resource)
        try? finishCalls(waiting: waiter)
      }
      throw error
    }
    cursorResource = resource
    return resource
  }

  /// Where the device sees the cursor image's memory, which is taken when it is first needed.
  private mutating func makeCursorBuffer() throws(GPUError) -> DeviceAddress {
    if let address = cursorBuffer?.deviceAddress { return address }
    do {
      let buffer = try DMABuffer(
        byteCount: cursorSize * cursorSize * 4, alignment: 4096, from: platform)
      let address = buffer.deviceAddress
      cursorBuffer = consume buffer
      return address
    } catch {
      throw .outOfMemory(error)
    }
  }

  private mutating func copyCursor(_ image: Span<UInt32>) {
    guard var buffer = cursorBuffer.take() else { return }
    var bytes = buffer.mutableBytes
    for index in image.indices {
      bytes.storeBytes(of: image[index].littleEndian, toByteOffset: index &* 4, as: UInt32.self)
    }
    buffer.prepareForDeviceReads(at: 0, byteCount: cursorSize * cursorSize * 4)
    cursorBuffer = consume buffer
  }
}
