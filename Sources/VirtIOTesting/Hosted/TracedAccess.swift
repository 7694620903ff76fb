public import VirtIOPCI

/// One register access that a driver made.
public struct TracedAccess: Sendable, Hashable, CustomStringConvertible {
  /// What kind of registers an address belongs to.
  public enum Space: String, Sendable, Hashable, CaseIterable {
    /// The configuration space of a function (ECAM).
    case configuration
    /// The common configuration structure.
    case common
    /// The notification structure: each write is a doorbell.
    case notification
    /// The ISR status.
    case interruptStatus
    /// The device configuration.
    case device
    /// The table of MSI-X vectors.
    case messageTable
    /// The control registers of a device without PCI, all but `QueueNotify`.
    case memoryMapped
    /// Anything else.
    case other
  }

  /// The address that the access went to.
  public let address: UInt
  /// How many bytes it took: 1, 2 or 4.
  public let width: Int
  /// Whether it was a write.
  public let isWrite: Bool
  /// What was read or written.
  public let value: UInt64
  /// What kind of registers it belongs to.
  public let space: Space
  /// How far into them: the offset that the specification gives the register.
  public let offset: UInt
  /// Whose registers they are; nil for a device without PCI, and for ``Space/other``.
  public let function: PCIAddress?

  /// Whether it went to a BAR or to a device without PCI: so, on a virtual machine, to the device.
  public var isInBAR: Bool { space != .configuration && space != .other }

  /// The access in short, such as `write8 common 0x14 = 0x3`.
  public var description: String {
    let place = String(offset, radix: 16)
    return "\(isWrite ? "write" : "read")\(8 * width) \(space.rawValue) 0x\(place) "
      + "= 0x\(String(value, radix: 16))"
  }
}
