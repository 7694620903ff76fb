import Testing
import VirtIO
import VirtIOTestDoubles

@testable import VirtIOPCI

/// Headers, BARs and buses that lie, by the ids of the catalogue of hostile devices. What makes no sense is
/// ignored, or the function is refused with a named error.
@Suite("Hostile functions")
struct HostileFunctionTests {
  private static let slot = PCIAddress(bus: 0, device: 2, function: 0)

  /// The only function of a machine, as the enumeration describes it.
  private func find(_ function: FakeFunction) throws -> PCIFunction<FakeMachine> {
    let machine = FakeMachine(root: [0x10: function])
    return try #require(try machine.host().function(at: Self.slot))
  }

  private func refusal(_ function: PCIFunction<FakeMachine>) -> PCIError? {
    do throws(PCIError) {
      _ = try PCITransport(function, deviceType: 16)
      return nil
    } catch {
      return error
    }
  }

  // MARK: Headers

  @Test("P04: a function that answers for eight is looked at eight times, and no more")
  func ghosts() throws {
    let ghost = FakeFunction(isMultiFunction: true)
    ghost.answersForAllFunctions = true
    let host = try FakeMachine(root: [0x08: ghost, 0x10: FakeFunction()]).host(lastBus: 0)
    var found: [String] = []
    var address = host.nextAddress(after: nil)
    while let next = address {
      found.append("\(next.device).\(next.function)")
      address = host.nextAddress(after: next)
    }
    #expect(found == (0..<8).map { "1.\($0)" } + ["2.0"])
    #expect(host.configure().functionCount == 9)
  }

  @Test("P04: a GPU with a header of another type is refused", arguments: [1, 2, 0x7f, 0x81, 0xff])
  func headerType(_ type: UInt8) throws {
    let rig = PCITransportRig()
    rig.addStructures()
    rig.function.set8(type, at: 0x0e)
    rig.machine.isLogging = true
    #expect(try rig.refusal() == .wrongDevice(vendorID: 0x1af4, deviceID: 0x1050))
    #expect(rig.machine.log.allSatisfy { $0.written == nil } && rig.registers.accesses.isEmpty)
  }

