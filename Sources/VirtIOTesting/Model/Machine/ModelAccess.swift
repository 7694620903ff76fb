public import VirtIO

/// The registers of a ``ModelMachine``, by their addresses on its bus.
public struct ModelAccess: RegisterAccess, Sendable {
  let machine: ModelMachine

  private func read(_ address: UInt, _ width: Int) -> UInt64 {
    machine.withCore { $0.busRead(UInt64(address), width) }
  }

  private func write(_ address: UInt, _ width: Int, _ value: UInt64) {
    machine.withCore { $0.busWrite(UInt64(address), width, value) }
  }

  /// Reads one byte.
  public func read8(_ address: UInt) -> UInt8 { UInt8(truncatingIfNeeded: read(address, 1)) }
  /// Reads two bytes.
  public func read16(_ address: UInt) -> UInt16 { UInt16(truncatingIfNeeded: read(address, 2)) }
  /// Reads four bytes.
  public func read32(_ address: UInt) -> UInt32 { UInt32(truncatingIfNeeded: read(address, 4)) }
  /// Reads eight bytes at once, which no virtio register allows.
  public func read64(_ address: UInt) -> UInt64 { read(address, 8) }
  /// Writes one byte.
  public func write8(_ address: UInt, _ value: UInt8) { write(address, 1, UInt64(value)) }
  /// Writes two bytes.
  public func write16(_ address: UInt, _ value: UInt16) { write(address, 2, UInt64(value)) }
  /// Writes four bytes.
  public func write32(_ address: UInt, _ value: UInt32) { write(address, 4, UInt64(value)) }
  /// Writes eight bytes at once, which no virtio register allows.
  public func write64(_ address: UInt, _ value: UInt64) { write(address, 8, value) }
}
