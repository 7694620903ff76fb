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
///
/// All other accesses, through spans, are for memory that only one side uses at a time. Each time that
/// it changes hands, one of the three `prepare` methods says so. They cost nothing where the device
/// snoops the caches; elsewhere they are what makes one side's writes visible to the other. The range
/// lies inside the region.
public protocol DMARegion: Sendable {
  /// In how many bytes at a time memory changes hands: no two such units, counted from the start of an
  /// aligned region, hold bytes of each other. What the device writes has units of its own.
  ///
  /// The length of a cache line, a power of two up to 2048; 1 where caches are snooped.
  static var lineByteCount: Int { get }

  /// Where the CPU sees the first byte.
  var base: UnsafeMutableRawPointer { get }
  /// Where the device sees the first byte.
  var deviceAddress: DeviceAddress { get }
  /// The length of the region.
  var byteCount: Int { get }

  /// Loads 16 bits; no later access is made before it.
  func loadAcquiring16(uncheckedAt offset: Int) -> UInt16
  /// Loads 64 bits; no later access is made before it.
  func loadAcquiring64(uncheckedAt offset: Int) -> UInt64
  /// Stores 16 bits; every earlier access is made before it.
  func storeReleasing16(_ value: UInt16, uncheckedAt offset: Int)
  /// Stores 64 bits; every earlier access is made before it.
  func storeReleasing64(_ value: UInt64, uncheckedAt offset: Int)
  /// Loads 16 bits, in no order with other accesses.
  func load16(uncheckedAt offset: Int) -> UInt16
  /// Loads 32 bits, in no order with other accesses.
  func load32(uncheckedAt offset: Int) -> UInt32
  /// Loads 64 bits, in no order with other accesses.
  func load64(uncheckedAt offset: Int) -> UInt64
  /// Stores 16 bits, in no order with other accesses.
  func store16(_ value: UInt16, uncheckedAt offset: Int)
  /// Stores 32 bits, in no order with other accesses.
  func store32(_ value: UInt32, uncheckedAt offset: Int)
  /// Stores 64 bits, in no order with other accesses.
  func store64(_ value: UInt64, uncheckedAt offset: Int)
  /// Orders every earlier access before every later one, for devices as well as CPUs.
  func fullBarrier()

  /// Before the device reads: it will find what the CPU has written, once the next
  /// ``storeReleasing16(_:uncheckedAt:)``, ``storeReleasing64(_:uncheckedAt:)`` or ``fullBarrier()`` is
  /// done.
  func prepareForDeviceReads(uncheckedAt offset: Int, byteCount: Int)
  /// Before the device writes: nothing that the CPU has written will be written over it later.
  func prepareForDeviceWrites(uncheckedAt offset: Int, byteCount: Int)
  /// After the device has written, and has been heard to say so: the CPU will find that. What the CPU
  /// had written to the same lines is lost.
  func prepareForCPUReads(uncheckedAt offset: Int, byteCount: Int)
}

extension DMARegion {
  /// Whether the region is what was asked for: so long at least, and both its addresses so aligned.
  func holds(_ byteCount: Int, alignedTo alignment: Int) -> Bool {
    let rest = UInt64(truncatingIfNeeded: alignment &- 1)
    let start = unsafe UInt64(UInt(bitPattern: base))
    let end = deviceAddress.rawValue.addingReportingOverflow(
      UInt64(truncatingIfNeeded: self.byteCount))
    return self.byteCount >= byteCount && (start | deviceAddress.rawValue) & rest == 0
      && !end.overflow
  }
}
