import VirtIOTestDoubles

@testable import VirtIOPCI

/// A machine made up from a seed: bridges, functions and BARs of all kinds.
struct RandomTopology {
  let machine: FakeMachine
  let host: PCIHostBridge<FakeMachine>

  init(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let firstBus = Bool.random(using: &generator) ? 0 : UInt8.random(in: 1...40, using: &generator)
    machine = FakeMachine(firstBus: firstBus)
    var remaining = Int.random(in: 1...24, using: &generator)
    machine.root = Self.bus(depth: 0, remaining: &remaining, using: &generator)
    // Tight windows now and then, at odd places.
    let tight = Int.random(in: 0..<4, using: &generator) == 0
    let last = tight ? firstBus + 3 : firstBus + UInt8.random(in: 40...200, using: &generator)
    let base = UInt64.random(in: 0...0x2000_0000, using: &generator) & ~0xffff
    let length = tight ? 0x60_0000 : UInt64.random(in: 0x800_0000...0x5000_0000, using: &generator)
    host = try machine.host(
      lastBus: last,
      io: Int.random(in: 0..<4, using: &generator) == 0 ? nil : FakeMachine.io,
      memory32: PCIWindow(pciBase: base, cpuBase: 0x1000_0000, byteCount: length),
      memory64: Int.random(in: 0..<3, using: &generator) == 0 ? nil : FakeMachine.memory64)
  }

  private static func bus(
    depth: Int, remaining: inout Int, using generator: inout SplitMix64
  ) -> [UInt8: FakeFunction] {
    var functions: [UInt8: FakeFunction] = [:]
    for _ in 0..<Int.random(in: 1...5, using: &generator) where remaining > 0 {
      let device = UInt8.random(in: 0..<32, using: &generator) << 3
      guard functions[device] == nil else { continue }
      let isMulti = Int.random(in: 0..<3, using: &generator) == 0
      functions[device] = function(
        depth: depth, isMulti: isMulti, remaining: &remaining, using: &generator)
      for number in 1...7 where Int.random(in: 0..<6, using: &generator) == 0 {
        // Behind a single function these must never be touched.
        functions[device | UInt8(number)] =
          isMulti
          ? function(depth: depth, isMulti: true, remaining: &remaining, using: &generator)
          : FakeFunction(bars: [.memory32(0x1000)])
      }
    }
    return functions
  }

  private static func function(
    depth: Int, isMulti: Bool, remaining: inout Int, using generator: inout SplitMix64
  ) -> FakeFunction {
    remaining -= 1
    if depth < 6, Int.random(in: 0..<5, using: &generator) < 2 {
      return FakeFunction(
        bridgeTo: bus(depth: depth + 1, remaining: &remaining, using: &generator),
        prefetchable64: Int.random(in: 0..<4, using: &generator) != 0, isMultiFunction: isMulti,
        bars: bars(registers: 2, using: &generator))
    }
    return FakeFunction(isMultiFunction: isMulti, bars: bars(registers: 6, using: &generator))
  }

  private static func bars(registers: Int, using generator: inout SplitMix64) -> [FakeBAR] {
    var bars: [FakeBAR] = []
    var free = registers
    for _ in 0..<Int.random(in: 0...3, using: &generator) where free > 0 {
      let prefetchable = Bool.random(using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0:
        bars.append(.io(UInt64(4) << UInt64.random(in: 0...6, using: &generator)))
      case 1 where free > 1:
        let size = UInt64(16) << UInt64.random(in: 0...24, using: &generator)
        bars.append(.memory64(size, prefetchable: prefetchable))
        free -= 1
      case 2 where free > 1:
        bars.append(.memory64(0x4000, prefetchable: true))
        free -= 1
      default:
        let size = UInt64(16) << UInt64.random(in: 0...20, using: &generator)
        bars.append(.memory32(size, prefetchable: prefetchable))
      }
      free -= 1
    }
    return bars
  }
}
