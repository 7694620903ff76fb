import VirtIO
import VirtIOGraphics

// How frames are shown that the device reads in place.
//
// One resource has all slots behind it, as where pixels are transferred. What puts a slot on the scanout is
// SET_SCANOUT_BLOB, which stands in the place of the transfer; with a single slot it is there for the first
// picture only.
extension Display where T: ~Copyable {
  /// Where `blob_alignment` is in the device configuration, and how long that is with it.
  private static var blobAlignmentOffset: UInt { 16 }
  private static var blobConfigurationByteCount: UInt { 20 }

  /// How pixels are shared, if they are to be.
  ///
  /// - Throws: ``GPUError/notOffered(_:)`` if the device cannot, or what is wrong with its configuration.
  /// - Spec: VirtIO 1.4 §5.7.4 "Device configuration layout"
  static func plan(
    _ pixels: PixelPath, on device: borrowing NegotiatedDevice<T>
  ) throws(GPUError) -> BlobPlan? {
    guard case .shared(let flags) = pixels else { return nil }
    let features = GPUFeatures(rawValue: device.features.intersection(.deviceType).rawValue)
    guard features.contains(.resourceBlob) else { throw .notOffered(.resourceBlob) }
    guard features.contains(.blobAlignment) else { return BlobPlan(flags, alignment: 1) }
    let alignment: UInt32
    do throws(DeviceError) {
      let byteCount = device.configurationByteCount
      guard byteCount >= blobConfigurationByteCount else {
        throw .configurationTooSmall(byteCount: byteCount, needed: blobConfigurationByteCount)
      }
      let offset = blobAlignmentOffset
      alignment = try device.readConfiguration { $0.readConfiguration32(at: offset) }
    } catch {
      throw .device(error)
    }
    guard let plan = BlobPlan(flags, alignment: alignment) else {
      throw .invalidBlobAlignment(alignment)
    }
    return plan
  }

  /// Posts all commands of a frame but the last, where pixels are shared.
  ///
  /// The frame's own command puts it on one of the scanouts that show it, others on the rest.
  @inline(never)
  mutating func postShared(
    _ slot: Int, _ index: Int, _ place: FramePlace, _ commands: Int
  ) throws(GPUError) {
    guard let bounds = surfaces[index & 15]?.bounds,
      let isWhole = surfaces[index & 15]?.isDueWhole(slot),
      let needsResource = surfaces[index & 15]?.needsResource(slot),
      let isNew = surfaces[index & 15]?.needsScanout,
      let moves = surfaces[index & 15]?.movesScanout,
      let damage = surfaces[index & 15]?.buffer[noteOf: slot].due
    else { return }
    let viewers = isNew || moves ? viewers(of: index) : 0
    let first = viewers & Self.bit(index) != 0 ? index : viewers.trailingZeroBitCount & 15
    let others = viewers & ~Self.bit(first)
    let part = views[first].wanted.rectangle(in: bounds)
    guard
      let command = surfaces[index & 15]?.showing(slot, part, on: scanouts[first].id)
    else { return }
    try control.reserve((needsResource ? 1 : 0) &+ others.nonzeroBitCount)
    if needsResource { try postBlobCreation(slot, index, place, commands) }
    surfaces[index & 15]?.prepareForDeviceReads(slot)
    let isAll = isWhole || isNew || damage.isEmpty
    control.encode(
      commands, for: place, showing: command, flushing: isAll ? bounds : damage.bounds,
      isWhole: isWhole && showsPlainly(index))
    guard viewers != 0 else { return control.begin(commands) }
    try control.postTransfer(commands)
    try postShared(slot, index, on: others, bounds, commands)
    surfaces[index & 15]?.needsScanout = false
    note(viewers, asked: isNew)
  }

  /// Whether a surface is shown by its own scanout alone, and all of it.
  mutating func showsPlainly(_ index: Int) -> Bool {
    viewers(of: index) == Self.bit(index) && views[index].wanted.rectangle == nil
  }

  private mutating func postShared(
    _ slot: Int, _ index: Int, on others: UInt16, _ bounds: Rectangle, _ commands: Int
  ) throws(GPUError) {
    var rest = others
    while rest != 0 {
      let other = rest.trailingZeroBitCount
      rest &= rest &- 1
      let part = views[other].wanted.rectangle(in: bounds)
      try postShared(slot, index, on: other, part, for: .frame(commands))
    }
  }

  /// Posts that a scanout shows a part of a slot.
  mutating func postShared(
    _ slot: Int, _ index: Int, on scanout: Int, _ part: Rectangle, for owner: CommandOwner
  ) throws(GPUError) {
    let id = scanouts[scanout].id
    guard let command = surfaces[index & 15]?.showing(slot, part, on: id),
      let resource = surfaces[index & 15]?.resource
    else { return }
    try control.post(
      command, CommandSubject(.setScanoutBlob, resource: resource, scanout: id), for: owner)
  }

  private mutating func postBlobCreation(
    _ slot: Int, _ index: Int, _ place: FramePlace, _ commands: Int
  ) throws(GPUError) {
    let subject = CommandSubject(.resourceCreateBlob, of: place)
    if let request = surfaces[index & 15]?.blobRequest(on: platform) {
      try control.post(from: request, subject, for: .frame(commands))
    } else if let command = surfaces[index & 15]?.blobCommand() {
      try control.post(command, subject, for: .frame(commands))
    }
    surfaces[index & 15]?.create(slot)
  }
}

extension Surface {
  /// Whether each frame is put on the scanout anew, as each lies elsewhere in the resource.
  var movesScanout: Bool { blob != nil && buffer.slotCount > 1 }

  /// What puts a part of a slot on a scanout.
  func showing(_ slot: Int, _ part: Rectangle, on scanout: ScanoutID) -> SetScanoutBlob {
    // All slots together are shorter than 4 GiB.
    let offset = UInt32(truncatingIfNeeded: slot &* buffer.slotStride)
    return SetScanoutBlob(
      scanout, to: resource, shape, showing: part, offset: offset)
  }

  /// Makes the pixels of a slot what the device finds in memory.
  func prepareForDeviceReads(_ slot: Int) {
    buffer.prepareForDeviceReads(of: slot, at: 0, byteCount: buffer.slotByteCount)
  }

  /// What makes the resource, if that takes one entry.
  func blobCommand() -> ResourceCreateBlobWithEntry? {
    guard let blob else { return nil }
    let entry = MemoryEntry(
      Segment(
        address: buffer.deviceAddress, byteCount: UInt32(truncatingIfNeeded: buffer.byteCount)))
    return ResourceCreateBlobWithEntry(
      command: ResourceCreateBlob(
        resource, byteCount: buffer.byteCount, flags: blob.flags, entryCount: 1),
      entry: entry)
  }

  /// Writes the request that makes the resource, if that takes more than one entry.
  ///
  /// - Returns: Where it is; nil if one entry will do.
  mutating func blobRequest<P: Platform>(on platform: borrowing P) -> Segment?
  where P.Region == Region {
    guard let blob else { return nil }
    let (resource, byteCount) = (resource, buffer.byteCount)
    return requests?.write(0, at: 0, byteCount: byteCount, of: buffer, on: platform) {
      ResourceCreateBlob(resource, byteCount: byteCount, flags: blob.flags, entryCount: $0)
    }
  }
}
