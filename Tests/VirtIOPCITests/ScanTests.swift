import Testing
import VirtIO

@testable import VirtIOPCI

@Suite("Finding functions")
struct ScanTests {
  private func scan(_ machine: FakeMachine, lastBus: UInt8 = 255) throws -> [String] {
    let host = try machine.host(lastBus: lastBus)
    var found: [String] = []
    var address = host.nextAddress(after: nil)
    while let next = address {
      found.append("\(next.bus):\(next.device).\(next.function)")
      address = host.nextAddress(after: next)
    }
    return found
  }

  @Test("every bus, slot and function is looked at")
  func all() throws {
    let behind = FakeFunction()
    let bridge = FakeFunction(bridgeTo: [0xf8: behind])
    bridge.setBuses(0, 7, 7)
    let machine = FakeMachine(root: [
      0: FakeFunction(), 0x08: FakeFunction(isMultiFunction: true), 0x0b: FakeFunction(),
      0x0f: FakeFunction(), 0xf8: bridge,
    ])
    #expect(try scan(machine) == ["0:0.0", "0:1.0", "0:1.3", "0:1.7", "0:31.0", "7:31.0"])
  }

  @Test("functions beside a single function are not there, even if something answers")
  func singleFunction() throws {
    let alias = FakeFunction()
    alias.answersForAllFunctions = true
    let machine = FakeMachine(root: [0x08: alias, 0x10: FakeFunction(), 0x13: FakeFunction()])
    #expect(try scan(machine) == ["0:1.0", "0:2.0"])
  }

  @Test("a device without function 0 is not there")
  func noFunctionZero() throws {
    let machine = FakeMachine(root: [0x0b: FakeFunction(isMultiFunction: true)])
    #expect(try scan(machine) == [])
  }

  @Test("a vendor of all ones or all zeros is nobody", arguments: [0, 0xffff])
  func nobody(_ vendorID: UInt16) throws {
    let machine = FakeMachine(root: [0: FakeFunction(vendorID: vendorID), 8: FakeFunction()])
    #expect(try scan(machine) == ["0:1.0"])
    let found = try machine.host().function(at: PCIAddress(bus: 0, device: 0, function: 0))
    #expect(found?.vendorID == nil)
  }

  @Test("the buses of a host bridge start where firmware says")
  func firstBus() throws {
    let machine = FakeMachine(firstBus: 0x20, root: [0x10: FakeFunction()])
    #expect(try scan(machine, lastBus: 0x23) == ["32:2.0"])
    let host = try machine.host(lastBus: 0x23)
    for bus: UInt8 in [0, 0x1f, 0x24, 0xff] {
      #expect(host.configuration(of: PCIAddress(bus: bus, device: 2, function: 0)) == nil)
    }
    let last = host.configuration(of: PCIAddress(bus: 0x23, device: 31, function: 7))
    #expect(last?.base == FakeMachine.ecamBase + 0x3f_f000 && last?.byteCount == 4096)
  }

  @Test("buses that ECAM does not hold are absent")
  func shortECAM() throws {
    let machine = FakeMachine(root: [0: FakeFunction()])
    let ecam = try #require(
      RegisterWindow(machine, base: FakeMachine.ecamBase, byteCount: 1 << 20))
    let host = PCIHostBridge(
      ecam: ecam, firstBus: 0, lastBus: 255, io: nil, memory32: nil, memory64: nil)
    #expect(host.configuration(of: PCIAddress(bus: 1, device: 0, function: 0)) == nil)
    #expect(host.nextAddress(after: PCIAddress(bus: 0, device: 0, function: 0)) == nil)
  }

  @Test("a function comes with its assigned memory BARs, as the CPU sees them")
  func bars() throws {
    let function = FakeFunction(bars: [
      .memory32(0x1000), .io(16), .memory64(0x4000), .memory32(0x2000),
    ])
    function.place(0, at: 0x1234_5000)
    function.place(1, at: 0x1000)
    function.place(2, at: 0x80_0010_0000)
    let machine = FakeMachine(root: [0x10: function])
    let host = try machine.host(
      memory32: PCIWindow(pciBase: 0x1000_0000, cpuBase: 0x5000_0000, byteCount: 0x1000_0000))
    let found = try #require(host.function(at: PCIAddress(bus: 0, device: 2, function: 0)))
    #expect(found.bars[0]?.base == 0x5234_5000 && found.bars[0]?.byteCount == 0x1000)
    #expect(found.bars[1] == nil, "ports")
    #expect(found.bars[2]?.base == 0x80_0010_0000 && found.bars[2]?.byteCount == 0x4000)
    #expect(found.bars[3] == nil && found.bars[4] == nil, "upper half, and no address")
    #expect(found.vendorID == 0x1af4 && found.deviceID == 0x1050)
  }

  @Test("a BAR outside the windows of the host cannot be reached")
  func unreachable() throws {
    let function = FakeFunction(bars: [.memory32(0x1000)])
    function.place(0, at: 0xf000_0000)
    let host = try FakeMachine(root: [0: function]).host()
    let found = try #require(host.function(at: PCIAddress(bus: 0, device: 0, function: 0)))
    #expect(found.bars[0] == nil)
  }
}