  @Test("P37: bits of the command register that do not stay are an error", arguments: [0, 2, 4])
  func command(_ kept: UInt32) throws {
    let rig = PCITransportRig()
    rig.addStructures()
    rig.function.allow(kept, at: 4, width: 2)
    #expect(try rig.refusal() == .commandIgnored(found: UInt16(kept)))
    #expect(rig.registers.accesses.isEmpty)
    let text = text(of: PCIError.commandIgnored(found: 2))
    #expect(
      text == "the command register does not keep 0x6: found 0x2")
  }

  @Test("P01: a function that reads as ones is absent, whether from the start or later")
  func gone() throws {
    let function = FakeFunction(bars: [.memory32(0x1000)])
    function.place(0, at: 0x1000_0000)
    let machine = FakeMachine(root: [0x10: function])
    let host = try machine.host()
    let found = try #require(host.function(at: Self.slot))
    machine.root = [:]
    #expect(refusal(found) == .wrongDevice(vendorID: 0xffff, deviceID: 0xffff))
    #expect(host.nextAddress(after: nil) == nil)
    #expect(host.configure().functionCount == 0)
    let again = host.function(at: Self.slot)?.vendorID
    #expect(again == nil)
  }

  // MARK: BARs

  @Test("P17: a BAR of which no address bit can be set is none", arguments: [0, 8, 4, 0xc, 1])
  func noSize(_ flags: UInt32) throws {
    let function = FakeFunction()
    function.set32(flags, at: 0x10)
    let found = try find(function)
    #expect(found.bars.indices.allSatisfy { found.bars[$0] == nil })
    let machine = FakeMachine(root: [0x10: function])
    #expect(try machine.host().configure().unassignedBARCount == 0)
    let sizing = BARSizing(try #require(try machine.host().configuration(of: Self.slot)))
    sizing.forEach { index, bar in Issue.record("\(index): \(bar)") }
    sizing.finish()
    #expect(function.read32(at: 0x10) == flags && function.read32(at: 0x14) == 0)
  }

  @Test("P18: structures in a BAR of ports are not usable, and no port is touched")
  func ports() throws {
    let function = FakeFunction(bars: [.io(0x1_0000 >> 4)])
    function.place(0, at: 0x1000)
    function.addVirtIO(1, bar: 0, offset: 0, byteCount: 0x38)
    function.addVirtIO(2, bar: 0, offset: 0x100, byteCount: 0x10, multiplier: 4)
    guard case .structureMissing(kind: .common, let rejected) = refusal(try find(function)) else {
      Issue.record("it was taken")
      return
    }
    #expect(rejected?.bar == 0 && rejected?.kind == .notification)
  }

  @Test(
    "P22: a BAR that firmware has placed over RAM, configuration space or a serial port is placed anew"
  )
  func outsideTheWindows() throws {
    for address: UInt64 in [
      0x4000_0000, 0x0900_0000, UInt64(FakeMachine.ecamBase), 0x1000_0000 - 0x1000,
    ] {
      let function = FakeFunction(bars: [.memory64(0x1000)])
      function.place(0, at: address)
      function.command = 2
      let host = try FakeMachine(root: [0x10: function]).host()
      _ = host.configure()
      let found = try #require(host.function(at: Self.slot))
      #expect(function.address(of: 0) != address)
      #expect(found.bars[0] != nil)
    }
  }

  @Test("P22: of two BARs at one address, or that overlap, the second is placed anew")
  func overlapping() throws {
    for (first, second) in [(0x0, 0x0), (0x0, 0x1000), (0x1000, 0x0)] as [(UInt64, UInt64)] {
      let base: UInt64 = 0x1000_4000
      let one = FakeFunction(bars: [.memory32(0x2000)])
      let other = FakeFunction(bars: [.memory32(0x1000)])
      one.place(0, at: base + first * 2)
      other.place(0, at: base + first * 2 + second)
      one.command = 2
      other.command = 2
      let host = try FakeMachine(root: [0x10: one, 0x18: other]).host()
      _ = host.configure()
      #expect(one.address(of: 0) == base + first * 2)
      let (start, end) = (one.address(of: 0), one.address(of: 0) + 0x2000)
      #expect(other.address(of: 0) >= end || other.address(of: 0) + 0x1000 <= start)
      #expect(other.address(of: 0) != 0)
    }
  }

  @Test("P21: an address that is no multiple of the size, or whose end wraps, is none")
  func address() throws {
    // Bit 11 cannot be cleared, and yet the mask says that it is no address bit.
    let crooked = FakeFunction(bars: [.memory32(0x1000)])
    crooked.place(0, at: 0x1000_0000)
    crooked.set32(0x1000_0800, at: 0x10)
    let machine = CrookedMachine(FakeMachine(root: [0x10: crooked]), hiding: 0x800, at: 0x10)
    let ecam = try #require(
      RegisterWindow(machine, base: FakeMachine.ecamBase, byteCount: 1 << 20))
    let host = PCIHostBridge(
      ecam: ecam, firstBus: 0, lastBus: 0, io: nil, memory32: FakeMachine.memory32, memory64: nil)
    let function = try #require(host.function(at: Self.slot))
    #expect(function.bars[0] == nil)
    for (order, address) in [(40, UInt64.max << 40), (63, 1 << 63), (14, .max << 14)]
      as [(UInt64, UInt64)]
    {
      let high = FakeFunction(bars: [.memory64(1 << order)])
      high.place(0, at: address)
      high.command = 2
      let found = try find(high)
      #expect(found.bars[0] == nil)
      // It is no reason to lose the others.
      let other = FakeFunction(bars: [.memory32(0x1000)])
      let report = try FakeMachine(root: [0x10: high, 0x18: other]).host().configure()
      #expect(report.functionCount == 2 && other.address(of: 0) != 0)
    }
  }

  @Test("P23: a BAR that does not take back its value after sizing, or no address, is not used")
  func stubborn() throws {
    // After it was sized it is somewhere else, whatever is written.
    let fickle = FakeFunction(bars: [.memory32(0x1000)])
    fickle.place(0, at: 0x1000_0000)
    fickle.command = 2
    let machine = FickleMachine(FakeMachine(root: [0x10: fickle]))
    let ecam = try #require(
      RegisterWindow(machine, base: FakeMachine.ecamBase, byteCount: 1 << 20))
    let host = PCIHostBridge(
      ecam: ecam, firstBus: 0, lastBus: 0, io: FakeMachine.io, memory32: FakeMachine.memory32,
      memory64: FakeMachine.memory64)
    for _ in 0..<2 {
      let function = try #require(host.function(at: Self.slot))
      #expect(function.bars.indices.allSatisfy { function.bars[$0] == nil })
      #expect(refusal(function) == .legacyDevice)
    }
    #expect(host.configure().functionCount == 1)
    // An address that is ignored is read back as it is: none.
    let deaf = FakeFunction(bars: [.memory32(0x1000)])
    let fixed = FakeMachine(root: [0x10: deaf])
    _ = try fixed.host().configure()
    deaf.set32(0, at: 0x10)
    deaf.allow(0, at: 0x10, width: 4)
    let found = try #require(try fixed.host().function(at: Self.slot))
    #expect(found.bars[0] == nil)
  }

  private func refusal<Access: RegisterAccess & Sendable>(_ function: PCIFunction<Access>)
    -> PCIError?
  {
    do throws(PCIError) {
      _ = try PCITransport(function, deviceType: 16)
      return nil
    } catch {
      return error
    }
  }

  // MARK: Buses

  @Test("P05: bus numbers that lead back, overlap or end before they begin are given anew")
  func buses() throws {
    for numbers in [(5, 3, 9), (5, 5, 9), (5, 6, 4), (5, 6, 5), (0, 1, 2), (9, 255, 0)]
      as [(UInt8, UInt8, UInt8)]
    {
      let inner = FakeFunction(bridgeTo: [0: FakeFunction(bars: [.memory32(0x1000)])])
      let outer = FakeFunction(bridgeTo: [0: inner])
      let other = FakeFunction(bridgeTo: [0: FakeFunction()])
      outer.setBuses(numbers.0, numbers.1, numbers.2)
      // Its own bus, or one above it.
      inner.setBuses(numbers.1, numbers.0, numbers.2)
      other.setBuses(5, 6, 8)
      let machine = FakeMachine(firstBus: 5, root: [8: outer, 16: other])
      let report = try machine.host(lastBus: 20).configure()
      #expect(report.functionCount == 5 && report.closedBridgeCount == 0, "\(numbers)")
      let all = [outer, inner, other].map(\.secondaryBus)
      #expect(Set(all).count == 3 && all.allSatisfy { $0 > 5 }, "\(numbers): \(all)")
      #expect(machine.conflictCount == 0)
    }
  }

  @Test("P06: an ECAM window that is short, unaligned, empty or wraps holds what it holds")
  func shortWindow() throws {
    let machine = FakeMachine(root: [0: FakeFunction(), 8: FakeFunction()])
    for byteCount: UInt in [1, 4095, 4096, 0x8000, 0x8fff, 0x9000, 1 << 20, 0x10_0001] {
      let ecam = try #require(
        RegisterWindow(machine, base: FakeMachine.ecamBase, byteCount: byteCount))
      let host = PCIHostBridge(
        ecam: ecam, firstBus: 0, lastBus: 255, io: nil, memory32: FakeMachine.memory32,
        memory64: nil)
      let count = host.configure().functionCount
      #expect(count == (byteCount < 4096 ? 0 : byteCount < 0x9000 ? 1 : 2), "\(byteCount)")
      #expect(host.configuration(of: PCIAddress(bus: 1, device: 0, function: 0)) == nil)
    }
    #expect(RegisterWindow(machine, base: FakeMachine.ecamBase, byteCount: 0) == nil)
    #expect(RegisterWindow(machine, base: .max - 0xfff, byteCount: 0x1001) == nil)
    // Shifted by less than a function: nothing sensible is there, and nothing goes wrong.
    let shifted = try #require(
      RegisterWindow(machine, base: FakeMachine.ecamBase + 0x800, byteCount: 1 << 20))
    let host = PCIHostBridge(
      ecam: shifted, firstBus: 0, lastBus: 0, io: nil, memory32: nil, memory64: nil)
    #expect(host.configure().functionCount == 0)
  }

  @Test("P36: 2,304 functions that all say they are a GPU: each is looked at once")
  func crowd() throws {
    let crowd = FakeFunction(isMultiFunction: true)
    let slots = Dictionary(uniqueKeysWithValues: (0...255).map { (UInt8($0), crowd) })
    let bridges = (0..<8).map { _ in FakeFunction(bridgeTo: slots, isMultiFunction: true) }
    var root = slots
    for (index, bridge) in bridges.enumerated() { root[UInt8(8 * index)] = bridge }
    let machine = FakeMachine(root: root)
    let host = try machine.host(lastBus: 10)
    let report = host.configure()
    #expect(report.functionCount == 2304 && report.lastBus == 8)
    var count = 0
    var address = host.nextAddress(after: nil)
    while let next = address, count < 10_000 {
      count += 1
      address = host.nextAddress(after: next)
    }
    #expect(count == 2304)
  }

  // MARK: Reads that differ

  @Test("P40: each field of a capability and of a BAR is read once")
  func readOnce() throws {
    let rig = PCITransportRig()
    let first = rig.function.addVirtIO(1, offset: 0, byteCount: 0x38)
    rig.function.addVirtIO(3, offset: 0x1000, byteCount: 1)
    rig.function.addVirtIO(4, offset: 0x2000, byteCount: 0x1000)
    rig.function.addVirtIO(2, offset: 0x3000, byteCount: 0x1000, multiplier: 4)
    rig.function.addCapability(
      [24, 8, 4, 1, 0, 0, 0x10, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    let description = try rig.describe()
    rig.machine.isLogging = true
    _ = try VirtIOStructures(of: description)
    let reads = rig.machine.log.filter { $0.offset >= first }.map(\.offset)
    #expect(Set(reads).count == reads.count && !reads.isEmpty)
    let bars = FakeFunction(bars: [.memory64(0x4000), .memory32(0x1000), .io(16)])
    bars.place(0, at: 0x80_0000_0000)
    let machine = FakeMachine(root: [0x10: bars])
    machine.isLogging = true
    _ = try machine.host().function(at: Self.slot)
    for offset in stride(from: 0x10, to: 0x28, by: 4) {
      // Its value; the mask; its value again, which must be the same.
      let accesses = machine.log.filter { $0.offset == offset }
      #expect(accesses.map { $0.written != nil } == [false, true, false, true, false])
    }
  }

  @Test("P40: of a configuration space that reads as something else each time, nothing goes wrong")
  func restless() throws {
    var usable = 0
    for seed in 0..<2000 as Range<UInt64> {
      let machine = RestlessMachine(seed: seed)
      let ecam = try #require(
        RegisterWindow(machine, base: FakeMachine.ecamBase, byteCount: 4 << 20))
      let host = PCIHostBridge(
        ecam: ecam, firstBus: 0, lastBus: 3, io: FakeMachine.io, memory32: FakeMachine.memory32,
        memory64: FakeMachine.memory64)
      if seed < 20 { _ = host.configure() }
      guard let function = host.function(at: Self.slot) else { continue }
      for index in function.bars.indices {
        guard let bar = function.bars[index] else { continue }
        let isInside = [FakeMachine.memory32, FakeMachine.memory64].contains { window in
          guard let window else { return false }
          return bar.base >= window.cpuBase
            && UInt64(bar.base - UInt(window.cpuBase)) <= window.byteCount - UInt64(bar.byteCount)
        }
        #expect(isInside)
      }
      if let structures = try? VirtIOStructures(of: function) {
        usable += structures.common == nil ? 0 : 1
      }
      _ = refusal(function)
    }
    #expect(usable >= 0)
  }
}

