internal import CVirtIO

/// How device registers are reached: one load or store of exactly the width asked for.
///
/// On hardware this is ``MMIO``. Tests put a model of a device, or a device in another process,
/// behind the same driver.
public protocol RegisterAccess {
  /// Reads one byte.
  func read8(_ address: UInt) -> UInt8
  /// Reads two bytes; `address` is a multiple of 2.
  func read16(_ address: UInt) -> UInt16
  /// Reads four bytes; `address` is a multiple of 4.
  func read32(_ address: UInt) -> UInt32
  /// Writes one byte.
  func write8(_ address: UInt, _ value: UInt8)
  /// Writes two bytes; `address` is a multiple of 2.
  func write16(_ address: UInt, _ value: UInt16)
  /// Writes four bytes; `address` is a multiple of 4.
  func write32(_ address: UInt, _ value: UInt32)
}

/// Registers in the address space of this CPU.
///
/// Values are little-endian on the bus and in the CPU. The addresses must be mapped as device
/// memory; nothing here can check that.
public struct MMIO: RegisterAccess, Sendable {
  /// Access to the registers of this machine.
  public init() {}

  /// Reads one byte with one `ldrb`.
  public func read8(_ address: UInt) -> UInt8 { cvirtio_load8(address) }
  /// Reads two bytes with one `ldrh`.
  public func read16(_ address: UInt) -> UInt16 { cvirtio_load16(address) }
  /// Reads four bytes with one `ldr`.
  public func read32(_ address: UInt) -> UInt32 { cvirtio_load32(address) }
  /// Writes one byte with one `strb`.
  public func write8(_ address: UInt, _ value: UInt8) { cvirtio_store8(address, value) }
  /// Writes two bytes with one `strh`.
  public func write16(_ address: UInt, _ value: UInt16) { cvirtio_store16(address, value) }
  /// Writes four bytes with one `str`.
  public func write32(_ address: UInt, _ value: UInt32) { cvirtio_store32(address, value) }
}
