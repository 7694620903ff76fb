import VirtIO

/// A PCI-to-PCI bridge: a root port, a port of a switch, or a bridge to conventional PCI.
///
/// - Spec: PCI-to-PCI Bridge 1.2 §3.2 "Configuration Space Header"
struct PCIBridge<Access: RegisterAccess> {
  let configuration: RegisterWindow<Access>

  /// Nil if the function is not a bridge.
  init?(_ configuration: RegisterWindow<Access>) {
    guard configuration.read8(at: ConfigurationOffset.headerType) & 0x7f == 1 else { return nil }
    self.configuration = configuration
  }

  /// The number of the bus behind it.
  var secondaryBus: UInt8 { configuration.read8(at: 0x19) }
  /// The highest bus number behind it.
  var subordinateBus: UInt8 { configuration.read8(at: 0x1a) }

  /// Passes nothing on, in either direction.
  func close() {
    configuration.command.subtract([.ioSpace, .memorySpace, .busMaster])
    setBuses(primary: 0, secondary: 0, subordinate: 0)
  }

  /// Says which buses lie before and behind it.
  func setBuses(primary: UInt8, secondary: UInt8, subordinate: UInt8) {
    configuration.write8(primary, at: 0x18)
    configuration.write8(secondary, at: 0x19)
    configuration.write8(subordinate, at: 0x1a)
  }

  // Each window register holds the upper bits of its first and its last address. A window whose
  // last address is before its first is closed.

  /// Memory windows are in steps of 1 MiB.
  static var memoryGranule: UInt64 { 1 << 20 }
  /// The window for ports is in steps of 4 KiB.
  static var ioGranule: UInt64 { 1 << 12 }

  /// Whether the prefetchable window takes 64-bit addresses.
  var hasPrefetchable64: Bool { configuration.read16(at: 0x24) & 0xf == 1 }

  /// The window for memory with 32-bit addresses; nil if it is closed.
  var memoryWindow: Range<UInt64>? {
    let first = UInt64(configuration.read16(at: 0x20) & 0xfff0) << 16
    let last = UInt64(configuration.read16(at: 0x22) & 0xfff0) << 16 | 0xf_ffff
    return first < last ? first..<(last &+ 1) : nil
  }

  /// The window for prefetchable memory; nil if it is closed.
  var prefetchableWindow: Range<UInt64>? {
    var first = UInt64(configuration.read16(at: 0x24) & 0xfff0) << 16
    var last = UInt64(configuration.read16(at: 0x26) & 0xfff0) << 16 | 0xf_ffff
    if hasPrefetchable64 {
      first |= UInt64(configuration.read32(at: 0x28)) << 32
      last |= UInt64(configuration.read32(at: 0x2c)) << 32
    }
    return first < last && last < .max ? first..<(last &+ 1) : nil
  }

  /// The window for ports; nil if it is closed.
  var ioWindow: Range<UInt64>? {
    let first =
      UInt64(configuration.read8(at: 0x1c) & 0xf0) << 8
      | UInt64(configuration.read16(at: 0x30)) << 16
    let last =
      UInt64(configuration.read8(at: 0x1d) & 0xf0) << 8
      | UInt64(configuration.read16(at: 0x32)) << 16 | 0xfff
    return first < last ? first..<(last &+ 1) : nil
  }

  /// Opens the window for memory with 32-bit addresses to `range`, or closes it if that is empty.
  func setMemoryWindow(_ range: Range<UInt64>) {
    let (first, last) = Self.ends(of: range, granule: Self.memoryGranule)
    configuration.write16(UInt16(truncatingIfNeeded: first >> 16), at: 0x20)
    configuration.write16(UInt16(truncatingIfNeeded: last >> 16) & 0xfff0, at: 0x22)
  }

  /// Opens the window for prefetchable memory to `range`, or closes it if that is empty.
  func setPrefetchableWindow(_ range: Range<UInt64>) {
    let (first, last) = Self.ends(of: range, granule: Self.memoryGranule)
    configuration.write16(UInt16(truncatingIfNeeded: first >> 16), at: 0x24)
    configuration.write16(UInt16(truncatingIfNeeded: last >> 16) & 0xfff0, at: 0x26)
    guard hasPrefetchable64 else { return }
    configuration.write32(UInt32(truncatingIfNeeded: first >> 32), at: 0x28)
    configuration.write32(UInt32(truncatingIfNeeded: last >> 32), at: 0x2c)
  }

  /// Opens the window for ports to `range`, or closes it if that is empty.
  func setIOWindow(_ range: Range<UInt64>) {
    let (first, last) = Self.ends(of: range, granule: Self.ioGranule)
    configuration.write8(UInt8(truncatingIfNeeded: first >> 8), at: 0x1c)
    configuration.write8(UInt8(truncatingIfNeeded: last >> 8) & 0xf0, at: 0x1d)
    configuration.write16(UInt16(truncatingIfNeeded: first >> 16), at: 0x30)
    configuration.write16(UInt16(truncatingIfNeeded: last >> 16), at: 0x32)
  }

  private static func ends(of range: Range<UInt64>, granule: UInt64) -> (UInt64, UInt64) {
    range.isEmpty ? (granule, 0) : (range.lowerBound, range.upperBound &- 1)
  }
}
