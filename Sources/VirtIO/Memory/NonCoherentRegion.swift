/// Memory that the CPU caches and the device reaches behind the caches' back.
///
/// It has its own type, so that no kernel passes it off as a ``CoherentRegion`` by a flag. A scalar
/// access maintains its line itself; what is accessed through spans is maintained as it changes hands.
///
/// The rules that keep either side's bytes from being lost:
/// - The CPU never stores to a line that the device writes while the device may write it: a line that is
///   written back as a whole would take the old bytes along.
/// - What the CPU has in its caches before the device writes is written back and forgotten then, so that
///   nothing is left to be written back later.
/// - What the CPU has in its caches after the device has written is forgotten again: processors load
///   lines that nobody asked for.
@safe
public struct NonCoherentRegion<Caches: CacheMaintenance>: DMARegion, @unchecked Sendable {
  private let cells: SharedCells
  private let caches: Caches
  /// Where the device sees the first byte.
  public let deviceAddress: DeviceAddress

  /// Describes memory that the caller has set aside.
  ///
  /// - Parameters:
  ///   - base: The first byte for the CPU, aligned to ``lineByteCount`` and to at least 16 bytes, mapped
  ///     Normal, write-back. It stays valid, and nobody else's, until the region is given back by
  ///     ``Platform/free(_:)``.
  ///   - deviceAddress: The first byte for the device.
  ///   - byteCount: How many bytes are contiguous for both.
  ///   - caches: What lies between the two.
  @unsafe
  public init(
    base: UnsafeMutableRawPointer, deviceAddress: DeviceAddress, byteCount: Int, caches: Caches
  ) {
    unsafe cells = SharedCells(base: base, byteCount: byteCount)
    self.deviceAddress = deviceAddress
    self.caches = caches
  }

  /// Where the CPU sees the first byte; valid for ``byteCount`` bytes.
  public var base: UnsafeMutableRawPointer { unsafe cells.base }
  /// The length of the region.
  public var byteCount: Int { cells.byteCount }
  /// The length of the caches' lines.
  public static var lineByteCount: Int { Caches.lineByteCount }

  private func address(_ offset: Int) -> UInt {
    // Only the number is used, by instructions that change no byte.
    let start = unsafe UInt(bitPattern: cells.base)
    return start &+ UInt(bitPattern: offset)
  }

  // MARK: Scalars

  /// Has the next load come from memory.
  private func refresh(_ offset: Int, _ byteCount: Int) {
    caches.invalidate(address: address(offset), byteCount: byteCount)
    caches.synchronize()
  }

  /// Loads what is in memory.
  public func loadAcquiring16(uncheckedAt offset: Int) -> UInt16 {
    refresh(offset, 2)
    let value = cells.loadAcquiring16(offset)
    // An acquiring load holds back later accesses, but not later maintenance: a line that was
    // forgotten too early could come back as it was before the device's store.
    caches.synchronize()
    return value
  }

  /// Loads what is in memory.
  public func loadAcquiring64(uncheckedAt offset: Int) -> UInt64 {
    refresh(offset, 8)
    let value = cells.loadAcquiring64(offset)
    caches.synchronize()
    return value
  }

  /// Stores to memory.
  public func storeReleasing16(_ value: UInt16, uncheckedAt offset: Int) {
    // What was stored before has to be in memory, not only on its way there.
    caches.synchronize()
    store16(value, uncheckedAt: offset)
  }

  /// Stores to memory.
  public func storeReleasing64(_ value: UInt64, uncheckedAt offset: Int) {
    caches.synchronize()
    store64(value, uncheckedAt: offset)
  }

  /// Loads what is in memory.
  public func load16(uncheckedAt offset: Int) -> UInt16 {
    refresh(offset, 2)
    return cells.load16(offset)
  }

  /// Loads what is in memory.
  public func load32(uncheckedAt offset: Int) -> UInt32 {
    refresh(offset, 4)
    return cells.load32(offset)
  }

  /// Loads what is in memory.
  public func load64(uncheckedAt offset: Int) -> UInt64 {
    refresh(offset, 8)
    return cells.load64(offset)
  }

  /// Stores to memory.
  public func store16(_ value: UInt16, uncheckedAt offset: Int) {
    cells.store16(value, offset)
    caches.clean(address: address(offset), byteCount: 2)
  }

  /// Stores to memory.
  public func store32(_ value: UInt32, uncheckedAt offset: Int) {
    cells.store32(value, offset)
    caches.clean(address: address(offset), byteCount: 4)
  }

  /// Stores to memory.
  public func store64(_ value: UInt64, uncheckedAt offset: Int) {
    cells.store64(value, offset)
    caches.clean(address: address(offset), byteCount: 8)
  }

  /// Waits until all is in memory that was stored.
  public func fullBarrier() { caches.synchronize() }

  // MARK: Ranges

  /// What of a range lies in the region: all of it. Maintenance beyond would destroy what is somebody else's.
  private func inside(_ offset: Int, _ byteCount: Int) -> (address: UInt, byteCount: Int) {
    let limit = UInt(bitPattern: self.byteCount)
    let start = min(UInt(bitPattern: offset), limit)
    let length = min(UInt(bitPattern: byteCount), limit &- start)
    assert(start == UInt(bitPattern: offset) && length == UInt(bitPattern: byteCount))
    return (address(Int(bitPattern: start)), Int(bitPattern: length))
  }

  /// Cleans the range.
  public func prepareForDeviceReads(uncheckedAt offset: Int, byteCount: Int) {
    let range = inside(offset, byteCount)
    caches.clean(address: range.address, byteCount: range.byteCount)
  }

  /// Cleans and invalidates the range.
  public func prepareForDeviceWrites(uncheckedAt offset: Int, byteCount: Int) {
    let range = inside(offset, byteCount)
    caches.cleanAndInvalidate(address: range.address, byteCount: range.byteCount)
  }

  /// Invalidates the range, and waits for that.
  public func prepareForCPUReads(uncheckedAt offset: Int, byteCount: Int) {
    let range = inside(offset, byteCount)
    caches.invalidate(address: range.address, byteCount: range.byteCount)
    caches.synchronize()
  }
}
