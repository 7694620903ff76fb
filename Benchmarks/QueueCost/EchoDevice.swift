import VirtIO

/// The device's half of a queue in this process's memory: gives back what it is given, in order.
final class EchoDevice {
  let isPacked: Bool
  var status: DeviceStatus = []
  var placement: QueuePlacement?
  /// What it looks at next: an entry of a split ring, counted on, or one of a packed ring.
  private var index: UInt16 = 0
  /// The device's wrap counter of a packed ring.
  private var wrap = true

  init(isPacked: Bool) {
    self.isPacked = isPacked
  }

  /// Gives back the chain that it has had for longest.
  func useOldest() {
    guard let placement else { return }
    if isPacked { usePacked(placement) } else { useSplit(placement) }
  }

  private func useSplit(_ placement: QueuePlacement) {
    guard let available = unsafe Self.pointer(placement.driverArea),
      let used = unsafe Self.pointer(placement.deviceArea)
    else { return }
    let slot = Int(index % placement.size)
    index &+= 1
    // SAFETY: the areas are as long as the size says, and live as long as the process.
    unsafe used.storeBytes(
      of: UInt32(available.load(fromByteOffset: 4 + 2 * slot, as: UInt16.self)),
      toByteOffset: 4 + 8 * slot, as: UInt32.self)
    unsafe used.storeBytes(of: 0, toByteOffset: 8 + 8 * slot, as: UInt32.self)
    unsafe used.storeBytes(of: index, toByteOffset: 2, as: UInt16.self)
  }

  private func usePacked(_ placement: QueuePlacement) {
    guard let ring = unsafe Self.pointer(placement.descriptorArea) else { return }
    let head = 16 * Int(index)
    let flags: UInt16 = wrap ? 0x8080 : 0
    // SAFETY: the ring is as long as the size says, and lives as long as the process.
    while unsafe ring.load(fromByteOffset: 16 * Int(index) + 14, as: UInt16.self) & 1 != 0 {
      advance(placement.size)
    }
    // The last of a list names it; what is used takes the place of the first.
    unsafe ring.storeBytes(
      of: ring.load(fromByteOffset: 16 * Int(index) + 12, as: UInt16.self),
      toByteOffset: head + 12, as: UInt16.self)
    unsafe ring.storeBytes(of: 0, toByteOffset: head + 8, as: UInt32.self)
    unsafe ring.storeBytes(of: flags, toByteOffset: head + 14, as: UInt16.self)
    advance(placement.size)
  }

  private func advance(_ size: UInt16) {
    index &+= 1
    if index == size {
      index = 0
      wrap.toggle()
    }
  }

  /// A device address is an address of this process.
  private static func pointer(_ address: DeviceAddress) -> UnsafeMutableRawPointer? {
    unsafe UnsafeMutableRawPointer(bitPattern: UInt(address.rawValue))
  }
}

/// The registers of an ``EchoDevice``, which has one queue.
struct EchoTransport: Transport {
  private let device: EchoDevice

  init(_ device: EchoDevice) {
    self.device = device
  }

  var deviceType: UInt16 { 16 }
  func readStatus() -> DeviceStatus { device.status }
  func writeStatus(_ status: DeviceStatus) { device.status = status }
  func readOfferedFeatures() -> Features {
    device.isPacked ? [.version1, .packedRing] : .version1
  }
  func writeAcceptedFeatures(_ features: Features) {}
  func readConfigurationGeneration() -> UInt32 { 0 }
  var configurationByteCount: UInt { 0 }
  func readConfiguration8(at offset: UInt) -> UInt8 { 0 }
  func readConfiguration16(at offset: UInt) -> UInt16 { 0 }
  func readConfiguration32(at offset: UInt) -> UInt32 { 0 }
  func writeConfiguration8(_ value: UInt8, at offset: UInt) {}
  func writeConfiguration32(_ value: UInt32, at offset: UInt) {}
  func readMaximumSize(ofQueue index: UInt16) -> UInt16 { index == 0 ? 256 : 0 }

  func enable(_ queue: QueuePlacement) throws(DeviceError) -> SilentDoorbell {
    device.placement = queue
    return SilentDoorbell()
  }
}

/// Rings nowhere: what the device does is not to be counted.
struct SilentDoorbell: Doorbell {
  func ring(next: UInt16) {}
}

/// Memory of this process, never given back.
struct HostPlatform: Platform {
  private let clock = ContinuousClock()
  private let start = ContinuousClock.now

  func allocate(byteCount: Int, alignment: Int) -> CoherentRegion? {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: byteCount, alignment: max(alignment, 64))
    // SAFETY: it is as long as was asked for, and nobody else's.
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    let address = DeviceAddress(rawValue: UInt64(UInt(bitPattern: memory)))
    return unsafe CoherentRegion(base: memory, deviceAddress: address, byteCount: byteCount)
  }

  func free(_ region: CoherentRegion) {}

  var now: Nanoseconds {
    Nanoseconds(rawValue: UInt64((clock.now - start) / .nanoseconds(1)))
  }
}
