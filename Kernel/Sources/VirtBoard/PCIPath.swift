internal import KernelDeviceTree
internal import VirtIO
internal import VirtIOPCI

/// The way from a PCI function to its host bridge, for interrupts: each bridge turns pins, and some
/// speak in the name of what is behind them.
struct PCIPath {
  /// Who the function's messages seem to come from: bus times 256, device times 8 and function.
  private(set) var requester: UInt16
  /// What its interrupt pin arrives at on the root bus.
  private(set) var device: UInt8
  private(set) var function: UInt8
  private(set) var pin: UInt8

  /// The way of a function with an interrupt pin: 1 to 4, or 0 if it has none.
  ///
  /// - Returns: nil if the function is behind no bridge that there is.
  init?(from address: PCIAddress, pin: UInt8, in host: PCIHostBridge<MMIO>) {
    requester = Self.number(address)
    device = address.device
    function = address.function
    self.pin = pin
    var bus = address.bus
    while bus != host.firstBus {
      // The number of a bridge's bus is higher than that of the bus it is on: so this ends.
      guard let bridge = Self.bridge(to: bus, in: host), bridge.address.bus < bus else {
        return nil
      }
      if pin != 0 { self.pin = InterruptMap.swizzled(pin: self.pin, device: device) }
      rename(bridge.address, bus: bus, bridge.configuration)
      device = bridge.address.device
      function = bridge.address.function
      bus = bridge.address.bus
    }
  }

  private static func number(_ address: PCIAddress) -> UInt16 {
    UInt16(address.bus) << 8 | UInt16(address.device) << 3 | UInt16(address.function)
  }

  /// A bridge to conventional PCI has no requester behind it: it takes their place.
  ///
  /// - Spec: PCI Express to PCI/PCI-X Bridge 1.0 §2.3 "Assignment of Requester ID and Tag"
  private mutating func rename(
    _ bridge: PCIAddress, bus: UInt8, _ configuration: RegisterWindow<MMIO>
  ) {
    switch Self.portType(configuration) {
    case nil: requester = Self.number(bridge)
    case 7: requester = UInt16(bus) << 8
    default: break
    }
  }

  /// The type of a PCI Express port; nil if the bridge is none.
  private static func portType(_ configuration: RegisterWindow<MMIO>) -> UInt8? {
    guard configuration.read16(at: 0x06) & 1 << 4 != 0 else { return nil }
    var offset = configuration.read8(at: 0x34) & 0xfc
    // There is room for 48 capabilities; a longer list is a loop.
    for _ in 0..<48 {
      guard offset >= 0x40 else { return nil }
      let header = configuration.read16(at: UInt(offset))
      if header & 0xff == 0x10 { return configuration.read8(at: UInt(offset) &+ 2) >> 4 }
      offset = UInt8(truncatingIfNeeded: header >> 8) & 0xfc
    }
    return nil
  }

  /// The bridge with a bus right behind it.
  private static func bridge(to bus: UInt8, in host: PCIHostBridge<MMIO>)
    -> (address: PCIAddress, configuration: RegisterWindow<MMIO>)?
  {
    var last: PCIAddress?
    while let address = host.nextAddress(after: last), address.bus < bus {
      last = address
      guard let configuration = host.configuration(of: address),
        configuration.read8(at: 0x0e) & 0x7f == 1, configuration.read8(at: 0x19) == bus
      else { continue }
      return (address, configuration)
    }
    return nil
  }
}
