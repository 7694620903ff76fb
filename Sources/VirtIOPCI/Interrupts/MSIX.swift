import VirtIO

/// The MSI-X capability of a function, and the table that it says where to find.
///
/// - Spec: PCI Local Bus 3.0 §6.8.2 "MSI-X Capability and Table Structures"
struct MSIX<Access: RegisterAccess> {
  /// The message control register.
  private let control: RegisterWindow<Access>
  /// 16 bytes a vector.
  let table: RegisterWindow<Access>

  static var capabilityID: UInt8 { 0x11 }

  /// Nil if the capability, or the table, does not lie wholly where it says.
  init?(
    at offset: UInt8, in configuration: RegisterWindow<Access>,
    of function: borrowing PCIFunction<Access>
  ) {
    guard let capability = configuration.window(at: UInt(offset), byteCount: 12),
      let control = capability.window(at: 2, byteCount: 2)
    else { return nil }
    let place = capability.read32(at: 4)
    let bar = Int(place & 7)
    let vectorCount = UInt(control.read16(at: 0) & 0x7ff) &+ 1
    guard bar < 6,
      let table = function.bars[bar]?.window(at: UInt(place & ~7), byteCount: vectorCount &* 16)
    else { return nil }
    self.control = control
    self.table = table
  }

  /// How many entries the table has, 1 to 2048.
  var entryCount: Int { Int(table.byteCount / 16) }

  /// Bits of the message control register.
  private static var enable: UInt16 { 1 << 15 }
  private static var functionMask: UInt16 { 1 << 14 }

  /// Whether the device sends messages instead of pulling its line.
  var isEnabled: Bool { control.read16(at: 0) & Self.enable != 0 }

  /// Switches messages on, but lets none out.
  func enableMasked() {
    control.write16(control.read16(at: 0) | Self.enable | Self.functionMask, at: 0)
  }

  /// Switches messages off.
  func disable() {
    control.write16(control.read16(at: 0) & ~Self.enable, at: 0)
  }

  /// Holds back all messages, or lets them out.
  func mask(_ masked: Bool) {
    let value = control.read16(at: 0)
    control.write16(masked ? value | Self.functionMask : value & ~Self.functionMask, at: 0)
  }

  /// Sets what an entry sends, and lets it. The entry is in the table.
  func route(_ entry: Int, to message: MSIMessage) {
    let offset = UInt(entry) &* 16
    // A message must not change while it may be sent.
    let vectorControl = table.read32(at: offset &+ 12)
    table.write32(vectorControl | 1, at: offset &+ 12)
    table.write64(message.address, at: offset)
    table.write32(message.data, at: offset &+ 8)
    table.write32(vectorControl & ~1, at: offset &+ 12)
  }
}

extension MSIX: Sendable where Access: Sendable {}
