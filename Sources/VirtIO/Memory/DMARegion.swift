internal import CVirtIO
internal import Synchronization

/// Where a device sees a byte of memory: a bus address, which need not be the CPU's.
public struct DeviceAddress: RawRepresentable, Hashable, Sendable {
  /// The address on the bus.
  public let rawValue: UInt64

  /// The bus address `rawValue`.
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// The address `byteCount` bytes further on.
  public func advanced(by byteCount: Int) -> Self {
    Self(rawValue: rawValue &+ UInt64(truncatingIfNeeded: byteCount))
  }
}

/// A contiguous range of memory that a device can reach, as a ``Platform`` hands it out.
///
/// It is a description without an owner: copying it copies no memory. ``DMABuffer`` adds the owner.
///
/// The scalar loads and stores are for memory that the device may touch at the same moment (rings).
/// Each is one access, never torn, never repeated, never left out. `offset` is in bytes, a multiple
/// of the width and inside the region; the caller has to know that, it is checked in debug builds
/// only.
public protocol DMARegion: Sendable {
  /// Where the CPU sees the first byte.
  var base: UnsafeMutableRawPointer { get }
  /// Where the device sees the first byte.
  var deviceAddress: DeviceAddress { get }
  /// The length of the region.
  var byteCount: Int { get }

  /// Loads 16 bits; no later access is made before it.
  func loadAcquiring16(uncheckedAt offset: Int) -> UInt16
  /// Stores 16 bits; every earlier access is made before it.
  func storeReleasing16(_ value: UInt16, uncheckedAt offset: Int)
  /// Loads 16 bits, in no order with other accesses.
  func load16(uncheckedAt offset: Int) -> UInt16
  /// Loads 32 bits, in no order with other accesses.
  func load32(uncheckedAt offset: Int) -> UInt32
  /// Stores 16 bits, in no order with other accesses.
  func store16(_ value: UInt16, uncheckedAt offset: Int)
  /// Stores 32 bits, in no order with other accesses.
  func store32(_ value: UInt32, uncheckedAt offset: Int)
  /// Stores 64 bits, in no order with other accesses.
  func store64(_ value: UInt64, uncheckedAt offset: Int)
  /// Orders every earlier access before every later one, for devices as well as CPUs.
  func fullBarrier()
}

/// Memory that CPU and device always see alike: mapped Normal, write-back, shareable, and the
/// device snoops the caches (`dma-coherent` in a device tree).
@safe
public struct CoherentRegion: DMARegion, @unchecked Sendable {
  /// Where the CPU sees the first byte; valid for ``byteCount`` bytes.
  public let base: UnsafeMutableRawPointer
  /// Where the device sees the first byte.
  public let deviceAddress: DeviceAddress
  /// The length of the region.
  public let byteCount: Int

  /// Describes memory that the caller has set aside.
  ///
  /// - Parameters:
  ///   - base: The first byte for the CPU, aligned to at least 16 bytes. It stays valid, and nobody
  ///     else's, until the region is given back by ``Platform/free(_:)``.
  ///   - deviceAddress: The first byte for the device.
  ///   - byteCount: How many bytes are contiguous for both.
  @unsafe
  public init(base: UnsafeMutableRawPointer, deviceAddress: DeviceAddress, byteCount: Int) {
    unsafe self.base = base
    self.deviceAddress = deviceAddress
    self.byteCount = byteCount
  }

  private func cell<Value: FixedWidthInteger & AtomicRepresentable>(
    _ offset: Int, as type: Value.Type
  ) -> UnsafeMutablePointer<Atomic<Value>> {
    assert(offset >= 0 && offset + MemoryLayout<Value>.size <= byteCount)
    assert(offset & (MemoryLayout<Value>.size - 1) == 0)
    // SAFETY: an `Atomic` is laid out as its value; this memory is only ever accessed as integers.
    return unsafe (base + offset).assumingMemoryBound(to: Atomic<Value>.self)
  }

  /// Loads with `ldarh`.
  public func loadAcquiring16(uncheckedAt offset: Int) -> UInt16 {
    UInt16(littleEndian: unsafe cell(offset, as: UInt16.self).pointee.load(ordering: .acquiring))
  }

  /// Stores with `stlrh`.
  public func storeReleasing16(_ value: UInt16, uncheckedAt offset: Int) {
    unsafe cell(offset, as: UInt16.self).pointee.store(value.littleEndian, ordering: .releasing)
  }

  /// Loads with one plain load.
  public func load16(uncheckedAt offset: Int) -> UInt16 {
    UInt16(littleEndian: unsafe cell(offset, as: UInt16.self).pointee.load(ordering: .relaxed))
  }

  /// Loads with one plain load.
  public func load32(uncheckedAt offset: Int) -> UInt32 {
    UInt32(littleEndian: unsafe cell(offset, as: UInt32.self).pointee.load(ordering: .relaxed))
  }

  /// Stores with one plain store.
  public func store16(_ value: UInt16, uncheckedAt offset: Int) {
    unsafe cell(offset, as: UInt16.self).pointee.store(value.littleEndian, ordering: .relaxed)
  }

  /// Stores with one plain store.
  public func store32(_ value: UInt32, uncheckedAt offset: Int) {
    unsafe cell(offset, as: UInt32.self).pointee.store(value.littleEndian, ordering: .relaxed)
  }

  /// Stores with one plain store.
  public func store64(_ value: UInt64, uncheckedAt offset: Int) {
    unsafe cell(offset, as: UInt64.self).pointee.store(value.littleEndian, ordering: .relaxed)
  }

  /// Runs `dmb osh`.
  public func fullBarrier() {
    cvirtio_full_barrier()
  }
}
