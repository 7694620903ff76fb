internal import CVirtIO

/// Memory that CPU and device always see alike: mapped Normal, write-back, shareable, and the
/// device snoops the caches (`dma-coherent` in a device tree).
@safe
public struct CoherentRegion: DMARegion, @unchecked Sendable {
  private let cells: SharedCells
  /// Where the device sees the first byte.
  public let deviceAddress: DeviceAddress

  /// Describes memory that the caller has set aside.
  ///
  /// - Parameters:
  ///   - base: The first byte for the CPU, aligned to at least 16 bytes. It stays valid, and nobody
  ///     else's, until the region is given back by ``Platform/free(_:)``.
  ///   - deviceAddress: The first byte for the device.
  ///   - byteCount: How many bytes are contiguous for both.
  @unsafe
  public init(base: UnsafeMutableRawPointer, deviceAddress: DeviceAddress, byteCount: Int) {
    unsafe cells = SharedCells(base: base, byteCount: byteCount)
    self.deviceAddress = deviceAddress
  }

  /// Where the CPU sees the first byte; valid for ``byteCount`` bytes.
  public var base: UnsafeMutableRawPointer { unsafe cells.base }
  /// The length of the region.
  public var byteCount: Int { cells.byteCount }
  /// 1: any two bytes can be in different hands.
  public static var lineByteCount: Int { 1 }

  /// Loads with `ldarh`.
  public func loadAcquiring16(uncheckedAt offset: Int) -> UInt16 { cells.loadAcquiring16(offset) }
  /// Loads with `ldar`.
  public func loadAcquiring64(uncheckedAt offset: Int) -> UInt64 { cells.loadAcquiring64(offset) }
  /// Stores with `stlrh`.
  public func storeReleasing16(_ value: UInt16, uncheckedAt offset: Int) {
    cells.storeReleasing16(value, offset)
  }
  /// Stores with `stlr`.
  public func storeReleasing64(_ value: UInt64, uncheckedAt offset: Int) {
    cells.storeReleasing64(value, offset)
  }
  /// Loads with one plain load.
  public func load16(uncheckedAt offset: Int) -> UInt16 { cells.load16(offset) }
  /// Loads with one plain load.
  public func load32(uncheckedAt offset: Int) -> UInt32 { cells.load32(offset) }
  /// Loads with one plain load.
  public func load64(uncheckedAt offset: Int) -> UInt64 { cells.load64(offset) }
  /// Stores with one plain store.
  public func store16(_ value: UInt16, uncheckedAt offset: Int) { cells.store16(value, offset) }
  /// Stores with one plain store.
  public func store32(_ value: UInt32, uncheckedAt offset: Int) { cells.store32(value, offset) }
  /// Stores with one plain store.
  public func store64(_ value: UInt64, uncheckedAt offset: Int) { cells.store64(value, offset) }
  /// Runs `dmb osh`.
  public func fullBarrier() { cvirtio_full_barrier() }

  /// Nothing: the device snoops.
  public func prepareForDeviceReads(uncheckedAt offset: Int, byteCount: Int) {}
  /// Nothing: the device snoops.
  public func prepareForDeviceWrites(uncheckedAt offset: Int, byteCount: Int) {}
  /// Nothing: the device snoops.
  public func prepareForCPUReads(uncheckedAt offset: Int, byteCount: Int) {}
}
