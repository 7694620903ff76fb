public import VirtIO

// Only a program that asks for ``GPUFeatures/virgl`` when it opens the display may ask for these.
extension Display where T: ~Copyable {
  /// Where `num_capsets` is in the device configuration.
  private static var capsetCountOffset: UInt { 12 }

  /// Asks the device what capability sets it has. Blocks, for each of them.
  ///
  /// A set that the device counts but does not describe is left out, and so are those after the first
  /// ``CapabilitySets/capacity``.
  ///
  /// - Parameter waiter: How, and how long at most, to wait for each answer.
  /// - Throws: ``GPUError/notOffered(_:)`` if ``GPUFeatures/virgl`` was not agreed, or another
  ///   ``GPUError``.
  /// - Spec: VirtIO 1.4 §5.7.6.8 "Device Operation: controlq" (`VIRTIO_GPU_CMD_GET_CAPSET_INFO`)
  public mutating func readCapabilitySets<W: Waiter>(waiting waiter: W)
    throws(GPUError) -> CapabilitySets
  {
    guard features.contains(.virgl) else { throw .notOffered(.virgl) }
    try requireService()
    let claimed: UInt32
    do {
      let offset = Self.capsetCountOffset
      claimed = try device.readConfiguration { $0.readConfiguration32(at: offset) }
    } catch {
      throw .device(error)
    }
    var found = CapabilitySets()
    for index in 0..<min(claimed, UInt32(CapabilitySets.capacity)) {
      do throws(GPUError) {
        try inquire(GetCapsetInfo(index), CommandSubject(.getCapsetInfo), waiting: waiter)
      } catch {
        guard case .command = error else { throw error }
        continue
      }
      if let set = control.capabilitySet() { found.append(set) }
    }
    return found
  }

  /// Asks the device for the data of a capability set. Blocks; allocates while it does.
  ///
  /// - Parameters:
  ///   - set: One that ``readCapabilitySets(waiting:)`` has found.
  ///   - version: Which version of the data, up to the newest; nil for the newest.
  ///   - target: Where the data is copied to: as many bytes as the set has at most, or more. How many that
  ///     may be is up to the program, whatever the device says.
  ///   - waiter: How, and how long at most, to wait for the answer.
  /// - Returns: How many bytes of `target` the device has filled. Nothing in them has been checked.
  /// - Throws: ``GPUError/bufferTooSmall(byteCount:needed:)``, ``GPUError/notOffered(_:)`` if
  ///   ``GPUFeatures/virgl`` was not agreed, or another ``GPUError``.
  /// - Spec: VirtIO 1.4 §5.7.6.8 "Device Operation: controlq" (`VIRTIO_GPU_CMD_GET_CAPSET`)
  public mutating func readCapabilities<W: Waiter>(
    of set: CapabilitySet, version: UInt32? = nil, into target: inout MutableSpan<UInt8>,
    waiting waiter: W
  ) throws(GPUError) -> Int {
    guard features.contains(.virgl) else { throw .notOffered(.virgl) }
    guard let needed = Int(exactly: set.maximumByteCount), target.count >= needed else {
      throw .bufferTooSmall(
        byteCount: target.count, needed: Int(clamping: set.maximumByteCount))
    }
    try requireService()
    let subject = CommandSubject(.getCapset)
    var patience = waiter
    while control.longAnswer?.slot != nil {
      guard patience.wait(on: platform) else {
        throw lateness(of: subject)
      }
      try control.drain()
    }
    try control.makeLongAnswer(dataByteCount: needed, on: platform)
    let command = GetCapset(set.id, version: version ?? set.maximumVersion)
    do throws(GPUError) {
      try control.postLong(command, subject, for: .caller)
      try finishCalls(waiting: waiter)
    } catch {
      control.freeLongAnswer(to: platform)
      throw error
    }
    let count = control.copyLongAnswer(into: &target)
    control.freeLongAnswer(to: platform)
    return count
  }
}
