import VirtIO
import VirtIOGraphics

/// A resource with its backing, and the frame that is drawn in it.
struct Surface<Region: DMARegion>: ~Copyable {
  let resource: ResourceID
  let width: UInt32
  let height: UInt32
  let format: PixelFormat
  var buffer: LendingBuffer<Region>
  /// Whether the commands that create the resource have been posted.
  var isCreated = false
  /// Whether the resource has still to be put on its scanout.
  var needsScanout = true
  /// Whether the pixels are those that were presented last.
  var isCurrent = false
  /// A size that could not be had in place of this one.
  var refusedSize: (width: UInt32, height: UInt32)?
  /// What went wrong when the resource was created or put on its scanout.
  var creationFailure: CommandFailure?
  /// How far the device has been made to let go of it.
  var release = Release.notAsked

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
    _ resource: ResourceID, width: UInt32, height: UInt32, format: PixelFormat,
    platform: borrowing P
  ) throws(GPUError) where P.Region == Region {
    let pixelCount = UInt64(width) &* UInt64(height)
    // The length of a backing entry has 32 bits.
    guard pixelCount > 0, pixelCount <= UInt64(UInt32.max) / 4 else {
      throw .invalidSize(width: width, height: height)
    }
    do {
      buffer = try LendingBuffer(
        slotByteCount: Int(pixelCount &* 4), slotCount: 1, from: platform)
    } catch {
      throw .outOfMemory(error)
    }
    self.resource = resource
    self.width = width
    self.height = height
    self.format = format
  }

  /// Whether this is the size that suits the display, or there is no way to that size.
  func fits(_ scanout: Scanout) -> Bool {
    let size = (scanout.width, scanout.height)
    if let refusedSize, refusedSize == size { return true }
    return (width, height) == size
  }

  /// Whether the commands that put it on its scanout have been posted.
  var isOnScanout: Bool { isCreated && !needsScanout }

  /// Whether a frame's pixels are this surface's.
  func isSource(of frame: borrowing Frame) -> Bool { frame.belongs(to: buffer) }

  /// All of the surface.
  var bounds: Rectangle { Rectangle(x: 0, y: 0, width: Int(width), height: Int(height)) }

  /// Where in the backing a rectangle starts, whose pixels are shown to the device before that.
  func offset(of rectangle: Rectangle) -> UInt64 {
    prepareForDeviceReads(rectangle)
    return (UInt64(rectangle.y) &* UInt64(width) &+ UInt64(rectangle.x)) &* 4
  }

  /// Makes the pixels of a rectangle, which lies inside, what the device finds in memory.
  private func prepareForDeviceReads(_ rectangle: Rectangle) {
    let stride = Int(width) &* 4
    let isWide = rectangle.width == Int(width)
    // Rows that follow each other without a gap are one range.
    let rowCount = isWide ? 1 : rectangle.height
    let byteCount = isWide ? stride &* rectangle.height : rectangle.width &* 4
    var offset = rectangle.y &* stride &+ rectangle.x &* 4
    var row = 0
    while row < rowCount {
      buffer.prepareForDeviceReads(of: 0, at: offset, byteCount: byteCount)
      offset &+= stride
      row &+= 1
    }
  }

  /// Lends the pixels, or nothing if they are lent already.
  mutating func nextFrame(for scanout: ScanoutID) -> Frame? {
    guard let loan = buffer.lend(0) else { return nil }
    let isStale = !isCurrent
    // Until it is presented, nobody knows what was drawn in it.
    isCurrent = false
    return Frame(
      loan, scanout: scanout, width: Int(width), height: Int(height), format: format,
      isStale: isStale)
  }
}
