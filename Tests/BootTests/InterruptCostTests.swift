import Foundation
import Testing
import VirtIOTesting

/// What an interrupt costs, counted by QEMU, which logs each instruction.
@Suite struct InterruptCostTests {
  @Test(
    "one interrupt a frame, and fewer than 2,500 instructions from its entry to the frame's being free",
    arguments: [0, 1, 2])
  func instructions(_ index: Int) async throws {
    var configuration = try InterruptCase.all[index].configuration("Interrupts")
    configuration.gpus = [MachineShape.gpu(64, 64, "addr=1")]
    configuration.append = "frames=3 small=20"
    configuration.hasTestAccess = true
    configuration.traceEvents = []
    configuration.extraArguments += ["-icount", "shift=0,sleep=off", "-singlestep"]
    let image = try Array(Data(contentsOf: URL(fileURLWithPath: Repository.image("Interrupts"))))
    let symbols = try ELFSymbols(image).symbols
    let vectors = try #require(symbols.first { $0.name == "kernel_vectors" }).address
    let end = try #require(symbols.first { $0.name == "frame_is_free" }).address
    try await MachineSlots.shared.run(configuration) { machine in
      let registers = try machine.connectTestAccess()
      _ = try await machine.serial.first { $0.text == "INTERRUPTS waiting" || $0.saysPanic }
      try await machine.qmp.execute(
        "human-monitor-command", ["command-line": .string("log exec,nochain")])
      // Line 90 is nobody's, and lets it go on.
      try await registers.write32(0x800_0108, 1 << 26)
      try await registers.write32(0x800_0208, 1 << 26)
      try await machine.waitUntilReady()
      try await machine.qmp.execute(
        "human-monitor-command", ["command-line": .string("log none")])
      let line = machine.serial.lines.map(\.text).first { $0.hasPrefix("INTERRUPTS small n=") }
      let count = try #require(line.flatMap { Int($0.dropFirst(19)) })
      #expect((20...25).contains(count))
      // Before the first frame there is the interrupt that is nobody's. Now and then one more comes, of
      // the timer that wakes who has slept too long.
      let costs = Self.costs(machine.log(), from: vectors + 0x280, to: end).dropFirst().sorted()
      #expect(costs.count >= 15)
      #expect(costs.allSatisfy { (500..<5000).contains($0) }, "\(costs)")
      #expect(costs[costs.count / 2] < 2500, "\(costs)")
    }
  }

  /// How many instructions there are from each first one to the next second one.
  private static func costs(_ log: [String], from start: UInt64, to end: UInt64) -> [Int] {
    var costs: [Int] = []
    var count: Int?
    for line in log where line.hasPrefix("Trace ") {
      // Trace 0: HOST [FLAGS/ADDRESS/...
      let parts = line.split(separator: "/", maxSplits: 2)
      guard parts.count == 3, let address = UInt64(parts[1], radix: 16) else { continue }
      if address == start { count = count ?? 0 }
      count = count.map { $0 + 1 }
      if address == end, let cost = count {
        costs.append(cost)
        count = nil
      }
    }
    return costs
  }
}
