import VirtIO
import VirtIOGraphics

// The memory behind the resources of a surface, as the device is told of it.
extension Surface {
  /// Takes memory for the pixels, and for the requests that tell of it.
  static func makeMemory<P: Platform>(
    slotByteCount: Int, slotCount: Int, slotAlignment: Int, note: SlotNote,
    on platform: borrowing P
  ) throws(GPUError) -> SurfaceMemory<Region> where P.Region == Region {
    let buffer: LendingBuffer<Region, SlotNote>
    do {
      buffer = try LendingBuffer(
        slotByteCount: slotByteCount, slotCount: slotCount, slotAlignment: slotAlignment,
        note: note, from: platform)
    } catch {
      throw .outOfMemory(error)
    }
    do throws(GPUError) {
      let requests = try BackingRequests.make(for: buffer, on: platform)
      return SurfaceMemory(buffer: buffer, requests: requests)
    } catch {
      buffer.free(to: platform)
      throw error
    }
  }

  /// Writes the request that gives a slot's resource its backing, if that takes more than one entry.
  ///
  /// - Returns: Where it is; nil if one entry will do.
  mutating func attachRequest<P: Platform>(_ slot: Int, on platform: borrowing P) -> Segment?
  where P.Region == Region {
    let resource = resource(of: slot)
    let place = arrangement == .separate ? slot : 0
    let byteCount = arrangement == .separate ? buffer.slotByteCount : buffer.byteCount
    return requests?.write(
      place, at: place &* buffer.slotStride, byteCount: byteCount, of: buffer, on: platform
    ) {
      ResourceAttachEntries(resource, entryCount: $0)
    }
  }

  /// The memory behind a slot's resource, if one entry is enough for it.
  func backing(of slot: Int) -> (address: DeviceAddress, byteCount: Int) {
    guard arrangement == .separate else { return (buffer.deviceAddress, buffer.byteCount) }
    return (
      buffer.deviceAddress.advanced(by: slot &* buffer.slotStride), buffer.slotByteCount
    )
  }

  /// Where in the backing a rectangle of a slot starts, whose pixels are shown to the device before
  /// that.
  func offset(of rectangle: Rectangle, in slot: Int) -> UInt64 {
    prepareForDeviceReads(rectangle, in: slot)
    let pixel = rectangle.y &* Int(width) &+ rectangle.x
    let start = arrangement == .separate ? 0 : slot &* buffer.slotStride
    return UInt64(truncatingIfNeeded: start &+ pixel &* 4)
  }

  /// Makes the pixels of a rectangle, which lies inside, what the device finds in memory.
  private func prepareForDeviceReads(_ rectangle: Rectangle, in slot: Int) {
    let stride = Int(width) &* 4
    let isWide = rectangle.width == Int(width)
    // Rows that follow each other without a gap are one range.
    let rowCount = isWide ? 1 : rectangle.height
    let byteCount = isWide ? stride &* rectangle.height : rectangle.width &* 4
    var offset = rectangle.y &* stride &+ rectangle.x &* 4
    var row = 0
    while row < rowCount {
      buffer.prepareForDeviceReads(of: slot, at: offset, byteCount: byteCount)
      offset &+= stride
      row &+= 1
    }
  }

  /// Whether one of three ids from `id` on is one of its own.
  func hasResource(from id: UInt32) -> Bool {
    resource.rawValue &- id < 3
      || furtherResources != .none && furtherResources.rawValue &+ 1 &- id < 4
  }

  /// Gives the memory back; no device may use it any more. While a frame is alive, its memory stays.
  consuming func free<P: Platform>(to platform: borrowing P) where P.Region == Region {
    if let requests = requests.take() { requests.free(to: platform) }
    buffer.free(to: platform)
  }
}

/// What a surface has taken.
struct SurfaceMemory<Region: DMARegion>: ~Copyable {
  var buffer: LendingBuffer<Region, SlotNote>
  var requests: BackingRequests<Region>?
}
