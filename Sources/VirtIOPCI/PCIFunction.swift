public import VirtIO

/// A PCI function that somebody found: its configuration space, and its BARs as they are mapped.
///
/// ``PCIHostBridge`` makes these. A kernel with a PCI of its own makes them from what it knows: a
/// window on the 256 or 4096 bytes of the function's configuration space, and for each memory BAR a
/// window on where the CPU sees it.
public struct PCIFunction<Access: RegisterAccess> {
  /// Where the function sits.
  public let address: PCIAddress
  /// Its configuration space.
  public let configuration: RegisterWindow<Access>
  /// Its memory BARs; nil where there is none, or where it has no address.
  ///
  /// A 64-bit BAR is under the number of its lower half.
  public let bars: FixedArray<6, RegisterWindow<Access>?>

  /// A function, as somebody else found it.
  ///
  /// - Parameters:
  ///   - address: Its bus, device and function number.
  ///   - configuration: Its configuration space; at least 64 bytes.
  ///   - bars: Its memory BARs, by number.
  public init(
    address: PCIAddress, configuration: RegisterWindow<Access>,
    bars: FixedArray<6, RegisterWindow<Access>?>
  ) {
    self.address = address
    self.configuration = configuration
    self.bars = bars
  }

  /// Reads the vendor identifier.
  public var vendorID: UInt16 { configuration.read16(at: ConfigurationOffset.vendorID) }
  /// Reads the device identifier.
  public var deviceID: UInt16 { configuration.read16(at: ConfigurationOffset.deviceID) }
}

/// Registers of configuration space that this package uses.
///
/// - Spec: PCI Local Bus 3.0 §6.1 "Configuration Space Organization"
enum ConfigurationOffset {
  static var vendorID: UInt { 0x00 }
  static var deviceID: UInt { 0x02 }
  static var command: UInt { 0x04 }
  static var status: UInt { 0x06 }
  static var headerType: UInt { 0x0e }
  static var firstBAR: UInt { 0x10 }
  static var capabilitiesPointer: UInt { 0x34 }
  static var interruptPin: UInt { 0x3d }
}

/// The command register.
struct PCICommand: OptionSet, Sendable {
  let rawValue: UInt16

  static var ioSpace: Self { Self(rawValue: 1 << 0) }
  static var memorySpace: Self { Self(rawValue: 1 << 1) }
  static var busMaster: Self { Self(rawValue: 1 << 2) }
  static var interruptDisable: Self { Self(rawValue: 1 << 10) }
}

extension RegisterWindow {
  /// The command register of the function whose configuration space this is.
  var command: PCICommand {
    get { PCICommand(rawValue: read16(at: ConfigurationOffset.command)) }
    nonmutating set { write16(newValue.rawValue, at: ConfigurationOffset.command) }
  }
}
