/// Reads a ``MachineDescription`` in one walk over the structure block.
///
/// The properties of a node come before its children, so a node is judged when its first child or
/// its end is met: by then the properties looked for lie in `slots`.
///
/// - Spec: Devicetree 0.4 §5.4.2 "Tree structure"
struct MachineReader: ~Copyable, ~Escapable {
  /// What children inherit from a node.
  struct Bus: BitwiseCopyable {
    var offset: UInt32 = 0
    var addressCells: UInt32 = 0
    var sizeCells: UInt32 = 0
    var ranges = DeviceTreeValue.none
    var traits = Traits()
  }

  struct Traits: OptionSet, BitwiseCopyable {
    let rawValue: UInt32

    static var disabled: Self { Self(rawValue: 1) }
    static var dmaCoherent: Self { Self(rawValue: 2) }
    static var reservedMemory: Self { Self(rawValue: 4) }
  }

  let tree: DeviceTree

  /// The nodes from the root to the current one, at index 1 + depth.
  var buses = InlineArray<32, Bus> { _ in Bus() }

  /// 1 + the depth of the current node.
  var level = 0

  /// The properties of the current node.
  var slots = InlineArray<16, DeviceTreeValue>(repeating: .none)

  /// The value of `/chosen/stdout-path`.
  var standardOutput = DeviceTreeValue.none

  /// The node `/aliases`, or else the root, which has no such properties.
  var aliases: DeviceTreeNode

  /// Where the next cell is read.
  var cursor = 0

  @_lifetime(copy tree)
  init(_ tree: DeviceTree) {
    self.tree = tree
    aliases = tree.root
  }

  // Readers of the arrays are `mutating` because 6.3 copies an InlineArray to index it in `self`
  // otherwise.
  private subscript(slot: DeviceTreeSlot) -> DeviceTreeValue {
    mutating get { slots[slot.rawValue & 15] }
  }

  /// Walks the tree.
  mutating func read(into machine: inout MachineDescription) throws(DeviceTreeError) {
    var failure: DeviceTreeError?
    var isUnjudged = false
    var offset = tree.root.offset
    while true {
      let token = tree.token(at: offset)
      // Checked before, but not of a tree that somebody has changed since.
      guard token.end > offset else { throw .truncated(offset: offset) }
      offset = token.end
      if token.kind == .property {
        let place = tree.place(
          ofStringAt: tree.stringsStart &+ Int(tree.bytes.word(at: Int(token.offset) &+ 8)))
        if place < DeviceTreeSlot.count { slots[place & 15] = token.value }
        continue
      }
      if isUnjudged {
        do throws(DeviceTreeError) {
          try judge(&machine)
        } catch {
          if failure == nil { failure = error }
        }
      }
      isUnjudged = token.kind == .beginNode
      if isUnjudged {
        level &+= 1
        buses[level & 31].offset = token.offset
        slots = InlineArray(repeating: .none)
      } else {
        level &-= 1
        if level <= 0 { break }
      }
    }
    selectConsole(&machine)
    if let failure { throw failure }
  }

  /// Finds the serial port that `stdout-path` names by a path, or by an alias of one.
  ///
  /// - Spec: Devicetree 0.4 §3.3 "/aliases node", §3.6 "/chosen Node"
  private mutating func selectConsole(_ machine: inout MachineDescription) {
    var path = tree.text(of: standardOutput).prefix(until: UInt8(ascii: ":"))
    if let value = tree.property(path, of: aliases) { path = tree.text(of: value) }
    guard let console = tree.node(at: path) else { return }
    for index in 0..<machine.uarts.count where machine.uarts[index].node == console {
      machine.consoleIndex = index
    }
  }

