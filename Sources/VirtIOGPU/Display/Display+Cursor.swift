public import VirtIO
import VirtIOGraphics

/// How wide and how high the device's cursor image is, in pixels: the most that an image can be.
///
/// - Spec: VirtIO 1.4 §5.7.6.10 "Device Operation: cursorq"
public let cursorSize = 64

extension Display where T: ~Copyable {
  /// Gives the cursor an image and shows it. Blocks until the device has the image.
  ///
  /// There is one cursor: on another scanout than before it is hidden where it was. Another image may take
  /// the place of one that is shown.
  ///
  /// - Parameters:
  ///   - image: The pixels, row after row, each a word of `b8g8r8a8`. They are copied.
  ///   - width: How many pixels a row has, 1 to 64. To the right of a narrower image, and below a lower
  ///     one, the cursor is transparent.
  ///   - height: How many rows there are, 1 to 64.
  ///   - hotspotX: Which column of the image points.
  ///   - hotspotY: Which row of the image points.
  ///   - x: Where it points to, in pixels of the scanout.
  ///   - y: Where it points to, in pixels of the scanout.
  ///   - scanout: Nil for the first enabled one.
  ///   - waiter: How, and how long at most, to wait for the image to be taken.
  /// - Throws: ``GPUError/invalidSize(width:height:)`` for a size that a cursor cannot have,
  ///   ``GPUError/invalidCursorImage(pixelCount:)`` if the image has not as many pixels, and
  ///   ``GPUError/invalidHotspot(x:y:)`` if it would point beside itself: then the device is asked for
  ///   nothing. ``GPUError/busy`` while the device may still read the last image; others.
  /// - Spec: VirtIO 1.4 §5.7.6.10 "Device Operation: cursorq"
  public mutating func setCursor<W: Waiter>(
    _ image: Span<UInt32>, width: UInt32 = 64, height: UInt32 = 64, hotspotX: UInt32,
    hotspotY: UInt32, x: UInt32, y: UInt32, on scanout: ScanoutID? = nil, waiting waiter: W
  ) throws(GPUError) {
    let size = try Self.checkCursor(
      image.count, width: width, height: height, hotspotX: hotspotX, hotspotY: hotspotY)
    guard let scanout = scanout ?? firstScanout else { throw .noScanout }
    guard self.scanout(scanout) != nil else { throw .scanoutDisabled(scanout) }
    try requireService()
    let resource = try makeCursorResource(waiting: waiter)
    guard !control.slots.isAbandoned(resource) else { throw .busy }
    copyCursor(image, width: size.width, height: size.height)
    let cursor = CursorState(
      scanout: scanout, x: x, y: y, resource: resource, hotspotX: hotspotX, hotspotY: hotspotY)
    cursorQueue.noteSlots()
    cursorRequest = cursor
    try control.reserve(1)
    try postCursorImage(resource)
    try finishCalls(waiting: waiter)
    try cursorQueue.update(cursor)
    cursorRequest = nil
    if cursorQueue.isDue { stopStanding() }
  }

  /// Posts the transfer of the cursor image. Room for it has been reserved.
  mutating func postCursorImage(_ resource: ResourceID) throws(GPUError) {
    // The image must have arrived before the cursor is told of it: that takes a fence.
    let fence = control.nextFence()
    let bounds = Rectangle(x: 0, y: 0, width: cursorSize, height: cursorSize)
    try post(
      TransferToHost2D(resource, rectangle: bounds, offset: 0, fence: fence), resource,
      fence: fence)
  }

  /// Moves the cursor, within its scanout or to another. Does not block; one doorbell at the most.
  ///
  /// It waits for no frame. While the cursor queue is full only the newest place is kept; it is sent as
  /// soon as there is room, with the next call that moves or changes the cursor, or with the next
  /// ``drain(limit:)``, which ``tryNextFrame(on:)`` and others begin with. A hidden cursor stays hidden,
  /// but is shown at the new place when it gets an image. To be called in the display's own context.
  ///
  /// - Throws: ``GPUError/scanoutDisabled(_:)`` if there is no such scanout, and others; never
  ///   ``GPUError/busy``.
  @inline(__always)
  public mutating func moveCursor(toX x: UInt32, y: UInt32, on scanout: ScanoutID? = nil)
    throws(GPUError)
  {
    if scanout == nil, cursorQueue.moveStanding(toX: x, y: y) { return }
    try moveAnyCursor(toX: x, y: y, on: scanout)
  }

  @inline(never)
  private mutating func moveAnyCursor(toX x: UInt32, y: UInt32, on scanout: ScanoutID?)
    throws(GPUError)
  {
    try requireService()
    cursorRequest = nil
    defer { if cursorQueue.isDue { stopStanding() } }
    if let scanout, scanout != cursorQueue.wanted.scanout {
      guard self.scanout(scanout) != nil else { throw .scanoutDisabled(scanout) }
      var cursor = cursorQueue.wanted
      cursor.x = x
      cursor.y = y
      cursor.scanout = scanout
      try cursorQueue.update(cursor)
    } else {
      try cursorQueue.move(toX: x, y: y)
    }
  }

