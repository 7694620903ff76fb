import Testing
import VirtIO

@testable import VirtIOPCI

@Suite("BAR sizing")
struct BARSizingTests {
  /// All BARs of a function with the numbers of their registers.
  private func size(_ function: FakeFunction) throws -> [(Int, BAR)] {
    let machine = FakeMachine(root: [0: function])
    let window = try #require(
      RegisterWindow(machine, base: FakeMachine.ecamBase, byteCount: 4096))
    var found: [(Int, BAR)] = []
    let sizing = BARSizing(window)
    sizing.forEach { found.append(($0, $1)) }
    sizing.finish()
    return found
  }

  @Test("32 bits, plain and prefetchable", arguments: [4, 12, 20, 28, 31] as [UInt64])
  func memory32(_ order: UInt64) throws {
    let function = FakeFunction(bars: [
      .memory32(1 << order), .memory32(1 << order, prefetchable: true),
    ])
    function.place(1, at: 0x8000_0000)
    let found = try size(function)
    #expect(found.map(\.0) == [0, 1])
    #expect(
      found.map(\.1) == [
        BAR(
          address: 0, byteCount: 1 << order, isMemory: true, is64Bit: false, isPrefetchable: false),
        BAR(
          address: 0x8000_0000, byteCount: 1 << order, isMemory: true, is64Bit: false,
          isPrefetchable: true),
      ])
  }

  @Test("P19: 64 bits, up to sizes above 4 GiB", arguments: [14, 31, 32, 33, 40] as [UInt64])
  func memory64(_ order: UInt64) throws {
    let function = FakeFunction(bars: [
      .memory64(1 << order, prefetchable: true), .memory64(1 << order), .memory64(0x1000),
    ])
    function.place(1, at: 0x1100_0000_0000)
    let found = try size(function)
    #expect(found.map(\.0) == [0, 2, 4])
    #expect(found.map(\.1.byteCount) == [1 << order, 1 << order, 0x1000])
    #expect(found.map(\.1.address) == [0, 0x1100_0000_0000, 0])
    #expect(found.map(\.1.isPrefetchable) == [true, false, false])
    #expect(found.allSatisfy { $0.1.is64Bit && $0.1.isMemory })
  }

  @Test("ports, whether or not the upper half can be set", arguments: [false, true])
  func ports(_ fixed: Bool) throws {
    let function = FakeFunction(bars: [
      .io(4, fixedUpperHalf: fixed), .io(32, fixedUpperHalf: fixed),
      .io(0x100, fixedUpperHalf: fixed),
    ])
    function.place(1, at: 0x1040)
    let found = try size(function)
    #expect(found.map(\.1.byteCount) == [4, 32, 0x100])
    #expect(found.map(\.1.address) == [0, 0x1040, 0])
    #expect(found.allSatisfy { !$0.1.isMemory && !$0.1.is64Bit })
  }

  @Test("registers that are not there are no BARs")
  func absent() throws {
    let function = FakeFunction()
    #expect(try size(function).isEmpty)
    // Only the third is there.
    let some = FakeFunction()
    some.allow(0xffff_f000, at: 0x18, width: 4)
    #expect(try size(some).map(\.0) == [2])
  }

  @Test(
    "P20: a memory mask with holes is nonsense", arguments: [0xffff_0ff0, 0xf000_f000, 0x0000_fff0])
  func holes(_ mask: UInt32) throws {
    let function = FakeFunction()
    function.allow(mask, at: 0x10, width: 4)
    #expect(try size(function).isEmpty)
  }

  @Test("a port mask with holes is nonsense", arguments: [0xff0c, 0xf0f0, 0xfff4])
  func portHoles(_ mask: UInt32) throws {
    let function = FakeFunction()
    function.set32(1, at: 0x10)
    function.allow(mask, at: 0x10, width: 4)
    #expect(try size(function).isEmpty)
  }

  @Test("a memory register without address bits is nonsense")
  func flagsOnly() throws {
    let function = FakeFunction()
    function.set32(8, at: 0x10)
    #expect(try size(function).isEmpty)
  }

  @Test("P19: the last register cannot be the lower half of 64 bits")
  func lastRegister() throws {
    let function = FakeFunction()
    function.set32(4, at: 0x24)
    function.allow(0xffff_f000, at: 0x24, width: 4)
    // What follows is not to be taken for an upper half.
    function.set32(0x1234_5678, at: 0x28)
    function.allow(0xffff_ffff, at: 0x28, width: 4)
    #expect(try size(function).isEmpty)
    #expect(function.read32(at: 0x28) == 0x1234_5678)
  }

  @Test("P20: a 64-bit mask with holes does not make a BAR of its upper half")
  func holesIn64() throws {
    let function = FakeFunction()
    function.set32(4, at: 0x10)
    function.allow(0xff00_f000, at: 0x10, width: 4)
    function.allow(0xffff_ffff, at: 0x14, width: 4)
    #expect(try size(function).isEmpty)
  }

  @Test("a bridge has two BARs, other headers none")
  func headers() throws {
    let bridge = FakeFunction(bridgeTo: [:], bars: [.memory32(0x1000), .memory32(0x2000)])
    bridge.setBuses(1, 2, 3)
    #expect(try size(bridge).map(\.1.byteCount) == [0x1000, 0x2000])
    #expect(bridge.secondaryBus == 2)
    let cardbus = FakeFunction(headerType: 2, bars: [.memory32(0x1000)])
    #expect(try size(cardbus).isEmpty)
  }

  @Test("a function does not decode while it is sized, and is as it was afterwards")
  func restored() throws {
    let function = FakeFunction(bars: [.memory32(0x1000), .memory64(0x4000), .io(16)])
    function.place(0, at: 0x1000_0000)
    function.place(1, at: 0x80_0000_0000)
    function.place(2, at: 0x1000)
    function.command = 0x0547
    let before = function.bytes
    let machine = FakeMachine(root: [0: function])
    machine.isLogging = true
    _ = try machine.host().function(at: PCIAddress(bus: 0, device: 0, function: 0))
    #expect(function.bytes == before)
    let writes = machine.log.filter { $0.written != nil }
    #expect(writes.first == .init(bus: 0, slot: 0, offset: 4, width: 2, written: 0x0544))
    #expect(writes.last == .init(bus: 0, slot: 0, offset: 4, width: 2, written: 0x0547))
    #expect(writes.dropFirst().dropLast().allSatisfy { (0x10..<0x28).contains($0.offset) })
    #expect(
      machine.log.filter { $0.offset >= 0x10 && $0.offset < 0x28 }.allSatisfy { $0.width == 4 })
  }
}