  /// Takes from the current node what it has to say.
  private mutating func judge(_ machine: inout MachineDescription) throws(DeviceTreeError) {
    var traits = buses[(level &- 1) & 31].traits
    let isReservation = !traits.isDisjoint(with: .reservedMemory)
    traits.remove(.reservedMemory)
    if self[.status].isPresent, !words(.status, .okay) { traits.insert(.disabled) }
    if self[.dmaNoncoherent].isPresent { traits.remove(.dmaCoherent) }
    if self[.dmaCoherent].isPresent { traits.insert(.dmaCoherent) }
    let offset = buses[level & 31].offset
    if level == 2 {
      let name = tree.word(at: Int(offset) &+ 4)
      if name == .reservedMemory { traits.insert(.reservedMemory) }
      if name == .chosen {
        machine.bootArguments = self[.bootArguments]
        standardOutput = self[.standardOutput]
      }
      if name == .aliases { aliases = node }
    }
    buses[level & 31] = Bus(
      offset: offset, addressCells: cell(.addressCells, default: 2),
      sizeCells: cell(.sizeCells, default: 1), ranges: self[.ranges], traits: traits)
    if !traits.isDisjoint(with: .disabled) { return }

    if isReservation {
      try readRegisters(into: &machine.reservations)
      if self[.noMap].isPresent { try readRegisters(into: &machine.unmappedReservations) }
    } else if words(.deviceType, .memory) {
      try readRegisters(into: &machine.memory)
    } else if words(.compatible, .pl011) {
      machine.uarts.append(UARTNode(node: node, registers: try register()))
    } else if words(.compatible, .psci) {
      if words(.method, .hvc) {
        machine.psci = .hvc
      } else if words(.method, .smc) {
        machine.psci = .smc
      } else {
        throw .badValue(offset: offset)
      }
    } else if words(.compatible, .ecam) {
      try readPCIHost(&machine)
    }
  }

  private var node: DeviceTreeNode {
    mutating get {
      DeviceTreeNode(
        offset: buses[level & 31].offset, depth: UInt32(truncatingIfNeeded: level &- 1))
    }
  }

  @inline(never)
  private mutating func words(_ slot: DeviceTreeSlot, _ words: DeviceTreeWords) -> Bool {
    let value = self[slot]
    return !tree.words(in: value).isDisjoint(with: words)
  }

  private mutating func cell(_ slot: DeviceTreeSlot, default missing: UInt32) -> UInt32 {
    let value = self[slot]
    return value.isPresent ? tree.cell(at: 0, of: value) ?? 0 : missing
  }

  /// Reads the number in the next cells.
  @inline(never)
  private mutating func take(_ cells: UInt32) -> UInt64 {
    let start = cursor
    cursor &+= Int(cells) &* 4
    return tree.bytes.number(at: start, cells: Int(cells))
  }

  /// - Throws: `badCellCount` unless addresses at a level have so many cells, and sizes 1 or 2.
  @inline(never)
  private mutating func check(
    _ level: Int, _ least: UInt32 = 1, _ most: UInt32 = 2
  ) throws(DeviceTreeError) {
    var count = buses[level & 31].addressCells
    if count >= least, count <= most {
      count = buses[level & 31].sizeCells
      if count >= 1, count <= 2 { return }
    }
    throw .badCellCount(found: count, offset: buses[level & 31].offset)
  }

  /// Reads the entry of `reg` at the cursor.
  ///
  /// - Spec: Devicetree 0.4 §2.3.6 "reg"
  @inline(never)
  private mutating func takeRegister() throws(DeviceTreeError) -> AddressRange {
    try check(level &- 1)
    let base = take(buses[(level &- 1) & 31].addressCells)
    let byteCount = take(buses[(level &- 1) & 31].sizeCells)
    guard cursor <= self[.reg].end else { throw .badValue(offset: buses[level & 31].offset) }
    return AddressRange(base: try translate(base, byteCount), byteCount: byteCount)
  }

  /// Reads the first entry of `reg`.
  private mutating func register() throws(DeviceTreeError) -> AddressRange {
    cursor = self[.reg].start
    return try takeRegister()
  }

