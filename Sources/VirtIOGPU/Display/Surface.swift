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
  /// Whether the pixels are those that were presented last.
  var isCurrent = false
  /// Whether the commands that make the device forget the resource have been posted.
  var isReleased = false
  /// A size that the device would not show in place of this one.
  var refusedSize: (width: UInt32, height: UInt32)?
  /// What went wrong when the resource was created; nothing comes of this surface then.
  var creationFailure: CommandFailure?

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

  /// All of the surface.
  var bounds: Rectangle { Rectangle(x: 0, y: 0, width: Int(width), height: Int(height)) }

  /// Where in the backing a pixel lies.
  func offset(of rectangle: Rectangle) -> UInt64 {
    (UInt64(rectangle.y) &* UInt64(width) &+ UInt64(rectangle.x)) &* 4
  }

  /// Lends the pixels, or nothing if they are lent already.
  mutating func nextFrame(for scanout: ScanoutID) -> Frame? {
    guard let loan = buffer.lend(0) else { return nil }
    let isStale = !isCurrent
    // Until it is presented, nobody knows what was drawn in it.
    isCurrent = false
    return Frame(
      loan, scanout: scanout, width: Int(width), height: Int(height), format: format,
      isStale: isStale, resource: resource)
  }
}
