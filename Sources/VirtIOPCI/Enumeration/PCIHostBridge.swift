public import VirtIO

/// A PCI host bridge with memory-mapped configuration space (ECAM), and what lies behind it.
///
/// This room is for kernels that have no PCI of their own. ``configure()`` numbers the buses and gives
/// addresses to whatever has none; what firmware has set up is kept. Nothing here allocates: the
/// functions are visited, not collected.
public struct PCIHostBridge<Access: RegisterAccess> {
  /// Configuration space of all buses: 1 MiB each, from ``firstBus`` on.
  public let ecam: RegisterWindow<Access>
  /// The number of the root bus.
  public let firstBus: UInt8
  /// The highest bus number that may be used.
  public let lastBus: UInt8
  /// Where ports are.
  public let io: PCIWindow?
  /// Where memory with 32-bit addresses is.
  public let memory32: PCIWindow?
  /// Where memory with 64-bit addresses is.
  public let memory64: PCIWindow?

  /// A host bridge, as firmware describes it.
  ///
  /// - Parameters:
  ///   - ecam: Configuration space; at least 1 MiB for the root bus. Buses that it does not hold are
  ///     treated as absent.
  ///   - firstBus: The number of the root bus.
  ///   - lastBus: The highest number that a bus below it may have.
  ///   - io: Addresses for ports, if there are any.
  ///   - memory32: Addresses below 4 GiB for memory.
  ///   - memory64: Further addresses for memory, which only 64-bit BARs can have.
  public init(
    ecam: RegisterWindow<Access>, firstBus: UInt8, lastBus: UInt8, io: PCIWindow?,
    memory32: PCIWindow?, memory64: PCIWindow?
  ) {
    self.ecam = ecam
    self.firstBus = firstBus
    self.lastBus = max(firstBus, lastBus)
    self.io = io
    self.memory32 = memory32
    self.memory64 = memory64
  }

  /// The configuration space of a function, present or not; nil if ECAM does not reach it.
  public func configuration(of address: PCIAddress) -> RegisterWindow<Access>? {
    guard address.bus >= firstBus, address.bus <= lastBus else { return nil }
    let offset =
      UInt(address.bus &- firstBus) << 20 | UInt(address.device) << 15
      | UInt(address.function) << 12
    return ecam.window(at: offset, byteCount: 4096)
  }

  /// The function at `address` with its BARs, or nil if there is none.
  ///
  /// To learn how long the BARs are, the function is kept from decoding them for a moment: nobody may
  /// be using it.
  public func function(at address: PCIAddress) -> PCIFunction<Access>? {
    guard let configuration = presentConfiguration(of: address) else { return nil }
    var bars = FixedArray<6, RegisterWindow<Access>?>(repeating: nil)
    let sizing = BARSizing(configuration)
    sizing.forEach { index, bar in
      if bar.isMemory, bar.address != 0, let cpu = cpuAddress(of: bar) {
        bars[index] = RegisterWindow(ecam.access, base: cpu, byteCount: UInt(bar.byteCount))
      }
    }
    sizing.finish()
    return PCIFunction(address: address, configuration: configuration, bars: bars)
  }

  /// The first function after `address` in order of bus, device and function; nil after the last.
  ///
  /// - Parameter address: Nil to start with the first there is.
  public func nextAddress(after address: PCIAddress?) -> PCIAddress? {
    var bus = firstBus
    var slot = 0
    if let address {
      bus = address.bus
      slot = (Int(address.device) << 3 | Int(address.function)) &+ 1
    }
    while true {
      if let found = nextAddress(onBus: bus, fromSlot: slot) { return found }
      if bus >= lastBus { return nil }
      bus &+= 1
      slot = 0
    }
  }

  /// The first function on a bus from `slot` (device times 8 plus function) on.
  @inline(never)
  func nextAddress(onBus bus: UInt8, fromSlot slot: Int) -> PCIAddress? {
    var slot = slot
    while slot < 256 {
      let address = PCIAddress(
        bus: bus, device: UInt8(truncatingIfNeeded: slot >> 3),
        function: UInt8(slot & 7))
      if presentConfiguration(of: address) != nil {
        // Functions other than 0 are only there if function 0 says that it is not alone.
        if address.function == 0 || isMultiFunction(address) { return address }
        slot = slot | 7
      } else if address.function == 0 {
        slot = slot | 7
      }
      slot &+= 1
    }
    return nil
  }

  private func isMultiFunction(_ address: PCIAddress) -> Bool {
    let first = PCIAddress(bus: address.bus, device: address.device, function: 0)
    guard let configuration = presentConfiguration(of: first) else { return false }
    return configuration.read8(at: ConfigurationOffset.headerType) & 0x80 != 0
  }

  /// The configuration space of a function that is there.
  @inline(never)
  func presentConfiguration(of address: PCIAddress) -> RegisterWindow<Access>? {
    guard let configuration = configuration(of: address) else { return nil }
    let vendorID = configuration.read16(at: ConfigurationOffset.vendorID)
    return vendorID == 0xffff || vendorID == 0 ? nil : configuration
  }

  /// Where the CPU sees an assigned memory BAR; nil if it is in none of the bridge's windows.
  func cpuAddress(of bar: BAR) -> UInt? {
    memory32?.cpuAddress(of: bar.address, byteCount: bar.byteCount)
      ?? memory64?.cpuAddress(of: bar.address, byteCount: bar.byteCount)
  }
}

/// A range of addresses that a host bridge passes on.
public struct PCIWindow: Equatable, Sendable {
  /// The first address on the PCI side.
  public let pciBase: UInt64
  /// The first address on the CPU side.
  public let cpuBase: UInt64
  /// The length.
  public let byteCount: UInt64

  /// A window; nil if it is empty or passes the end of an address space.
  public init?(pciBase: UInt64, cpuBase: UInt64, byteCount: UInt64) {
    guard byteCount > 0, !pciBase.addingReportingOverflow(byteCount &- 1).overflow,
      !cpuBase.addingReportingOverflow(byteCount &- 1).overflow
    else { return nil }
    self.pciBase = pciBase
    self.cpuBase = cpuBase
    self.byteCount = byteCount
  }

  /// Where the CPU sees the PCI addresses; nil if they do not all lie in this window.
  func cpuAddress(of pciAddress: UInt64, byteCount part: UInt64) -> UInt? {
    guard pciAddress >= pciBase, part <= byteCount, pciAddress &- pciBase <= byteCount &- part
    else { return nil }
    return UInt(exactly: cpuBase &+ (pciAddress &- pciBase))
  }
}
