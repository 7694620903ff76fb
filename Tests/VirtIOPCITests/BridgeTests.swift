import Testing
import VirtIO

@testable import VirtIOPCI

@Suite("Bridges")
struct BridgeTests {
  @discardableResult
  private func configure(_ machine: FakeMachine, lastBus: UInt8 = 255) throws -> PCIReport {
    try configure(machine, machine.host(lastBus: lastBus))
  }

  private func configure(_ machine: FakeMachine, _ host: PCIHostBridge<FakeMachine>) -> PCIReport {
    let report = host.configure()
    let check = TopologyCheck(machine, host)
    #expect(check.violations == [])
    #expect(report.functionCount == check.functionCount)
    #expect(report.closedBridgeCount == check.closedCount)
    #expect(report.unassignedBARCount == check.unassignedCount)
    return report
  }

  private func buses(_ bridge: FakeFunction) -> [UInt8] {
    [bridge.primaryBus, bridge.secondaryBus, bridge.subordinateBus]
  }

  // MARK: Numbers

  @Test("buses are numbered depth first, and each bridge passes on what is behind it")
  func nested() throws {
    let deepest = FakeFunction(bridgeTo: [:])
    let inner = FakeFunction(bridgeTo: [8: deepest])
    let beside = FakeFunction(bridgeTo: [:])
    let outer = FakeFunction(bridgeTo: [0: inner, 16: beside])
    let sibling = FakeFunction(bridgeTo: [0: FakeFunction()])
    let report = try configure(FakeMachine(root: [8: outer, 16: sibling]))
    #expect(buses(outer) == [0, 1, 4])
    #expect(buses(inner) == [1, 2, 3])
    #expect(buses(deepest) == [2, 3, 3])
    #expect(buses(beside) == [1, 4, 4])
    #expect(buses(sibling) == [0, 5, 5])
    #expect(report == PCIReport(lastBus: 5, functionCount: 6))
  }

  @Test("the numbers start behind the root bus")
  func firstBus() throws {
    let bridge = FakeFunction(bridgeTo: [0: FakeFunction()])
    let machine = FakeMachine(firstBus: 0x20, root: [8: bridge])
    let report = try configure(machine, machine.host(lastBus: 0x2f))
    #expect(buses(bridge) == [0x20, 0x21, 0x21] && report.lastBus == 0x21)
  }

  @Test("bridges at functions other than 0 are numbered too")
  func multiFunction() throws {
    let ports = (0..<3).map { _ in
      FakeFunction(bridgeTo: [0: FakeFunction()], isMultiFunction: true)
    }
    let machine = FakeMachine(root: [8: ports[0], 10: ports[1], 15: ports[2]])
    let report = try configure(machine)
    #expect(ports.map(\.secondaryBus) == [1, 2, 3])
    #expect(report.functionCount == 6)
  }

  @Test("when there are no numbers left, a bridge stays closed and is counted")
  func exhausted() throws {
    let inner = FakeFunction(bridgeTo: [0: FakeFunction(bars: [.memory32(0x1000)])])
    let outer = FakeFunction(bridgeTo: [0: inner])
    let sibling = FakeFunction(bridgeTo: [0: FakeFunction()])
    let report = try configure(FakeMachine(root: [8: outer, 16: sibling]), lastBus: 1)
    #expect(buses(outer) == [0, 1, 1])
    #expect(inner.secondaryBus == 0 && sibling.secondaryBus == 0)
    #expect(report.closedBridgeCount == 2 && report.lastBus == 1 && report.functionCount == 3)
  }

  @Test("bridges that firmware numbered keep their numbers, and others go behind them")
  func kept() throws {
    let behind = FakeFunction(bridgeTo: [:])
    let numbered = FakeFunction(bridgeTo: [0: behind])
    numbered.setBuses(0, 4, 9)
    behind.setBuses(4, 6, 6)
    let fresh = FakeFunction(bridgeTo: [:])
    // The fresh one comes first: the numbers of the other must be known before.
    let report = try configure(FakeMachine(root: [8: fresh, 16: numbered]))
    #expect(buses(numbered) == [0, 4, 9] && buses(behind) == [4, 6, 6])
    #expect(buses(fresh) == [0, 10, 10])
    #expect(report.lastBus == 10)
  }

