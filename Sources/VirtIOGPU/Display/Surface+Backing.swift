import VirtIO

// The memory behind the resources of a surface, as the device is told of it.
extension Surface {
  /// Takes memory for the pixels, and for the requests that tell of it.
  static func makeMemory<P: Platform>(
    slotByteCount: Int, slotCount: Int, note: SlotNote, on platform: borrowing P
  ) throws(GPUError) -> SurfaceMemory<Region> where P.Region == Region {
    let buffer: LendingBuffer<Region, SlotNote>
    do {
      buffer = try LendingBuffer(
        slotByteCount: slotByteCount, slotCount: slotCount, note: note, from: platform)
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
    let range = backingRange(of: slot)
    let resource = resource(of: slot)
    let place = range.lowerBound / buffer.slotByteCount
    return requests?.write(place, range, of: buffer, on: platform) {
      ResourceAttachEntries(resource, entryCount: $0)
    }
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
