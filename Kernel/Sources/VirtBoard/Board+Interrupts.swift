internal import KernelAArch64
internal import KernelDeviceTree
internal import KernelInterrupts
internal import VirtIO

extension Board {
  /// Sets up the interrupt controller and the timer, and takes interrupts from now on.
  ///
  /// Until then, and where this finds nothing to work with, everything polls. It says on the serial
  /// line what there is, or why there is nothing. To be called once; takes pages for the controller's
  /// tables. Each wait in it is bounded.
  ///
  /// - Returns: Whether interrupts are taken.
  @discardableResult
  public mutating func startInterrupts() -> Bool {
    guard !BoardInterrupts.isRunning else { return true }
    do throws(InterruptFailure) {
      let interrupts = try Self.describeInterrupts()
      guard let node = interrupts.controller else { throw .noController }
      guard let timer = interrupts.timer, let timerID = Self.id(timer) else { throw .noTimer }
      BoardInterrupts.start(try controller(node))
      do throws(InterruptError) {
        try BoardInterrupts.startTimer(timerID, trigger: timer.isEdge ? .edge : .level)
      } catch { throw .controller(error) }
      var line: Message = "interrupts: GIC version "
      line.write(node.version == .v2 ? "2" : "3")
      line.write(", timer ")
      line.write(UInt64(timerID.rawValue))
      printLine(line)
      readMaps(interrupts, controller: node.phandle)
      startMessages(interrupts)
      return true
    } catch {
      printLine("interrupts: none, everything polls: \(error)")
      return false
    }
  }

  /// Reads the tree again: what a kernel that polls has no use for.
  static func describeInterrupts() throws(InterruptFailure) -> InterruptDescription {
    try withTree { InterruptDescription($0) }
  }

  static func withTree<Result>(_ body: (DeviceTree) -> Result) throws(InterruptFailure) -> Result {
    // The board would not be there without a tree at its place. Its pages are reserved.
    guard let start = unsafe UnsafeRawPointer(bitPattern: UInt(BootFacts.deviceTree)) else {
      throw .noController
    }
    // SAFETY: the boot code mapped 2 MiB from here on, which nobody writes.
    let bytes = unsafe Span<UInt8>(
      _unsafeStart: start.assumingMemoryBound(to: UInt8.self), count: treeLimit)
    guard let tree = try? DeviceTree(bytes) else { throw .noController }
    return body(tree)
  }

  static func id(_ specifier: InterruptSpecifier) -> InterruptID? {
    specifier.isPrivate
      ? .privatePeripheral(specifier.number) : .sharedPeripheral(specifier.number)
  }

  // MARK: The controller

  private mutating func controller(_ node: InterruptControllerNode) throws(InterruptFailure)
    -> BoardController
  {
    guard node.registers.count >= 2 else { throw .noRegisters }
    let isV3 = node.version == .v3
    let distributor = try window(
      node.registers[0], .distributor, identifiedAt: isV3 ? 0xffe8 : 0xfe8)
    guard isV3 else {
      let cpu = try window(node.registers[1], .cpuInterface, identifiedAt: 0xfc)
      do throws(InterruptError) {
        return .v2(try GICv2(distributor: distributor, cpu: cpu))
      } catch { throw .controller(error) }
    }
    guard InterruptRegisters.exist else { throw .controller(.noProcessorInterface) }
    let processor = BoardProcessor()
    for index in 1...node.redistributorRegionCount where index < node.registers.count {
      let region = try window(node.registers[index], .redistributor, identifiedAt: 0xffe8)
      do throws(InterruptError) {
        guard
          let redistributor = try Redistributor(
            of: processor.affinity, in: region, stride: node.redistributorStride.map(UInt.init))
        else { continue }
        return .v3(
          try GICv3(
            distributor: distributor, redistributor: redistributor, processor: processor))
      } catch { throw .controller(error) }
    }
    throw .controller(.noRedistributor(affinity: processor.affinity))
  }

  /// Maps registers that the tree names, and sees whether there is anything.
  ///
  /// - Parameter offset: Where a register lies that can be read at any time, in all that may be there.
  mutating func window(
    _ range: AddressRange, _ part: InterruptError.Part, identifiedAt offset: UInt
  ) throws(InterruptFailure) -> RegisterWindow<MMIO> {
    let window = try window(range)
    // Where there is too little for that register, what the window is made for says so.
    if let register = window.window(at: offset, byteCount: 4),
      GuardedRead.read32(at: register.base) == nil
    {
      throw .nothing(part, at: range.base)
    }
    return window
  }

  /// Maps registers that the tree names.
  mutating func window(_ range: AddressRange) throws(InterruptFailure) -> RegisterWindow<MMIO> {
    do throws(AddressSpace.MappingError) {
      try mapDevice(range.base..<range.end)
    } catch { throw .notMapped(range.base) }
    guard let base = UInt(exactly: range.base), let byteCount = UInt(exactly: range.byteCount),
      let window = RegisterWindow(MMIO(), base: base, byteCount: byteCount)
    else { throw .notMapped(range.base) }
    return window
  }
}

/// Why there are no interrupts.
enum InterruptFailure: Error, Describable {
  case noController
  case noTimer
  case noRegisters
  case notMapped(UInt64)
  case nothing(InterruptError.Part, at: UInt64)
  case controller(InterruptError)

  func describe<Sink: TextSink>(to sink: inout Sink) {
    switch self {
    case .noController: sink.write("the device tree names no GIC")
    case .noTimer: sink.write("the device tree names no interrupt of the virtual timer")
    case .noRegisters: sink.write("the device tree names too few registers of the GIC")
    case .notMapped(let address):
      sink.write("the device tree has another use for what is at ")
      sink.write(hexadecimal: address)
    case .nothing(let part, let address):
      sink.write("nothing answers where the device tree has the ")
      sink.write(part.words)
      sink.write(": ")
      sink.write(hexadecimal: address)
    case .controller(let error): error.describe(to: &sink)
    }
  }
}