  @Test("behind a numbered bridge, numbers are given only from its range")
  func insideKept() throws {
    let two = FakeFunction(bridgeTo: [:])
    let one = FakeFunction(bridgeTo: [:])
    let numbered = FakeFunction(bridgeTo: [0: one, 8: two])
    numbered.setBuses(0, 3, 4)
    let report = try configure(FakeMachine(root: [8: numbered]))
    #expect(buses(numbered) == [0, 3, 4] && buses(one) == [3, 4, 4])
    #expect(two.secondaryBus == 0 && report.closedBridgeCount == 1)
  }

  @Test(
    "numbers that make no sense are given anew",
    arguments: [(0, 5, 4), (0, 0, 3), (0, 1, 255), (7, 200, 210), (0, 100, 101)])
  func nonsense(primary: UInt8, secondary: UInt8, subordinate: UInt8) throws {
    let inner = FakeFunction(bridgeTo: [0: FakeFunction(bars: [.memory32(0x1000)])])
    let bridge = FakeFunction(bridgeTo: [0: inner])
    bridge.setBuses(primary, secondary, subordinate)
    inner.setBuses(9, 1, 1)
    let report = try configure(FakeMachine(root: [8: bridge]), lastBus: 99)
    #expect(buses(bridge) == [0, 1, 2] && buses(inner) == [1, 2, 2])
    #expect(report.closedBridgeCount == 0 && report.functionCount == 3)
  }

  @Test("two bridges with the same numbers: one gets others")
  func duplicate() throws {
    let one = FakeFunction(bridgeTo: [0: FakeFunction(bars: [.memory32(0x1000)])])
    let two = FakeFunction(bridgeTo: [0: FakeFunction(bars: [.memory32(0x1000)])])
    one.setBuses(0, 1, 3)
    two.setBuses(0, 2, 3)
    let host = try FakeMachine(root: [8: one, 16: two]).host()
    let report = host.configure()
    #expect(buses(one) == [0, 1, 3] && buses(two) == [0, 4, 4])
    #expect(report.functionCount == 4 && report.unassignedBARCount == 0)
  }

  @Test("bridges nested deeper than 16 stay closed, and the walk ends")
  func deep() throws {
    var bridges: [FakeFunction] = []
    var behind: [UInt8: FakeFunction] = [0: FakeFunction(bars: [.memory32(0x1000)])]
    for _ in 0..<20 {
      let bridge = FakeFunction(bridgeTo: behind)
      bridges.insert(bridge, at: 0)
      behind = [0: bridge]
    }
    let report = try configure(FakeMachine(root: behind))
    #expect(bridges.map(\.secondaryBus) == (1...16).map { UInt8($0) } + [0, 0, 0, 0])
    #expect(report.closedBridgeCount == 1 && report.lastBus == 16 && report.functionCount == 17)
  }

  // MARK: Windows

  @Test("windows hold exactly what is behind the bridge")
  func windows() throws {
    let first = FakeFunction(bars: [
      .memory32(0x1000), .memory64(0x30_0000 - 0x10_0000, prefetchable: true), .io(0x20),
    ])
    let second = FakeFunction(bars: [.memory32(0x20_0000), .memory64(0x4000)])
    let bridge = FakeFunction(bridgeTo: [0: first, 8: second])
    let beside = FakeFunction(bridgeTo: [0: FakeFunction(bars: [.memory32(0x10)])])
    let last = FakeFunction(bars: [.memory32(0x10), .io(4)])
    try configure(FakeMachine(root: [8: bridge, 16: beside, 24: last]))
    #expect(first.address(of: 0) == 0x1000_0000)
    #expect(second.address(of: 0) == 0x1020_0000 && second.address(of: 1) == 0x1040_0000)
    #expect(bridge.memoryWindow == 0x1000_0000..<0x1050_0000)
    #expect(bridge.prefetchableWindow == 0x80_0000_0000..<0x80_0020_0000)
    #expect(first.address(of: 2) == 0x1000 && bridge.ioWindow == 0x1000..<0x2000)
    #expect(beside.memoryWindow == 0x1050_0000..<0x1060_0000)
    #expect(beside.prefetchableWindow == nil && beside.ioWindow == nil)
    #expect(last.address(of: 0) == 0x1060_0000 && last.address(of: 1) == 0x2000)
    #expect(bridge.command == 7)
  }