  private mutating func readRegisters(
    into list: inout BoundedList<32, AddressRange>
  ) throws(DeviceTreeError) {
    cursor = self[.reg].start
    while cursor < self[.reg].end {
      let range = try takeRegister()
      if range.byteCount > 0 { list.append(range) }
    }
  }

  /// Turns the first address of a range, as the parent of the current node states it, into one
  /// that the root uses.
  ///
  /// - Throws: `untranslatable`, `badCellCount`.
  /// - Spec: Devicetree 0.4 §2.3.8 "ranges"
  @inline(never)
  private mutating func translate(
    _ base: UInt64, _ byteCount: UInt64
  ) throws(DeviceTreeError) -> UInt64 {
    let next = cursor
    var base = base
    var level = self.level &- 1
    while true {
      let (end, overflow) = base.addingReportingOverflow(byteCount)
      let ranges = buses[level & 31].ranges
      if overflow || level > 1 && !ranges.isPresent {
        throw .untranslatable(address: base, offset: buses[level & 31].offset)
      }
      if level <= 1 { break }
      level &-= 1
      if ranges.byteCount == 0 { continue }
      try check(level)
      try check(level &+ 1)
      cursor = ranges.start
      while true {
        let start = take(buses[(level &+ 1) & 31].addressCells)
        let address = take(buses[level & 31].addressCells)
        let size = take(buses[(level &+ 1) & 31].sizeCells)
        guard cursor <= ranges.end else {
          throw .untranslatable(address: base, offset: buses[(level &+ 1) & 31].offset)
        }
        if base >= start, end &- start <= size {
          let (moved, wraps) = address.addingReportingOverflow(base &- start)
          if wraps { throw .untranslatable(address: base, offset: buses[(level &+ 1) & 31].offset) }
          base = moved
          break
        }
      }
    }
    cursor = next
    return base
  }

  /// - Spec: PCI Bus Binding to IEEE 1275 2.1 §2.2.1.1 "Numerical Representation" (`phys.hi`)
  private mutating func readPCIHost(
    _ machine: inout MachineDescription
  ) throws(DeviceTreeError) {
    var host = PCIHostBridgeNode(node)
    host.configuration = try register()
    host.isDMACoherent = !buses[level & 31].traits.isDisjoint(with: .dmaCoherent)
    host.interruptMap = self[.interruptMap]
    host.interruptMapMask = self[.interruptMapMask]

    var last: UInt32 = 255
    var first: UInt32 = 0
    let numbers = self[.busRange]
    if numbers.isPresent {
      first = tree.cell(at: 0, of: numbers) ?? 256
      last = tree.cell(at: 1, of: numbers) ?? 256
    }
    let count = host.configuration.byteCount >> 20
    // Registers are reached by aligned accesses only.
    guard first <= last, last <= 255, count > 0, host.configuration.base & 0xfff == 0 else {
      throw .badValue(offset: buses[level & 31].offset)
    }
    host.firstBus = UInt8(truncatingIfNeeded: first)
    host.lastBus = UInt8(
      truncatingIfNeeded: min(UInt64(last), UInt64(first) &+ count &- 1))

    try check(level, 3, 3)
    let ranges = self[.ranges]
    cursor = ranges.start
    while cursor < ranges.end {
      let high = UInt32(truncatingIfNeeded: take(1))
      var window = PCIWindow()
      window.space = .init(rawValue: UInt8(truncatingIfNeeded: high >> 24 & 3))
      window.isPrefetchable = high >> 30 & 1 == 1
      window.busAddress = take(2)
      window.address = take(buses[(level &- 1) & 31].addressCells)
      window.byteCount = take(buses[level & 31].sizeCells)
      guard cursor <= ranges.end,
        !window.busAddress.addingReportingOverflow(window.byteCount).overflow
      else { throw .badValue(offset: buses[level & 31].offset) }
      window.address = try translate(window.address, window.byteCount)
      if window.space != .configuration, window.byteCount > 0 { host.windows.append(window) }
    }
    machine.pciHosts.append(host)
  }
}
