internal import KernelAArch64
internal import KernelDeviceTree
internal import KernelMemory
public import VirtIO
public import VirtIOPCI

/// A machine of the kind that QEMU calls `virt`, set up from its device tree.
public struct Board: ~Copyable {
  /// The board as drivers see it.
  public let platform = BoardPlatform()
  private var hosts = InlineArray<2, PCIHostBridge<MMIO>?>(repeating: nil)
  /// What the kernel was started with.
  public let arguments: BootArguments

  /// Sets the machine up: serial line, RAM, PCI. To be called once, first.
  ///
  /// Where anything is missing, it says what was looked for and what was found, and switches the
  /// machine off.
  public init() {
    let treeAddress = BootFacts.deviceTree
    guard let start = unsafe UnsafeRawPointer(bitPattern: UInt(treeAddress)) else {
      panic("no device tree: expected its address in x0")
    }
    // SAFETY: the boot code mapped 2 MiB from here on, which nobody writes.
    let bytes = unsafe Span<UInt8>(
      _unsafeStart: start.assumingMemoryBound(to: UInt8.self), count: Self.treeLimit)
    var space = AddressSpace()
    var machine = MachineDescription()
    let treeByteCount: Int
    do throws(DeviceTreeError) {
      let tree = try DeviceTree(bytes)
      treeByteCount = tree.bytes.count
      do throws(DeviceTreeError) {
        try machine.read(tree)
      } catch {
        Self.open(machine, in: &space)
        throw error
      }
      arguments = BootArguments(tree.text(of: machine.bootArguments))
    } catch {
      panic(
        """
        no usable device tree at \(hexadecimal: treeAddress): expected \(error.expectation), \
        found \(hexadecimal: error.found ?? 0) at offset \(error.offset ?? 0)
        """)
    }
    Self.open(machine, in: &space)
    do throws(AddressSpace.MappingError) {
      try Self.mapMemory(of: machine, in: &space)
      for index in 0..<machine.pciHosts.count {
        hosts[index] = try Self.host(machine.pciHosts[index], in: &space)
      }
    } catch {
      switch error {
      case .outOfRange: panic("the device tree names addresses of more than 40 bits")
      case .conflict(let address):
        panic("the device tree has RAM and devices both at \(hexadecimal: address)")
      case .noTables:
        panic("the device tree names too many ranges to map: expected at most 8 tables")
      }
    }
    Self.setAside(machine, tree: treeAddress..<treeAddress &+ UInt64(treeByteCount))
    guard machine.pciHosts.count > 0 else {
      panic("no PCI: expected a pci-host-ecam-generic node in the device tree, found none")
    }
    for index in 0..<machine.pciHosts.count { configure(index) }
  }

  /// No device tree is longer than 2 MiB.
  ///
  /// - Spec: "Booting AArch64 Linux" §2 "Setup the device tree"
  private static var treeLimit: Int { 2 << 20 }

  /// Opens the serial line and the power switch that the tree names.
  private static func open(
    _ machine: borrowing MachineDescription, in space: inout AddressSpace
  ) {
    var outlet = Outlet.lastResort
    if let uart = machine.uart, let console = Console(base: uart.registers.base),
      !overlapsMemory(uart.registers.base..<uart.registers.end, machine)
    {
      let range = uart.registers.base..<uart.registers.end
      if (try? space.map(range, as: .device)) != nil { outlet.console = console }
    }
    switch machine.psci {
    case .hvc: outlet.firmware = .hvc
    case .smc: outlet.firmware = .smc
    case nil: break
    }
    Outlet.current = outlet
  }

  private static func overlapsMemory(
    _ range: Range<UInt64>, _ machine: borrowing MachineDescription
  ) -> Bool {
    for index in 0..<machine.memory.count {
      let bank = machine.memory[index].base..<machine.memory[index].end
      if bank.overlaps(range) { return true }
    }
    return false
  }

  // MARK: Memory

  /// Maps all RAM but the image, which the boot code has mapped page by page.
  private static func mapMemory(
    of machine: borrowing MachineDescription, in space: inout AddressSpace
  ) throws(AddressSpace.MappingError) {
    let image = BootFacts.image
    for index in 0..<machine.memory.count {
      let bank = machine.memory[index].base..<machine.memory[index].end
      let below = bank.clamped(to: 0..<image.lowerBound)
      let above = bank.clamped(to: image.upperBound..<UInt64.max)
      if !below.isEmpty { try space.map(below, as: .memory) }
      if !above.isEmpty { try space.map(above, as: .memory) }
    }
  }