  @Test("windows of bridges behind bridges lie inside theirs")
  func nestedWindows() throws {
    let leaf = FakeFunction(bars: [
      .memory32(0x1000), .memory64(0x1000, prefetchable: true), .io(4),
    ])
    let inner = FakeFunction(bridgeTo: [0: leaf], bars: [.memory32(0x1000)])
    let outer = FakeFunction(bridgeTo: [0: inner, 8: FakeFunction(bars: [.memory32(0x1000)])])
    try configure(FakeMachine(root: [8: outer]))
    #expect(inner.memoryWindow == 0x1010_0000..<0x1020_0000)
    #expect(outer.memoryWindow == 0x1000_0000..<0x1030_0000)
    #expect(inner.prefetchableWindow == outer.prefetchableWindow)
    #expect(inner.ioWindow == outer.ioWindow && inner.ioWindow == 0x1000..<0x2000)
  }

  @Test("behind a bridge without 64-bit prefetchable window everything is low")
  func no64() throws {
    let leaf = FakeFunction(bars: [.memory64(0x4000, prefetchable: true)])
    let inner = FakeFunction(bridgeTo: [0: leaf])
    let outer = FakeFunction(bridgeTo: [0: inner], prefetchable64: false)
    try configure(FakeMachine(root: [8: outer]))
    #expect(leaf.address(of: 0) == 0x1000_0000)
    #expect(outer.prefetchableWindow == nil && inner.prefetchableWindow == nil)
  }

  @Test("behind a bridge, high addresses are for prefetchable memory only")
  func nothingElseHigh() throws {
    let leaf = FakeFunction(bars: [.memory64(1 << 32), .memory64(1 << 32, prefetchable: true)])
    let report = try configure(FakeMachine(root: [8: FakeFunction(bridgeTo: [0: leaf])]))
    #expect(leaf.address(of: 0) == 0 && leaf.address(of: 1) == 0x80_0000_0000)
    #expect(report.unassignedBARCount == 1)
  }

  @Test("a bridge with nothing behind it is closed, whatever its windows said at power-on")
  func empty() throws {
    let one = FakeFunction(bridgeTo: [:])
    let two = FakeFunction(bridgeTo: [0: FakeFunction()])
    for bridge in [one, two] {
      // The specification does not say what they hold then: here, all zeros, which is open.
      for offset in [0x1c, 0x20, 0x24] { bridge.write(0, at: offset, width: 4) }
    }
    try configure(FakeMachine(root: [8: one, 16: two]))
    for bridge in [one, two] {
      #expect(bridge.memoryWindow == nil && bridge.prefetchableWindow == nil)
      #expect(bridge.ioWindow == nil)
    }
  }

  @Test("windows that firmware opened for what it placed stay, and are skipped over whole")
  func keptWindows() throws {
    let placed = FakeFunction(bars: [.memory32(0x1000)])
    placed.place(0, at: 0x1020_0000)
    placed.command = 2
    let bridge = FakeFunction(bridgeTo: [0: placed])
    bridge.setBuses(0, 1, 1)
    bridge.openMemory(0x1010_0000..<0x1080_0000)
    let fresh = FakeFunction(bars: [.memory32(0x1000)])
    try configure(FakeMachine(root: [8: fresh, 16: bridge]))
    #expect(placed.address(of: 0) == 0x1020_0000)
    #expect(bridge.memoryWindow == 0x1010_0000..<0x1080_0000)
    #expect(fresh.address(of: 0) == 0x1080_0000)
  }

