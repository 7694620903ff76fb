import VirtIO

@testable import VirtIOPCI

/// A machine with a PCI host bridge: configuration space by ECAM, and memory behind one BAR.
///
/// Configuration accesses reach a bus only if the bridges on the way pass its number on, as they are
/// programmed at that moment.
final class FakeMachine: RegisterAccess, @unchecked Sendable {
  /// An access to configuration space that a function answered.
  struct Access: Equatable {
    let bus: UInt8
    let slot: UInt8
    let offset: Int
    let width: Int
    /// Nil if it was a read.
    let written: UInt32?
  }

  static let ecamBase: UInt = 0x40_1000_0000
  let firstBus: UInt8
  /// What is on the root bus, by device times 8 plus function.
  var root: [UInt8: FakeFunction] {
    didSet { lastRoute = nil }
  }
  /// The registers behind a BAR.
  var registers: FakeRegisters?
  var isLogging = false
  private(set) var log: [Access] = []
  /// How many accesses went nowhere at all.
  private(set) var strayCount = 0
  /// How many accesses two bridges would have passed on.
  private(set) var conflictCount = 0

  init(firstBus: UInt8 = 0, root: [UInt8: FakeFunction] = [:]) {
    self.firstBus = firstBus
    self.root = root
  }

  /// The host bridge, as firmware would describe it.
  func host(
    lastBus: UInt8 = 255, io: PCIWindow? = FakeMachine.io,
    memory32: PCIWindow? = FakeMachine.memory32, memory64: PCIWindow? = FakeMachine.memory64
  ) throws -> PCIHostBridge<FakeMachine> {
    let byteCount = (UInt(lastBus - firstBus) + 1) << 20
    guard let ecam = RegisterWindow(self, base: Self.ecamBase, byteCount: byteCount) else {
      throw NoWindow()
    }
    return PCIHostBridge(
      ecam: ecam, firstBus: firstBus, lastBus: lastBus, io: io, memory32: memory32,
      memory64: memory64)
  }

  struct NoWindow: Error {}

  static let io = PCIWindow(pciBase: 0, cpuBase: 0x3eff_0000, byteCount: 0x1_0000)
  static let memory32 = PCIWindow(
    pciBase: 0x1000_0000, cpuBase: 0x1000_0000, byteCount: 0x2eff_0000)
  static let memory64 = PCIWindow(
    pciBase: 0x80_0000_0000, cpuBase: 0x80_0000_0000, byteCount: 0x80_0000_0000)

  // MARK: Configuration space

  /// What is on the bus that was looked for last, until some bridge is programmed anew.
  private var lastRoute: (bus: UInt8, functions: [UInt8: FakeFunction])?

  /// What is on a bus, as the bridges pass it on; nothing if they do not.
  private func functions(on bus: UInt8) -> [UInt8: FakeFunction] {
    if let lastRoute, lastRoute.bus == bus { return lastRoute.functions }
    var functions = root
    var number = firstBus
    while number != bus {
      let ways = functions.values.filter {
        $0.isBridge && $0.secondaryBus != 0 && $0.secondaryBus <= bus && bus <= $0.subordinateBus
      }
      if ways.count > 1 { conflictCount += 1 }
      guard ways.count == 1, let way = ways.first, let next = way.children else { return [:] }
      functions = next
      number = way.secondaryBus
    }
    lastRoute = (bus, functions)
    return functions
  }

  /// The function that answers for `slot` of `bus`.
  private func function(bus: UInt8, slot: UInt8) -> FakeFunction? {
    let functions = functions(on: bus)
    if let found = functions[slot] { return found }
    guard let first = functions[slot & ~7], first.answersForAllFunctions else { return nil }
    return first
  }

  private func access(_ address: UInt, width: Int, written: UInt32?) -> UInt32 {
    if let registers, address >= registers.base, address - registers.base < registers.byteCount {
      let offset = Int(address - registers.base)
      guard let written else { return registers.read(at: offset, width: width) }
      registers.write(written, at: offset, width: width)
      return 0
    }
    let all = UInt32(truncatingIfNeeded: (UInt64(1) << (8 * width)) - 1)
    guard address >= Self.ecamBase, address - Self.ecamBase < 256 << 20 else {
      strayCount += 1
      return all
    }
    let place = address - Self.ecamBase
    let bus = UInt8(truncatingIfNeeded: place >> 20) &+ firstBus
    let slot = UInt8(truncatingIfNeeded: place >> 12)
    let offset = Int(place & 0xfff)
    guard let function = function(bus: bus, slot: slot) else { return all }
    if isLogging {
      log.append(Access(bus: bus, slot: slot, offset: offset, width: width, written: written))
    }
    guard let written else { return function.read(at: offset, width: width) }
    function.write(written, at: offset, width: width)
    if offset >> 2 == 6 { lastRoute = nil }
    return 0
  }

  func read8(_ address: UInt) -> UInt8 {
    UInt8(truncatingIfNeeded: access(address, width: 1, written: nil))
  }

  func read16(_ address: UInt) -> UInt16 {
    UInt16(truncatingIfNeeded: access(address, width: 2, written: nil))
  }

  func read32(_ address: UInt) -> UInt32 { access(address, width: 4, written: nil) }

  func write8(_ address: UInt, _ value: UInt8) {
    _ = access(address, width: 1, written: UInt32(value))
  }

  func write16(_ address: UInt, _ value: UInt16) {
    _ = access(address, width: 2, written: UInt32(value))
  }

  func write32(_ address: UInt, _ value: UInt32) { _ = access(address, width: 4, written: value) }
}
