@testable import VirtIOPCI

/// What must hold of a machine once its PCI is configured, judged from its registers alone.
struct TopologyCheck {
  /// What is wrong.
  private(set) var violations: [String] = []
  private(set) var functionCount = 0
  /// How many memory BARs have no address.
  private(set) var unassignedCount = 0
  /// How many bridges have no buses.
  private(set) var closedCount = 0
  private(set) var highestBus: UInt8

  private let host: PCIHostBridge<FakeMachine>
  private var memory: [(range: Range<UInt64>, name: String)] = []
  private var ports: [(range: Range<UInt64>, name: String)] = []

  /// The windows that a bus is behind, outermost first.
  private struct Path {
    var memory: [Range<UInt64>] = []
    var prefetchable: [Range<UInt64>] = []
    var io: [Range<UInt64>] = []
    var depth = 0
    /// Whether some bridge on the way has no window of the kind at all.
    var lacksMemory = false
    var lacksPrefetchable = false
    var lacksIO = false
  }

  init(_ machine: FakeMachine, _ host: PCIHostBridge<FakeMachine>) {
    self.host = host
    highestBus = host.firstBus
    visit(machine.root, bus: host.firstBus, upTo: host.lastBus, path: Path())
    expectDisjoint(memory)
    expectDisjoint(ports)
    if machine.conflictCount > 0 { violations.append("two bridges passed on the same bus") }
    if machine.strayCount > 0 { violations.append("an access went nowhere") }
  }

  private mutating func expect(_ condition: Bool, _ what: @autoclosure () -> String) {
    if !condition { violations.append(what()) }
  }

  private mutating func expectDisjoint(_ claims: [(range: Range<UInt64>, name: String)]) {
    let sorted = claims.sorted { $0.range.lowerBound < $1.range.lowerBound }
    for (one, two) in zip(sorted, sorted.dropFirst()) {
      expect(
        !one.range.overlaps(two.range),
        "\(one.name) \(Self.hex(one.range)) overlaps \(two.name) \(Self.hex(two.range))")
    }
  }

  static func hex(_ range: Range<UInt64>) -> String {
    String(range.lowerBound, radix: 16) + "..<" + String(range.upperBound, radix: 16)
  }

  private static func holds(_ window: PCIWindow?, _ range: Range<UInt64>) -> Bool {
    guard let window else { return false }
    return range.lowerBound >= window.pciBase
      && range.upperBound - window.pciBase <= window.byteCount
  }

  private mutating func visit(
    _ functions: [UInt8: FakeFunction], bus: UInt8, upTo last: UInt8, path: Path
  ) {
    highestBus = max(highestBus, bus)
    var claims: [(range: Range<UInt64>, name: String)] = []
    var portClaims: [(range: Range<UInt64>, name: String)] = []
    var numbers: [(range: Range<UInt64>, name: String)] = []
    for (slot, function) in functions.sorted(by: { $0.key < $1.key }) {
      guard slot & 7 == 0 || functions[slot & ~7].map({ $0.bytes[0x0e] & 0x80 != 0 }) == true else {
        continue
      }
      functionCount += 1
      let name = "\(bus):\(slot >> 3).\(slot & 7)"
      for index in function.bars.indices {
        let bar = function.bars[index].bar
        guard let range = function.range(of: index) else {
          if bar.isMemory { unassignedCount += 1 }
          continue
        }
        let what = "\(name) BAR \(function.bars[index].register)"
        expect(range.lowerBound % bar.size == 0, "\(what) is not aligned")
        check(range, of: bar, what, path: path)
        if bar.isMemory { claims.append((range, what)) } else { portClaims.append((range, what)) }
      }
      guard function.isBridge else { continue }
      if let window = function.memoryWindow { claims.append((window, "\(name) window")) }
      if let window = function.prefetchableWindow {
        claims.append((window, "\(name) prefetchable window"))
      }
      if let window = function.ioWindow { portClaims.append((window, "\(name) port window")) }
      visit(behind: function, name, bus: bus, upTo: last, path: path, numbers: &numbers)
    }
    expectDisjoint(claims)
    expectDisjoint(portClaims)
    expectDisjoint(numbers)
  }

  /// A BAR lies in the host's windows, and in those of all bridges on the way to it.
  private mutating func check(
    _ range: Range<UInt64>, of bar: FakeBAR, _ what: String, path: Path
  ) {
    let text = "\(what) at \(Self.hex(range))"
    guard bar.isMemory else {
      ports.append((range, what))
      expect(Self.holds(host.io, range), "\(text) is outside the host's ports")
      expect(
        !path.lacksIO && path.io.allSatisfy { Self.holds($0, range) },
        "\(text) is outside a bridge's ports")
      return
    }
    memory.append((range, what))
    expect(
      Self.holds(host.memory32, range) || bar.is64Bit && Self.holds(host.memory64, range),
      "\(text) is outside the host's windows")
    let isInMemory = !path.lacksMemory && path.memory.allSatisfy { Self.holds($0, range) }
    let isInPrefetchable =
      !path.lacksPrefetchable && path.prefetchable.allSatisfy { Self.holds($0, range) }
    expect(
      isInMemory || bar.isPrefetchable && isInPrefetchable, "\(text) is outside a bridge's windows")
  }

  private static func holds(_ window: Range<UInt64>, _ range: Range<UInt64>) -> Bool {
    range.lowerBound >= window.lowerBound && range.upperBound <= window.upperBound
  }

  private mutating func visit(
    behind bridge: FakeFunction, _ name: String, bus: UInt8, upTo last: UInt8, path: Path,
    numbers: inout [(range: Range<UInt64>, name: String)]
  ) {
    let secondary = bridge.secondaryBus
    let subordinate = bridge.subordinateBus
    guard secondary != 0 else {
      closedCount += 1
      expect(bridge.command & 2 == 0, "\(name) passes memory on without having buses")
      return
    }
    expect(
      secondary > bus && subordinate >= secondary && subordinate <= last,
      "\(name) has buses \(secondary) to \(subordinate) on bus \(bus) up to \(last)")
    expect(bridge.primaryBus == bus, "\(name) says that it is on bus \(bridge.primaryBus)")
    expect(
      bridge.command & 7 == 7 || bridge.memoryWindow == nil && bridge.prefetchableWindow == nil,
      "\(name) passes on only \(bridge.command)")
    guard secondary > bus, subordinate >= secondary else { return }
    numbers.append((UInt64(secondary)..<UInt64(subordinate) + 1, name))
    var path = path
    path.depth += 1
    expect(path.depth <= 16, "\(name) is open at depth \(path.depth)")
    func add(_ window: Range<UInt64>?, to list: inout [Range<UInt64>], _ lacks: inout Bool) {
      if let window { list.append(window) } else { lacks = true }
    }
    add(bridge.memoryWindow, to: &path.memory, &path.lacksMemory)
    add(bridge.prefetchableWindow, to: &path.prefetchable, &path.lacksPrefetchable)
    add(bridge.ioWindow, to: &path.io, &path.lacksIO)
    visit(bridge.children ?? [:], bus: secondary, upTo: subordinate, path: path)
  }
}