  @Test("a window that firmware opened for ports is skipped over whole too")
  func keptPortWindow() throws {
    let placed = FakeFunction(bars: [.io(0x20)])
    placed.place(0, at: 0x1000)
    placed.command = 1
    let bridge = FakeFunction(bridgeTo: [0: placed])
    bridge.setBuses(0, 1, 1)
    bridge.set16(0x1111, at: 0x1c)
    let fresh = FakeFunction(bars: [.io(0x20)])
    try configure(FakeMachine(root: [8: fresh, 16: bridge]))
    #expect(bridge.ioWindow == 0x1000..<0x2000 && placed.address(of: 0) == 0x1000)
    #expect(fresh.address(of: 0) >= 0x2000)
  }

  @Test("a function placed outside its bridge's window is placed anew with the window")
  func outsideWindow() throws {
    let function = FakeFunction(bars: [.memory32(0x1000)])
    function.place(0, at: 0x1020_0000)
    let bridge = FakeFunction(bridgeTo: [0: function])
    bridge.setBuses(0, 1, 1)
    bridge.openMemory(0x1010_0000..<0x1020_0000)
    try configure(FakeMachine(root: [8: bridge]))
    #expect(bridge.memoryWindow?.contains(function.address(of: 0)) == true)
  }

  @Test("a bridge that is opened anew still reaches what firmware placed behind it")
  func mixed() throws {
    let placed = FakeFunction(bars: [.memory32(0x1000)])
    placed.place(0, at: 0x1010_0000)
    placed.command = 2
    let fresh = FakeFunction(bars: [.memory32(0x1000)])
    let bridge = FakeFunction(bridgeTo: [0: placed, 8: fresh])
    bridge.setBuses(0, 1, 1)
    bridge.openMemory(0x1010_0000..<0x1020_0000)
    try configure(FakeMachine(root: [8: bridge]))
    #expect(bridge.memoryWindow?.contains(placed.address(of: 0)) == true)
    #expect(bridge.memoryWindow?.contains(fresh.address(of: 0)) == true)
  }

  @Test("bridges always decode and master, those behind a bridge that stays as it is too")
  func commands() throws {
    let placed = FakeFunction(bars: [.memory32(0x1000)])
    placed.place(0, at: 0x1010_0000)
    placed.command = 2
    let inner = FakeFunction(bridgeTo: [0: placed])
    inner.setBuses(1, 2, 2)
    inner.openMemory(0x1010_0000..<0x1020_0000)
    // Firmware needed no more than this to read its memory.
    inner.command = 2
    let outer = FakeFunction(bridgeTo: [0: inner])
    outer.setBuses(0, 1, 2)
    outer.openMemory(0x1010_0000..<0x1020_0000)
    outer.command = 2
    _ = try FakeMachine(root: [8: outer]).host().configure()
    #expect(outer.command == 7 && inner.command == 7)
    #expect(placed.address(of: 0) == 0x1010_0000)
  }

  // MARK: All at once

  @Test("1,000 random machines: nothing overlaps, all is inside its windows, buses nest")
  func random() throws {
    var assigned = 0
    for seed in 0..<1000 {
      let topology = try RandomTopology(seed: UInt64(seed))
      let report = topology.host.configure()
      let check = TopologyCheck(topology.machine, topology.host)
      assigned += check.functionCount
      guard check.violations.isEmpty, report.functionCount == check.functionCount,
        report.unassignedBARCount == check.unassignedCount,
        report.closedBridgeCount == check.closedCount, report.lastBus == check.highestBus
      else {
        Issue.record("seed \(seed): \(report), \(check.violations)")
        return
      }
    }
    #expect(assigned > 5000, "the machines are not all trivial")
  }
}
