public import VirtIO

/// Memory of a ``ModelMachine`` that driver and device share.
///
/// Each load, store and barrier passes through the model, which knows by address what it means.
@safe
public struct ModelRegion: DMARegion, @unchecked Sendable {
  let machine: ModelMachine
  /// Which allocation this is.
  let number: Int
  /// Where the driver sees the first byte.
  public let base: UnsafeMutableRawPointer
  /// Where the device sees the first byte.
  public let deviceAddress: DeviceAddress
  /// The length of the region.
  public let byteCount: Int

  init?(machine: ModelMachine, number: Int, range: ModelRange) {
    let bits = machine.withCore { core in
      // SAFETY: only the number of the address leaves the lock.
      unsafe UInt(bitPattern: core.memory.pointer(to: range.start, Int(range.byteCount)))
    }
    guard let base = unsafe UnsafeMutableRawPointer(bitPattern: bits) else { return nil }
    self.machine = machine
    self.number = number
    // SAFETY: the bytes are part of the machine's memory, which lives as long as the machine.
    unsafe self.base = base
    deviceAddress = DeviceAddress(rawValue: range.start)
    byteCount = Int(range.byteCount)
  }

  private func load(_ offset: Int, _ width: Int, acquiring: Bool = false) -> UInt64 {
    machine.withCore { $0.load(number, offset, width, acquiring: acquiring) }
  }

  private func store(_ value: UInt64, _ offset: Int, _ width: Int, releasing: Bool = false) {
    machine.withCore { $0.store(value, number, offset, width, releasing: releasing) }
  }

  /// Loads 16 bits, before every later access.
  public func loadAcquiring16(uncheckedAt offset: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: load(offset, 2, acquiring: true))
  }
  /// Loads 64 bits, before every later access.
  public func loadAcquiring64(uncheckedAt offset: Int) -> UInt64 {
    load(offset, 8, acquiring: true)
  }
  /// Stores 16 bits, after every earlier access.
  public func storeReleasing16(_ value: UInt16, uncheckedAt offset: Int) {
    store(UInt64(value), offset, 2, releasing: true)
  }
  /// Stores 64 bits, after every earlier access.
  public func storeReleasing64(_ value: UInt64, uncheckedAt offset: Int) {
    store(value, offset, 8, releasing: true)
  }
  /// Loads 16 bits.
  public func load16(uncheckedAt offset: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: load(offset, 2))
  }
  /// Loads 32 bits.
  public func load32(uncheckedAt offset: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: load(offset, 4))
  }
  /// Loads 64 bits.
  public func load64(uncheckedAt offset: Int) -> UInt64 { load(offset, 8) }
  /// Stores 16 bits.
  public func store16(_ value: UInt16, uncheckedAt offset: Int) { store(UInt64(value), offset, 2) }
  /// Stores 32 bits.
  public func store32(_ value: UInt32, uncheckedAt offset: Int) { store(UInt64(value), offset, 4) }
  /// Stores 64 bits.
  public func store64(_ value: UInt64, uncheckedAt offset: Int) { store(value, offset, 8) }
  /// Orders every earlier access before every later one.
  public func fullBarrier() { machine.withCore { $0.fullBarrier() } }

  /// 1: the device snoops. For one that does not, there is ``NonCoherentModelPlatform``.
  public static var lineByteCount: Int { 1 }
  /// Nothing: the device snoops.
  public func prepareForDeviceReads(uncheckedAt offset: Int, byteCount: Int) {}
  /// Nothing: the device snoops.
  public func prepareForDeviceWrites(uncheckedAt offset: Int, byteCount: Int) {}
  /// Nothing needs to be done, as the device snoops; it is noted that the driver is about to read.
  public func prepareForCPUReads(uncheckedAt offset: Int, byteCount: Int) {
    let start = deviceAddress.advanced(by: offset).rawValue
    machine.withCore {
      $0.willReadAnswer(ModelRange(start: start, byteCount: UInt64(max(0, byteCount))))
    }
  }
}
