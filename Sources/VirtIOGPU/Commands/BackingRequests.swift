import VirtIO

/// The requests that tell a device of pixels whose memory lies in many pieces: an entry for each piece, behind
/// the fields that every such request starts with.
///
/// There is one for each slot of a surface, in memory that is taken with the surface. What of it is in flight
/// stays as it is: a request is written when it is posted, once for each resource.
///
/// - Spec: VirtIO 1.4 §5.7.6.8 "Device Operation: controlq" (`struct virtio_gpu_mem_entry`)
struct BackingRequests<Region: DMARegion>: ~Copyable {
  private var memory: DMABuffer<Region>

  /// The most bytes before the entries.
  private static var headerByteCount: Int { 64 }

  /// Takes memory for the requests of a surface.
  ///
  /// - Throws: ``GPUError/tooScattered(pieceCount:limit:)``, or ``GPUError/outOfMemory(_:)``.
  /// - Returns: Nil if one entry says it all.
  static func make<P: Platform>(
    for pixels: borrowing LendingBuffer<Region, SlotNote>, on platform: borrowing P
  ) throws(GPUError) -> Self? where P.Region == Region {
    let pieceCount = pixels.segmentCount(upTo: pixels.byteCount, on: platform)
    if pieceCount <= 1 { return nil }
    guard pieceCount <= MemoryEntry.limit else {
      throw .tooScattered(pieceCount: pieceCount, limit: MemoryEntry.limit)
    }
    // Where two slots meet in a piece, it is each slot's.
    let entryCount = pieceCount &+ pixels.slotCount &- 1
    let byteCount =
      pixels.slotCount &* headerByteCount &+ entryCount &* MemoryLayout<MemoryEntry>.size
    do {
      return Self(memory: try DMABuffer(byteCount: byteCount, alignment: 64, from: platform))
    } catch {
      throw .outOfMemory(error)
    }
  }

  /// Writes a request, which the device does not have.
  ///
  /// - Parameters:
  ///   - slot: The slot that it is for, or 0 if it is for all.
  ///   - offset: Where the bytes that it is about start, from the start of the first slot.
  ///   - byteCount: How many they are.
  ///   - pixels: Where they are.
  ///   - platform: Where they come from.
  ///   - header: What comes before so many entries.
  /// - Returns: Where it is. It has been shown to the device.
  mutating func write<P: Platform, Header: WireStruct>(
    _ slot: Int, at offset: Int, byteCount: Int,
    of pixels: borrowing LendingBuffer<Region, SlotNote>,
    on platform: borrowing P, header: (Int) -> Header
  ) -> Segment where P.Region == Region {
    let stride = MemoryLayout<MemoryEntry>.size
    let before = pixels.segmentCount(upTo: slot &* pixels.slotStride, on: platform)
    let first = (slot &+ 1) &* Self.headerByteCount &+ before &* stride
    let start = first &- MemoryLayout<Header>.size
    var end = first
    pixels.forEachSegment(from: offset, byteCount: byteCount, on: platform) { segment in
      var bytes = memory.mutableBytes
      bytes.store(MemoryEntry(segment), at: end)
      end &+= stride
    }
    var bytes = memory.mutableBytes
    bytes.store(header((end &- first) / stride), at: start)
    memory.prepareForDeviceReads(at: start, byteCount: end &- start)
    return Segment(
      address: memory.deviceAddress.advanced(by: start),
      byteCount: UInt32(truncatingIfNeeded: end &- start))
  }

  /// Gives the memory back; no device may read it any more.
  consuming func free<P: Platform>(to platform: borrowing P) where P.Region == Region {
    memory.free(to: platform)
  }
}

extension LendingBuffer {
  /// In how many pieces the device sees so many bytes from the start of the first slot on.
  fileprivate func segmentCount<P: Platform>(upTo end: Int, on platform: borrowing P) -> Int
  where P.Region == Region {
    var count = 0
    forEachSegment(from: 0, byteCount: end, on: platform) { _ in count &+= 1 }
    return count
  }
}
