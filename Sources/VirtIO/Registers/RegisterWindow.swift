/// A range of device registers: a BAR, a structure inside one, or a function's configuration space.
///
/// A window is bounds-checked when it is made, by ``window(at:byteCount:)``. Reads and writes
/// inside it take offsets that the code knows (the specification's), so they are checked in debug
/// builds only.
public struct RegisterWindow<Access: RegisterAccess> {
  /// How the registers are reached.
  public let access: Access
  /// The address of the first register, as ``RegisterAccess`` takes it.
  public let base: UInt
  /// How many bytes of registers there are.
  public let byteCount: UInt

  /// A window of `byteCount` bytes from `base`, or nil if it would pass the end of the address space.
  public init?(_ access: Access, base: UInt, byteCount: UInt) {
    guard byteCount > 0, !base.addingReportingOverflow(byteCount &- 1).overflow else { return nil }
    self.access = access
    self.base = base
    self.byteCount = byteCount
  }

  /// The part of this window from `offset` on, or nil if it does not lie wholly inside.
  public func window(at offset: UInt, byteCount part: UInt) -> Self? {
    guard offset <= byteCount, part <= byteCount &- offset else { return nil }
    return Self(access, base: base &+ offset, byteCount: part)
  }

  private func address(of offset: UInt, width: UInt) -> UInt {
    assert(offset <= byteCount && byteCount - offset >= width && offset & (width - 1) == 0)
    return base &+ offset
  }

  /// Reads the 8-bit register at `offset`.
  public func read8(at offset: UInt) -> UInt8 { access.read8(address(of: offset, width: 1)) }
  /// Reads the 16-bit register at `offset`.
  public func read16(at offset: UInt) -> UInt16 { access.read16(address(of: offset, width: 2)) }
  /// Reads the 32-bit register at `offset`.
  public func read32(at offset: UInt) -> UInt32 { access.read32(address(of: offset, width: 4)) }

  /// Writes the 8-bit register at `offset`.
  public func write8(_ value: UInt8, at offset: UInt) {
    access.write8(address(of: offset, width: 1), value)
  }
  /// Writes the 16-bit register at `offset`.
  public func write16(_ value: UInt16, at offset: UInt) {
    access.write16(address(of: offset, width: 2), value)
  }
  /// Writes the 32-bit register at `offset`.
  public func write32(_ value: UInt32, at offset: UInt) {
    access.write32(address(of: offset, width: 4), value)
  }

  /// Writes a 64-bit register as two 32-bit ones, the low half first.
  ///
  /// - Spec: VirtIO 1.4 §4.1.3.1 "Driver Requirements: PCI Device Layout"
  public func write64(_ value: UInt64, at offset: UInt) {
    write32(UInt32(truncatingIfNeeded: value), at: offset)
    write32(UInt32(truncatingIfNeeded: value >> 32), at: offset &+ 4)
  }
}

extension RegisterWindow: Sendable where Access: Sendable {}