/// A machine of which a register shows bits that its mask does not.
private final class CrookedMachine: RegisterAccess, @unchecked Sendable {
  private let base: FakeMachine
  private let hidden: UInt32
  private let offset: UInt
  private var isSizing = false

  init(_ base: FakeMachine, hiding hidden: UInt32, at offset: UInt) {
    self.base = base
    self.hidden = hidden
    self.offset = offset
  }

  func read8(_ address: UInt) -> UInt8 { base.read8(address) }
  func read16(_ address: UInt) -> UInt16 { base.read16(address) }
  func read32(_ address: UInt) -> UInt32 {
    let value = base.read32(address)
    guard address & 0xfff == offset else { return value }
    return isSizing ? value & ~hidden : value | hidden
  }
  func write8(_ address: UInt, _ value: UInt8) { base.write8(address, value) }
  func write16(_ address: UInt, _ value: UInt16) { base.write16(address, value) }
  func write32(_ address: UInt, _ value: UInt32) {
    if address & 0xfff == offset { isSizing = value == .max }
    base.write32(address, value)
  }
}

/// A machine whose first BAR lies elsewhere each time after it was sized.
private final class FickleMachine: RegisterAccess, @unchecked Sendable {
  private let base: FakeMachine
  private var place: UInt32 = 0x2000_0000

