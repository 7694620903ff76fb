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
    var seen = BusSet()
    skipKept(on: firstBus, depth: 0, seen: &seen, cursors: &cursors)
    let high = memory64 != nil
    var walk = AssignmentWalk(cursors: cursors, report: report)
    assign(on: firstBus, depth: 0, high: high, keeps: true, walk: &walk)
    return walk.report
  }

  // MARK: What firmware has done

  /// Moves the cursors past every address in use on `bus` and behind its bridges.
  @inline(never)
  private func skipKept(
    on bus: UInt8, depth: Int, seen: inout BusSet, cursors: inout AddressCursors
  ) {
    forEachConfiguration(on: bus) { configuration in
      if isPlaced(configuration) {
        let sizing = BARSizing(configuration)
        sizing.forEach { _, bar in cursors.skip(bar) }
        sizing.finish()
      }
      guard let bridge = PCIBridge(configuration), isPlaced(behind: bridge, depth: depth),
        let inner = self.bus(behind: bridge, depth: depth, seen: &seen)
      else { return }
      if let window = bridge.memoryWindow { cursors.memory32.skip(window) }
      if let window = bridge.ioWindow { cursors.io.skip(window) }
      if let window = bridge.prefetchableWindow {
        cursors.memory32.skip(window)
        cursors.memory64.skip(window)
      }
      skipKept(on: inner, depth: depth &+ 1, seen: &seen, cursors: &cursors)
    }
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
        // What is in none of the windows is not there for the CPU, or lies over something else.
        if bar.address == 0 || cpuAddress(of: bar) == nil { memoryIsPlaced = false }
      } else if bar.address == 0 {
        portsArePlaced = false
      }
    }
    sizing.finish()
    return hasMemory ? memoryIsPlaced && sizing.decodedMemory : portsArePlaced
  }

  /// Whether there is something with addresses behind a bridge, and all of it is placed, inside the
  /// bridge's windows: then the bridge stays as it is too.
  private func isPlaced(behind bridge: PCIBridge<Access>, depth: Int) -> Bool {
    var seen = BusSet()
    return isPlaced(behind: bridge, depth: depth, seen: &seen)
  }

  @inline(never)
  private func isPlaced(behind bridge: PCIBridge<Access>, depth: Int, seen: inout BusSet) -> Bool {
    guard let bus = bus(behind: bridge, depth: depth, seen: &seen) else { return false }
    let windows = (bridge.memoryWindow, bridge.prefetchableWindow)
    var isPlaced = true
    var isEmpty = true
    forEachConfiguration(on: bus) { configuration in
      if !self.isPlaced(configuration) { isPlaced = false }
      let sizing = BARSizing(configuration)
      sizing.forEach { _, bar in
        isEmpty = false
        guard bar.isMemory else { return }
        if windows.0?.holds(bar) != true, windows.1?.holds(bar) != true { isPlaced = false }
      }
      sizing.finish()
      if let inner = PCIBridge(configuration), inner.secondaryBus != 0 {
        isEmpty = false
        if !self.isPlaced(behind: inner, depth: depth &+ 1, seen: &seen) { isPlaced = false }
      }
    }
    return isPlaced && !isEmpty
  }

  // MARK: What is left to do

  /// Places what has no address on `bus` and behind its bridges.
  ///
  /// - Parameters:
  ///   - high: Whether 64-bit prefetchable addresses reach this bus.
  ///   - keeps: Whether what firmware has placed stays; not behind a bridge that is set up anew, whose
  ///     windows will be elsewhere.
  @inline(never)
  private func assign(
    on bus: UInt8, depth: Int, high: Bool, keeps: Bool, walk: inout AssignmentWalk
  ) {
    forEachConfiguration(on: bus) { configuration in
      walk.report.functionCount &+= 1
      if !keeps || !isPlaced(configuration) || !walk.kept.keep(configuration) {
        place(configuration, high: high, isRoot: bus == firstBus, walk: &walk)
      }
      guard let bridge = PCIBridge(configuration),
        let inner = self.bus(behind: bridge, depth: depth, seen: &walk.seen)
      else { return }
      if keeps, isPlaced(behind: bridge, depth: depth) {
        assign(on: inner, depth: depth &+ 1, high: high, keeps: true, walk: &walk)
      } else {
        open(bridge, to: inner, depth: depth, high: high, walk: &walk)
      }
      configuration.command.formUnion([.ioSpace, .memorySpace, .busMaster])
    }
  }

  /// Gives addresses to the BARs of one function; it decodes none of them if one is left without.
  private func place(
    _ configuration: RegisterWindow<Access>, high: Bool, isRoot: Bool, walk: inout AssignmentWalk
  ) {
    let sizing = BARSizing(configuration)
    var withheld: PCICommand = []
    sizing.forEach { index, bar in
      if let address = walk.cursors.take(bar, high: high, isRoot: isRoot) {
        sizing.assign(address, to: bar, at: index)
      } else {
        sizing.assign(0, to: bar, at: index)
        withheld.insert(bar.isMemory ? .memorySpace : .ioSpace)
        if bar.isMemory { walk.report.unassignedBARCount &+= 1 }
      }
    }
    sizing.finish(withholding: withheld)
  }

  /// Places what is behind a bridge, and opens the bridge's windows to just that.
  @inline(never)
  private func open(
    _ bridge: PCIBridge<Access>, to bus: UInt8, depth: Int, high: Bool,
    walk: inout AssignmentWalk
  ) {
    let high = high && bridge.hasPrefetchable64
    walk.cursors.align()
    let start = walk.cursors
    assign(on: bus, depth: depth &+ 1, high: high, keeps: false, walk: &walk)
    walk.cursors.align()
    bridge.setIOWindow(start.io.range(upTo: walk.cursors.io))
    bridge.setMemoryWindow(start.memory32.range(upTo: walk.cursors.memory32))
    bridge.setPrefetchableWindow(start.memory64.range(upTo: walk.cursors.memory64))
  }
}

/// What a walk that places BARs carries along.
struct AssignmentWalk {
  var cursors: AddressCursors
  /// What firmware has placed, so far.
  var kept = KeptRanges()
  var report: PCIReport
  var seen = BusSet()
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
      var takesTwo = false
      if let bar = size(of: index, takesTwo: &takesTwo) { body(index, bar) }
      index &+= takesTwo ? 2 : 1
    }
  }
}
