internal import KernelAArch64
internal import KernelDeviceTree
internal import KernelMemory
public import VirtIO
public import VirtIOPCI

/// A machine of the kind that QEMU calls `virt`, set up from its device tree.
public struct Board: ~Copyable {
  /// The board as drivers see it.
  public let platform = BoardPlatform()
  var hosts = InlineArray<2, PCIHostBridge<MMIO>?>(repeating: nil)
  /// Whether the devices behind each host snoop the caches.
  private var areCoherent = InlineArray<2, Bool>(repeating: false)
  var space: AddressSpace
  /// What the kernel was started with.
  public let arguments: BootArguments

  /// Sets the machine up: serial line, RAM, PCI. To be called once, first.
  ///
  /// Where anything is missing, it says what was looked for and what was found, and switches the
  /// machine off.
  ///
  /// - Parameter reporting: How much to say then, and whenever the kernel cannot go on.
  @inline(never)  // What it has in its frame is of no use to the kernel afterwards.
  public init(reporting: Reporting = .full) {
    unsafe Reporting.current = reporting
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
      Self.setAside(
        machine, image: BootFacts.image, tree: treeAddress..<treeAddress &+ UInt64(treeByteCount))
      for index in 0..<machine.pciHosts.count {
        hosts[index] = try Self.host(machine.pciHosts[index], in: &space)
        areCoherent[index] = machine.pciHosts[index].isDMACoherent
      }
    } catch {
      switch error {
      case .outOfRange:
        panic("the device tree names addresses below 64 KiB, or of more than 40 bits")
      case .conflict(let address):
        panic("the device tree has two uses for what is at \(hexadecimal: address)")
      case .noTables:
        panic("the device tree names too many ranges: no pages are left for tables")
      }
    }
    self.space = space
    guard machine.pciHosts.count > 0 else {
      panic("no PCI: expected a pci-host-ecam-generic node in the device tree, found none")
    }
    for index in 0..<machine.pciHosts.count { configure(index) }
  }

  /// No device tree is longer than 2 MiB.
  ///
  /// - Spec: "Booting AArch64 Linux" §2 "Setup the device tree"
  static var treeLimit: Int { 2 << 20 }

  /// Opens the serial line and the power switch that the tree names.
  private static func open(
    _ machine: borrowing MachineDescription, in space: inout AddressSpace
  ) {
    var outlet = Outlet.lastResort
    var isLastResort = true
    if let uart = machine.uart, let console = Console(base: uart.registers.base),
      !overlapsMemory(uart.registers.base..<uart.registers.end, machine)
    {
      let range = uart.registers.base..<uart.registers.end
      if (try? space.map(range, as: .device)) != nil {
        outlet.console = console
        isLastResort = Outlet.lastResortPage.overlaps(range)
      }
    }
    if overlapsMemory(Outlet.lastResortPage, machine) {
      if isLastResort { outlet.console = nil }
      isLastResort = false
    }
    switch machine.psci {
    case .hvc: outlet.firmware = .hvc
    case .smc: outlet.firmware = .smc
    case nil: break
    }
    Outlet.current = outlet
    // The line has been switched on without a fault: the last resort has served its time, unless it is
    // the line itself.
    if !isLastResort { try? space.unmap(Outlet.lastResortPage, as: .device) }
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

  /// Makes an allocator of all RAM that nothing lies in.
  @inline(never)
  static func setAside(
    _ machine: borrowing MachineDescription, image: Range<UInt64>, tree: Range<UInt64>
  ) {
    var banks = InlineArray<32, Range<UInt64>>(repeating: 0..<0)
    for index in 0..<machine.memory.count {
      banks[index] = machine.memory[index].base..<machine.memory[index].end
    }
    var reserved = InlineArray<35, Range<UInt64>>(repeating: nullPages)
    reserved[1] = image
    reserved[2] = tree
    for index in 0..<machine.reservations.count {
      reserved[3 &+ index] = machine.reservations[index].base..<machine.reservations[index].end
    }
    guard machine.memory.droppedCount == 0, machine.reservations.droppedCount == 0 else {
      panic("the device tree names too many ranges: expected at most 32 of RAM and 32 reserved")
    }
    do {
      let allocator = try PageAllocator(
        banks: banks.span.extracting(first: machine.memory.count),
        reserved: reserved.span.extracting(first: 3 &+ machine.reservations.count))
      unsafe Pages.allocator = consume allocator
    } catch {
      panic("no room for the records of RAM: expected 12 bytes for each page in one piece")
    }
  }

  // MARK: PCI

  /// Maps a host bridge.
  private static func host(_ node: PCIHostBridgeNode, in space: inout AddressSpace)
    throws(AddressSpace.MappingError) -> PCIHostBridge<MMIO>?
  {
    let ecam = node.configuration
    try mapDevice(ecam.base..<ecam.end, in: &space)
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
      try mapDevice(range.address..<range.address &+ range.byteCount, in: &space)
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
  /// - Parameters:
  ///   - deviceType: The type, as VirtIO numbers them: 16 is a GPU.
  ///   - last: The one before, or nil for the first.
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
          return FoundDevice(
            host: index, function: function, isDMACoherent: areCoherent[index])
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
    /// Whether it snoops the caches: if not, its memory comes from a ``NonCoherentBoardPlatform``.
    public let isDMACoherent: Bool

    /// Ends the kernel if the device does not snoop the caches, for images that do without the other
    /// kind of memory.
    public func requireDMACoherence() {
      if isDMACoherent { return }
      panic("PCI devices do not snoop the caches: expected dma-coherent, found none")
    }
  }
}