  /// Makes an allocator of all RAM that nothing lies in.
  private static func setAside(
    _ machine: borrowing MachineDescription, tree: Range<UInt64>
  ) {
    var banks = InlineArray<32, Range<UInt64>>(repeating: 0..<0)
    for index in 0..<machine.memory.count {
      banks[index] = machine.memory[index].base..<machine.memory[index].end
    }
    var reserved = InlineArray<34, Range<UInt64>>(repeating: 0..<0)
    reserved[0] = BootFacts.image
    reserved[1] = tree
    for index in 0..<machine.reservations.count {
      reserved[2 &+ index] = machine.reservations[index].base..<machine.reservations[index].end
    }
    guard machine.memory.droppedCount == 0, machine.reservations.droppedCount == 0 else {
      panic("the device tree names too many ranges: expected at most 32 of RAM and 32 reserved")
    }
    do {
      let allocator = try PageAllocator(
        banks: banks.span.extracting(first: machine.memory.count),
        reserved: reserved.span.extracting(first: 2 &+ machine.reservations.count))
      unsafe Pages.allocator = consume allocator
    } catch {
      panic("no room for the records of RAM: expected 16 bytes for each page in one piece")
    }
  }

  // MARK: PCI

  /// Maps a host bridge.
  private static func host(_ node: PCIHostBridgeNode, in space: inout AddressSpace)
    throws(AddressSpace.MappingError) -> PCIHostBridge<MMIO>?
  {
    guard node.isDMACoherent else {
      panic("PCI devices do not snoop the caches: expected dma-coherent, found none")
    }
    let ecam = node.configuration
    try space.map(ecam.base..<ecam.end, as: .device)
    var io: VirtIOPCI.PCIWindow?
    var memory32: VirtIOPCI.PCIWindow?
    var memory64: VirtIOPCI.PCIWindow?
    for index in 0..<node.windows.count {
      let range = node.windows[index]
      let window = VirtIOPCI.PCIWindow(
        pciBase: range.busAddress, cpuBase: range.address, byteCount: range.byteCount)
      switch range.space {
      case .io: io = io ?? window
      case .memory32: memory32 = memory32 ?? window
      case .memory64: memory64 = memory64 ?? window
      default: continue
      }
      guard range.space != .io, window != nil else { continue }
      try space.map(range.address..<range.address &+ range.byteCount, as: .device)
    }
    guard let base = UInt(exactly: ecam.base),
      let registers = RegisterWindow(MMIO(), base: base, byteCount: UInt(ecam.byteCount))
    else { return nil }
    return PCIHostBridge(
      ecam: registers, firstBus: node.firstBus, lastBus: node.lastBus, io: io, memory32: memory32,
      memory64: memory64)
  }

  /// Sets up what is behind a host bridge. Buses that there are not are not asked again.
  private mutating func configure(_ index: Int) {
    guard let host = hosts[index] else { return }
    let report = host.configure()
    hosts[index] = PCIHostBridge(
      ecam: host.ecam, firstBus: host.firstBus, lastBus: report.lastBus, io: host.io,
      memory32: host.memory32, memory64: host.memory64)
    if report.unassignedBARCount > 0 {
      printLine("PCI: no addresses left for \(report.unassignedBARCount) BARs")
    }
    if report.closedBridgeCount > 0 {
      printLine("PCI: no bus numbers left for \(report.closedBridgeCount) bridges")
    }
  }

  /// The next VirtIO device of a type, in order of PCI host, bus, device and function.
  ///
  /// - Parameter last: The one before, or nil for the first.
  public func nextDevice(ofType deviceType: UInt16, after last: FoundDevice? = nil) -> FoundDevice?
  {
    var index = last?.host ?? 0
    var address = last?.function.address
    while index < hosts.count {
      while let host = hosts[index], let next = host.nextAddress(after: address) {
        address = next
        guard let configuration = host.configuration(of: next) else { continue }
        let matches = PCITransport<MMIO>.matches(
          vendorID: configuration.read16(at: 0), deviceID: configuration.read16(at: 2),
          deviceType: deviceType)
        if matches, let function = host.function(at: next) {
          return FoundDevice(host: index, function: function)
        }
      }
      index &+= 1
      address = nil
    }
    return nil
  }

  /// A PCI function that ``nextDevice(ofType:after:)`` found.
  public struct FoundDevice {
    let host: Int
    /// The function.
    public let function: PCIFunction<MMIO>
  }
}
