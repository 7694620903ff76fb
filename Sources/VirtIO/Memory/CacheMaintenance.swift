/// The data caches between the CPU and memory, for devices that do not snoop them. A kernel implements
/// this with the instructions of its processor, which are named here for AArch64.
///
/// Each operation is on all lines that hold a byte of the range, which is in memory that the CPU has
/// mapped as Normal, write-back. An operation may return before it is done; ``synchronize()`` waits for
/// all of them. To the same address, an operation comes after the CPU's earlier stores and loads.
public protocol CacheMaintenance: Sendable {
  /// The length in bytes of the largest line of any cache on the way to memory: what is written back
  /// as one. A power of two up to 2048: `CWG` of `CTR_EL0`.
  static var lineByteCount: Int { get }

  /// Writes to memory what the CPU has stored to these lines (`dc cvac`).
  func clean(address: UInt, byteCount: Int)
  /// Forgets these lines: the CPU's next load comes from memory, and what it had stored is lost
  /// (`dc ivac`).
  func invalidate(address: UInt, byteCount: Int)
  /// Writes back, then forgets (`dc civac`).
  func cleanAndInvalidate(address: UInt, byteCount: Int)

  /// Waits until all earlier accesses and operations are done, as devices see it, before any later one
  /// starts (`dsb sy`).
  func synchronize()
}
