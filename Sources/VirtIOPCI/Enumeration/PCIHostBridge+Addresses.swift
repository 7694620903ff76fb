import VirtIO

extension PCIHostBridge {
  /// Numbers the buses and gives an address to every BAR that has none.
  ///
  /// To be called once, before any function is in use. What firmware has numbered or placed stays
  /// where it is, as long as it makes sense; everything else is placed behind it. Functions decode
  /// memory afterwards if they did before; bridges always do.
  ///
  /// - Returns: What was found. What could not be placed is counted there, and left without address.
  public func configure() -> PCIReport {
    var report = PCIReport()
    report.lastBus = numberBuses(behind: firstBus, upTo: lastBus, depth: 0, report: &report)
    var cursors = AddressCursors(
      io: AddressCursor(io, limit: 1 << 32), memory32: AddressCursor(memory32, limit: 1 << 32),
      memory64: AddressCursor(memory64))
    skipKept(on: firstBus, depth: 0, cursors: &cursors)
    let high = memory64 != nil
    assign(on: firstBus, depth: 0, high: high, cursors: &cursors, report: &report)
    return report
  }

  // MARK: What firmware has done

  /// Moves the cursors past every address in use on `bus` and behind its bridges.
  @inline(never)
  private func skipKept(on bus: UInt8, depth: Int, cursors: inout AddressCursors) {
    forEachConfiguration(on: bus) { configuration in
      if isPlaced(configuration) {
        let sizing = BARSizing(configuration)
        sizing.forEach { _, bar in cursors.skip(bar) }
        sizing.finish()
      }
      guard let bridge = PCIBridge(configuration), isOpen(bridge, depth: depth) else { return }
      if isPlaced(behind: bridge, depth: depth) {
        if let window = bridge.memoryWindow { cursors.memory32.skip(window) }
        if let window = bridge.prefetchableWindow {
          cursors.memory32.skip(window)
          cursors.memory64.skip(window)
        }
      }
      skipKept(on: bridge.secondaryBus, depth: depth &+ 1, cursors: &cursors)
    }
  }

  private func isOpen(_ bridge: PCIBridge<Access>, depth: Int) -> Bool {
    bridge.secondaryBus != 0 && depth < Self.maximumDepth
  }

  /// Whether the memory BARs of a function all have addresses, and it decodes them.
  ///
  /// Of a function without memory BARs, the BARs for ports decide.
  @inline(never)
  private func isPlaced(_ configuration: RegisterWindow<Access>) -> Bool {
    let sizing = BARSizing(configuration)
    var hasMemory = false
    var memoryIsPlaced = true
    var portsArePlaced = true
    sizing.forEach { _, bar in
      if bar.isMemory {
        hasMemory = true
        if bar.address == 0 { memoryIsPlaced = false }
      } else if bar.address == 0 {
        portsArePlaced = false
      }
    }
    sizing.finish()
    return hasMemory ? memoryIsPlaced && sizing.decodedMemory : portsArePlaced
  }

  /// Whether everything behind a bridge is placed, and inside its windows: then the bridge stays too.
  @inline(never)
  private func isPlaced(behind bridge: PCIBridge<Access>, depth: Int) -> Bool {
    let windows = (bridge.memoryWindow, bridge.prefetchableWindow)
    var isPlaced = true
    forEachConfiguration(on: bridge.secondaryBus) { configuration in
      if !self.isPlaced(configuration) { isPlaced = false }
      let sizing = BARSizing(configuration)
      sizing.forEach { _, bar in
        guard bar.isMemory else { return }
        if windows.0?.holds(bar) != true, windows.1?.holds(bar) != true { isPlaced = false }
      }
      sizing.finish()
      if let inner = PCIBridge(configuration), isOpen(inner, depth: depth &+ 1),
        !self.isPlaced(behind: inner, depth: depth &+ 1)
      {
        isPlaced = false
      }
    }
    return isPlaced
  }

  // MARK: What is left to do

