internal import KernelAArch64
public import VirtIO

/// The data caches of the CPU, for devices that do not snoop them.
public struct BoardCaches: CacheMaintenance {
  /// Those of whoever runs this.
  public init() {}

  /// What only one owner should lie in: as much as any cache writes back at a time.
  public static var lineByteCount: Int { DataCache.granuleByteCount }

  /// Writes lines back (`dc cvac`).
  public func clean(address: UInt, byteCount: Int) {
    DataCache.clean(address, byteCount: byteCount)
  }
  /// Forgets lines (`dc ivac`).
  public func invalidate(address: UInt, byteCount: Int) {
    DataCache.invalidate(address, byteCount: byteCount)
  }
  /// Writes lines back and forgets them (`dc civac`).
  public func cleanAndInvalidate(address: UInt, byteCount: Int) {
    DataCache.cleanAndInvalidate(address, byteCount: byteCount)
  }
  /// Waits for all of that, and for the accesses before it (`dsb sy`).
  public func synchronize() {
    DataCache.synchronize()
  }
}
