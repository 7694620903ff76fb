import Testing
import VirtIO

@testable import VirtIOPCI

@Suite("Giving addresses")
struct AssignmentTests {
  /// Configures a machine, and expects it to be sound.
  @discardableResult
  private func configure(_ machine: FakeMachine, _ host: PCIHostBridge<FakeMachine>) -> PCIReport {
    let report = host.configure()
    let check = TopologyCheck(machine, host)
    #expect(check.violations == [])
    #expect(report.functionCount == check.functionCount)
    #expect(report.unassignedBARCount == check.unassignedCount)
    return report
  }

  @Test("each BAR gets an aligned address of its own in the host's window")
  func plain() throws {
    let function = FakeFunction(bars: [
      .memory32(0x1000), .memory32(0x10_0000), .io(32), .memory32(0x10),
    ])
    let machine = FakeMachine(root: [8: function])
    let report = configure(machine, try machine.host())
    #expect(function.address(of: 0) == 0x1000_0000)
    #expect(function.address(of: 1) == 0x1010_0000)
    #expect(function.address(of: 2) == 0x20)
    #expect(function.address(of: 3) == 0x1020_0000)
    #expect(report == PCIReport(lastBus: 0, functionCount: 1))
    #expect(function.command == 0, "nobody asked it to decode")
  }

  @Test("address 0 is not given, in memory or ports")
  func zero() throws {
    let function = FakeFunction(bars: [.memory32(0x1000), .io(8)])
    let machine = FakeMachine(root: [8: function])
    configure(
      machine,
      try machine.host(memory32: PCIWindow(pciBase: 0, cpuBase: 1 << 32, byteCount: 0x10_0000)))
    #expect(function.address(of: 0) == 0x1000 && function.address(of: 1) == 8)
  }

  @Test("64-bit prefetchable BARs go high, others low")
  func high() throws {
    let function = FakeFunction(bars: [
      .memory64(0x4000, prefetchable: true), .memory64(0x4000),
      .memory32(0x4000, prefetchable: true),
    ])
    let machine = FakeMachine(root: [8: function])
    configure(machine, try machine.host())
    #expect(function.address(of: 0) == 0x80_0000_0000)
    #expect(function.address(of: 1) == 0x1000_0000)
    #expect(function.address(of: 2) == 0x1000_4000)
  }

  @Test("without a high window they go low")
  func noHighWindow() throws {
    let function = FakeFunction(bars: [
      .memory64(0x4000, prefetchable: true), .memory32(0x4000),
    ])
    function.place(0, at: 0x1234_5678_0000)
    let machine = FakeMachine(root: [8: function])
    configure(machine, try machine.host(memory64: nil))
    #expect(function.address(of: 0) == 0x1000_0000 && function.address(of: 1) == 0x1000_4000)
  }

  @Test("on the root bus a 64-bit BAR goes high if there is no room below, prefetchable or not")
  func tooLargeForLow() throws {
    let function = FakeFunction(bars: [.memory64(1 << 32), .memory64(0x1000)])
    let machine = FakeMachine(root: [8: function])
    configure(machine, try machine.host())
    #expect(function.address(of: 0) == 0x80_0000_0000 && function.address(of: 1) == 0x1000_0000)
  }

  @Test("what finds no room is counted, and left without address")
  func exhausted() throws {
    let function = FakeFunction(bars: [
      .memory32(0x100_0000), .memory32(0x1000), .memory64(0x100_0000), .io(0x100),
    ])
    let machine = FakeMachine(root: [8: function])
    let report = configure(
      machine,
      try machine.host(
        io: nil,
        memory32: PCIWindow(pciBase: 0x1000_0000, cpuBase: 0x1000_0000, byteCount: 0x1000),
        memory64: nil))
    #expect(report.unassignedBARCount == 2, "ports do not count")
    #expect((0..<4).map { function.address(of: $0) } == [0, 0x1000_0000, 0, 0])
  }