  /// Places what has no address on `bus` and behind its bridges.
  ///
  /// - Parameter high: Whether 64-bit prefetchable addresses reach this bus.
  @inline(never)
  private func assign(
    on bus: UInt8, depth: Int, high: Bool, cursors: inout AddressCursors, report: inout PCIReport
  ) {
    forEachConfiguration(on: bus) { configuration in
      report.functionCount &+= 1
      if !isPlaced(configuration) {
        let isRoot = bus == firstBus
        let sizing = BARSizing(configuration)
        sizing.forEach { index, bar in
          if let address = cursors.take(bar, high: high, isRoot: isRoot) {
            sizing.assign(address, to: bar, at: index)
          } else {
            sizing.assign(0, to: bar, at: index)
            if bar.isMemory { report.unassignedBARCount &+= 1 }
          }
        }
        sizing.finish()
      }
      guard let bridge = PCIBridge(configuration), isOpen(bridge, depth: depth) else { return }
      if isPlaced(behind: bridge, depth: depth) {
        count(on: bridge.secondaryBus, depth: depth &+ 1, report: &report)
      } else {
        open(bridge, depth: depth, high: high, cursors: &cursors, report: &report)
      }
      configuration.command.formUnion([.ioSpace, .memorySpace, .busMaster])
    }
  }

  /// Places what is behind a bridge, and opens the bridge's windows to just that.
  @inline(never)
  private func open(
    _ bridge: PCIBridge<Access>, depth: Int, high: Bool, cursors: inout AddressCursors,
    report: inout PCIReport
  ) {
    let high = high && bridge.hasPrefetchable64
    cursors.align()
    let start = cursors
    assign(
      on: bridge.secondaryBus, depth: depth &+ 1, high: high, cursors: &cursors, report: &report)
    cursors.align()
    bridge.setIOWindow(start.io.next..<cursors.io.next)
    bridge.setMemoryWindow(start.memory32.next..<cursors.memory32.next)
    bridge.setPrefetchableWindow(start.memory64.next..<cursors.memory64.next)
  }

  private func count(on bus: UInt8, depth: Int, report: inout PCIReport) {
    forEachConfiguration(on: bus) { configuration in
      report.functionCount &+= 1
      if let bridge = PCIBridge(configuration), isOpen(bridge, depth: depth) {
        count(on: bridge.secondaryBus, depth: depth &+ 1, report: &report)
      }
    }
  }
}

/// The next free addresses of all three windows.
struct AddressCursors {
  var io: AddressCursor
  var memory32: AddressCursor
  var memory64: AddressCursor

  /// Finds room for a BAR.
  ///
  /// Behind a bridge, high addresses are for prefetchable memory only, for the bridge's other window
  /// has 32 bits; on the root bus, for any BAR that can have them when there is no room below.
  mutating func take(_ bar: BAR, high: Bool, isRoot: Bool) -> UInt64? {
    guard bar.isMemory else { return io.take(bar.byteCount) }
    if bar.is64Bit, bar.isPrefetchable, high, let address = memory64.take(bar.byteCount) {
      return address
    }
    if let address = memory32.take(bar.byteCount) { return address }
    return bar.is64Bit && isRoot ? memory64.take(bar.byteCount) : nil
  }

  /// Moves past a BAR that has an address.
  mutating func skip(_ bar: BAR) {
    let end = bar.address.addingReportingOverflow(bar.byteCount)
    guard !end.overflow else { return }
    let range = bar.address..<end.partialValue
    if bar.isMemory {
      memory32.skip(range)
      memory64.skip(range)
    } else {
      io.skip(range)
    }
  }

  /// Moves up to where a bridge's windows can start or end.
  mutating func align() {
    io.align(to: 1 << 12)
    memory32.align(to: 1 << 20)
    memory64.align(to: 1 << 20)
  }
}

extension Range<UInt64> {
  /// Whether a BAR lies wholly in this range.
  func holds(_ bar: BAR) -> Bool {
    bar.address >= lowerBound && bar.address < upperBound
      && bar.byteCount <= upperBound &- bar.address
  }
}

extension BARSizing {
  /// Visits each BAR with the number of its (first) register.
  func forEach(_ body: (Int, BAR) -> Void) {
    var index = 0
    while index < registerCount {
      let bar = size(of: index)
      if let bar { body(index, bar) }
      index &+= bar?.is64Bit == true ? 2 : 1
    }
  }
}
