internal import Boot

/// The registers of a device of this kernel's.
public struct Registers: Sendable {
  /// Where they start.
  public let base: UInt

  /// The registers from `base` on.
  public init(at base: UInt) {
    self.base = base
  }

  /// The 32-bit register at an offset.
  public subscript(offset: UInt) -> UInt32 {
    get { kernel_load32(base + offset) }
    nonmutating set { kernel_store32(base + offset, newValue) }
  }
}