  /// Hides the cursor. Does not block; what was said of ``moveCursor(toX:y:on:)`` is true of it too.
  ///
  /// - Throws: ``GPUError``; never ``GPUError/busy``.
  public mutating func hideCursor() throws(GPUError) {
    try requireService()
    cursorRequest = nil
    var cursor = cursorQueue.wanted
    cursor.resource = .none
    try cursorQueue.update(cursor)
    if cursorQueue.isDue { stopStanding() }
  }

  /// Resets the cursor queue by itself and shows the cursor as it was last wanted, while frames go on as
  /// before. Blocks.
  ///
  /// For a cursor queue that is broken, or of which nothing comes back any more.
  ///
  /// - Parameter waiter: How, and how long at most, to wait for the device to have reset the queue.
  /// - Throws: ``GPUError/device(_:)`` with ``/VirtIO/DeviceError/missingFeatures(required:offered:)`` if the
  ///   device cannot reset a queue, or with ``/VirtIO/DeviceError/queueNeverReset(index:)``: then only
  ///   ``close(waiting:)`` is left for it.
  /// - Spec: VirtIO 1.4 §2.6.1 "Virtqueue Reset"
  public mutating func restartCursorQueue<W: Waiter>(waiting waiter: W) throws(GPUError) {
    try requireService()
    try cursorQueue.restart(on: &device, platform: platform, waiting: waiter)
  }

  /// The resource that holds the cursor image, made when it is first needed.
  private mutating func makeCursorResource<W: Waiter>(waiting waiter: W)
    throws(GPUError) -> ResourceID
  {
    if let cursorResource { return cursorResource }
    _ = try makeCursorBuffer()
    try control.reserve(2)
    let resource = makeResourceID()
    try postCursorCreation(resource)
    do {
      try finishCalls(waiting: waiter)
    } catch {
      // Created perhaps, but of no use: the next attempt makes another.
      if !isOutOfService, control.slots.freeCount > 0 {
        try post(ResourceRelease.unref(resource), resource)
        try? finishCalls(waiting: waiter)
      }
      throw error
    }
    cursorResource = resource
    return resource
  }

  /// Posts what makes the resource of the cursor image. Room for it has been reserved.
  mutating func postCursorCreation(_ resource: ResourceID) throws(GPUError) {
    guard let address = cursorBuffer?.deviceAddress else { return }
    let side = UInt32(cursorSize)
    try post(
      ResourceCreate2D(resource, format: .b8g8r8a8, width: side, height: side), resource)
    try post(
      ResourceAttachBacking(resource, address: address, byteCount: side * side * 4), resource)
  }

  /// Where the device sees the cursor image's memory, which is taken when it is first needed.
  private mutating func makeCursorBuffer() throws(GPUError) -> DeviceAddress {
    if let address = cursorBuffer?.deviceAddress { return address }
    do {
      let buffer = try DMABuffer(
        byteCount: cursorSize &* cursorSize &* 4, alignment: 4096, from: platform)
      let address = buffer.deviceAddress
      cursorBuffer = consume buffer
      return address
    } catch {
      throw .outOfMemory(error)
    }
  }

  /// Whether an image can be a cursor's.
  ///
  /// - Returns: Its size.
  private static func checkCursor(
    _ pixelCount: Int, width: UInt32, height: UInt32, hotspotX: UInt32, hotspotY: UInt32
  ) throws(GPUError) -> (width: Int, height: Int) {
    guard let columns = Int(exactly: width), let rows = Int(exactly: height),
      1...cursorSize ~= columns, 1...cursorSize ~= rows
    else { throw .invalidSize(width: width, height: height) }
    guard pixelCount == columns &* rows else { throw .invalidCursorImage(pixelCount: pixelCount) }
    guard hotspotX < width, hotspotY < height else {
      throw .invalidHotspot(x: hotspotX, y: hotspotY)
    }
    return (columns, rows)
  }

  /// Copies an image into the upper left corner of the device's, and makes the rest transparent.
  private mutating func copyCursor(_ image: Span<UInt32>, width: Int, height: Int) {
    guard var buffer = cursorBuffer.take() else { return }
    var bytes = buffer.mutableBytes
    for index in 0..<cursorSize &* cursorSize {
      let (row, column) = (index / cursorSize, index % cursorSize)
      let place = row &* width &+ column
      let isInside = row < height && column < width && image.indices.contains(place)
      bytes.store(LE32(isInside ? image[place] : 0), at: index &* 4)
    }
    buffer.prepareForDeviceReads(at: 0, byteCount: cursorSize &* cursorSize &* 4)
    cursorBuffer = consume buffer
  }
}