  init(_ base: FakeMachine) { self.base = base }

  func read8(_ address: UInt) -> UInt8 { base.read8(address) }
  func read16(_ address: UInt) -> UInt16 { base.read16(address) }
  func read32(_ address: UInt) -> UInt32 { base.read32(address) }
  func write8(_ address: UInt, _ value: UInt8) { base.write8(address, value) }
  func write16(_ address: UInt, _ value: UInt16) { base.write16(address, value) }
  func write32(_ address: UInt, _ value: UInt32) {
    guard address & 0xfff == 0x10, value != .max else { return base.write32(address, value) }
    place += 0x10_0000
    base.write32(address, place)
  }
}

/// A machine that reads as something else each time, but now and then as what a driver looks for.
private final class RestlessMachine: RegisterAccess, @unchecked Sendable {
  private var generator: SplitMix64

  init(seed: UInt64) { generator = SplitMix64(seed: seed) }

  private func next(_ address: UInt) -> UInt64 {
    let random = generator.next()
    guard random & 3 != 0 else { return random >> 8 }
    switch address & 0xfff {
    case 0: return 0x1050_1af4
    case 2: return 0x1050
    case 6: return 0x10
    case 0x0e: return 0
    case 0x34: return 0x40
    default: return random >> 8 & 0x0fff_ff09
    }
  }

  func read8(_ address: UInt) -> UInt8 { UInt8(truncatingIfNeeded: next(address)) }
  func read16(_ address: UInt) -> UInt16 { UInt16(truncatingIfNeeded: next(address)) }
  func read32(_ address: UInt) -> UInt32 { UInt32(truncatingIfNeeded: next(address)) }
  func write8(_ address: UInt, _ value: UInt8) {}
  func write16(_ address: UInt, _ value: UInt16) {}
  func write32(_ address: UInt, _ value: UInt32) {}
}
