import VirtIO

/// A walk along the capability list of a function.
///
/// - Spec: PCI Local Bus 3.0 §6.7 "Capabilities List"
struct CapabilityList<Access: RegisterAccess> {
  private let configuration: RegisterWindow<Access>
  private var nextOffset: UInt8
  private var remaining: Int

  /// There is room for 48 capabilities of 4 bytes behind the header; a longer list is a loop.
  private static var limit: Int { 48 }

  init(of configuration: RegisterWindow<Access>) {
    self.configuration = configuration
    remaining = Self.limit
    let hasList = configuration.read16(at: ConfigurationOffset.status) & (1 << 4) != 0
    nextOffset =
      hasList ? configuration.read8(at: ConfigurationOffset.capabilitiesPointer) & 0xfc : 0
  }

  /// The next capability: its id and where it lies; nil at the end.
  mutating func next() throws(PCIError) -> (id: UInt8, offset: UInt8)? {
    if nextOffset == 0 { return nil }
    guard remaining > 0 else { throw .capabilityListLoops }
    remaining &-= 1
    let offset = nextOffset
    guard offset >= 0x40, UInt(offset) &+ 4 <= configuration.byteCount else {
      throw .capabilityOutsideConfiguration(offset: offset)
    }
    let header = configuration.read16(at: UInt(offset))
    nextOffset = UInt8(truncatingIfNeeded: header >> 8) & 0xfc
    return (UInt8(truncatingIfNeeded: header), offset)
  }
}