  @Test("without any window nothing is given")
  func noWindows() throws {
    let function = FakeFunction(bars: [.memory32(0x1000), .memory64(0x1000, prefetchable: true)])
    let bridge = FakeFunction(bridgeTo: [0: FakeFunction(bars: [.memory32(0x1000)])])
    let machine = FakeMachine(root: [8: function, 16: bridge])
    let report = configure(machine, try machine.host(io: nil, memory32: nil, memory64: nil))
    #expect(report.unassignedBARCount == 3)
    #expect(bridge.memoryWindow == nil && bridge.prefetchableWindow == nil)
    #expect(bridge.ioWindow == nil)
  }

  @Test("what firmware placed stays, and is not given again")
  func kept() throws {
    let placed = FakeFunction(bars: [.memory32(0x1000), .memory64(0x4000, prefetchable: true)])
    placed.place(0, at: 0x1000_8000)
    placed.place(1, at: 0x80_0000_4000)
    placed.command = 2
    let fresh = FakeFunction(bars: [.memory32(0x1000), .memory64(0x4000, prefetchable: true)])
    // The placed one comes last: its place must be known before.
    let machine = FakeMachine(root: [8: fresh, 16: placed])
    configure(machine, try machine.host())
    #expect(placed.address(of: 0) == 0x1000_8000 && placed.address(of: 1) == 0x80_0000_4000)
    #expect(placed.command == 2)
    #expect(fresh.address(of: 0) == 0x1000_9000 && fresh.address(of: 1) == 0x80_0000_8000)
  }

  @Test("a function that does not decode was not placed", arguments: [0, 1, 4])
  func notDecoding(_ command: UInt16) throws {
    let function = FakeFunction(bars: [.memory32(0x1000)])
    function.place(0, at: 0x2000_0000)
    function.command = command
    let machine = FakeMachine(root: [8: function])
    configure(machine, try machine.host())
    #expect(function.address(of: 0) == 0x1000_0000 && function.command == command)
  }

  @Test("a function that firmware placed by half is placed anew")
  func half() throws {
    let function = FakeFunction(bars: [.memory32(0x1000), .memory32(0x1000)])
    function.place(0, at: 0x2000_0000)
    function.command = 2
    let machine = FakeMachine(root: [8: function])
    configure(machine, try machine.host())
    #expect(function.address(of: 0) == 0x1000_0000 && function.address(of: 1) == 0x1000_1000)
  }

  @Test("what was configured once and decodes is kept as it is", arguments: 0..<60)
  func twice(_ seed: UInt64) throws {
    let topology = try RandomTopology(seed: seed)
    let first = topology.host.configure()
    guard first.closedBridgeCount == 0, isComplete(topology.machine.root) else { return }
    func settings(_ functions: [UInt8: FakeFunction], _ path: String) -> [String] {
      functions.sorted { $0.key < $1.key }.flatMap { slot, function in
        function.command |= 3
        let name = path + "/\(slot >> 3).\(slot & 7)"
        let addresses = function.bars.indices.map { String(function.address(of: $0), radix: 16) }
        let windows = [function.memoryWindow, function.prefetchableWindow].map { window in
          window.map { TopologyCheck.hex($0) } ?? "-"
        }
        let own = "\(name): \(addresses) \(function.isBridge ? "\(windows)" : "")"
        return [own] + settings(function.children ?? [:], name)
      }
    }
    let before = settings(topology.machine.root, "")
    let second = topology.host.configure()
    #expect(second == first)
    #expect(settings(topology.machine.root, "") == before)
  }

  /// Whether all BARs have addresses.
  private func isComplete(_ functions: [UInt8: FakeFunction]) -> Bool {
    functions.values.allSatisfy { function in
      function.bars.indices.allSatisfy { function.address(of: $0) != 0 }
        && isComplete(function.children ?? [:])
    }
  }
}
