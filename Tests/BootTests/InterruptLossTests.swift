import Testing
import VirtIOTesting

/// Too many interrupts, and too few.
@Suite struct InterruptLossTests {
  private static func machine(_ shape: InterruptCase, _ arguments: String) throws
    -> MachineConfiguration
  {
    var machine = try shape.configuration("Interrupts")
    machine.append = arguments
    machine.hasTestAccess = true
    machine.traceEvents = []
    machine.extraArguments += ["-icount", "shift=0,sleep=off"]
    return machine
  }

  /// The numbers in the line that starts with some words.
  private static func numbers(_ start: String, _ machine: QEMUMachine) throws -> [Int] {
    let line = machine.serial.lines.map(\.text).first { $0.hasPrefix("INTERRUPTS \(start) ") }
    return try #require(line).split { !$0.isNumber }.compactMap { Int($0) }
  }

  @Test(
    "I03: a storm of 1,000,000 from outside leaves the main loop its time; a stranger is disabled")
  func storm() async throws {
    let configuration = try Self.machine(InterruptCase.all[0], "frames=3 load=3")
    try await MachineSlots.shared.run(configuration, deadline: .seconds(240)) { machine in
      let registers = try machine.connectTestAccess()
      _ = try await machine.serial.first { $0.text == "INTERRUPTS working" || $0.saysPanic }
      // Line 90 is nobody's: enabled, then raised.
      try await registers.write32(0x800_0108, 1 << 26)
      try await registers.write32(0x800_0208, 1 << 26)
      try await registers.write32(0x800_0208, 1 << 17, count: 1_000_000, within: .seconds(200))
      try await machine.waitUntilReady()
      let lines = machine.serial.lines.map(\.text)
      #expect(lines.contains("interrupts: 90 is nobody's: disabled"), "\(lines)")
      #expect(lines.contains { $0.contains(" unregistered=1 ") })
      let worked = try Self.numbers("worked", machine)
      #expect(worked.count == 2 && 2 * worked[0] >= worked[1], "\(worked)")
      #expect(try await registers.read32(0x800_0108) & 1 << 26 == 0)
      let after = try Self.numbers("after", machine)
      #expect(after.count == 2 && after[0] < 1000 && after[1] > 0, "\(after)")
    }
  }

  @Test(
    "I02, I05: a device that nobody drives pulls a shared line for ever: kept back, said, and let in again",
    arguments: [2, 3])
  func sharedStorm(version: Int) async throws {
    let shape = InterruptCase(
      machine: "gic-version=\(version)", gpu: "vectors=0,addr=1", way: "", interrupt: 36)
    var configuration = try Self.machine(shape, "frames=3 load=3")
    configuration.devices = ["edu,addr=5"]
    try await MachineSlots.shared.run(configuration, deadline: .seconds(300)) { machine in
      let registers = try machine.connectTestAccess()
      let space = OutsideConfiguration(slot: 5, registers)
      _ = try await machine.serial.first { $0.text == "INTERRUPTS working" || $0.saysPanic }
      try await space.write32(2, at: 4)
      let bar = UInt64(try await space.read32(at: 0x10) & ~15)
      // It raises an interrupt, and lets go of it.
      try await registers.write32(bar + 0x60, 1)
      let said = "interrupts: 36 comes too often: kept back for 100 ms"
      _ = try await machine.serial.first { $0.text == said || $0.saysPanic }
      try await registers.write32(bar + 0x64, 1)
      try await machine.waitUntilReady()
      let worked = try Self.numbers("worked", machine)
      #expect(worked.count == 2 && 2 * worked[0] >= worked[1], "\(worked)")
      // interrupts, storms, unregistered, spurious, unclaimed
      let found = try Self.numbers("n=\(try Self.interruptCount(machine))", machine)
      #expect(found.count == 5 && found[1] >= 1 && found[4] >= 500, "\(found)")
      let after = try Self.numbers("after", machine)
      #expect(after.count == 2 && after[0] < 1000 && after[1] > 0, "\(after)")
    }
  }

  private static func interruptCount(_ machine: QEMUMachine) throws -> Int {
    let line = machine.serial.lines.map(\.text).first { $0.hasPrefix("INTERRUPTS n=") }
    return try #require(line.flatMap { Int($0.dropFirst(13).prefix { $0 != " " }) })
  }

  /// What keeps an interrupt from the CPU.
  enum Loss: CaseIterable {
    /// The line of the vector, or of the pin, is disabled at the controller.
    case line, pin
    /// The vector is masked, or all of them.
    case vector, function
  }

  @Test("I04: a lost interrupt is healed within 20 ms", arguments: Loss.allCases)
  func lost(_ loss: Loss) async throws {
    let isMessage = loss == .vector || loss == .function
    let shape = InterruptCase(
      machine: "gic-version=\(isMessage ? 3 : 2)",
      gpu: loss == .pin ? "addr=1,vectors=0" : "addr=1", way: "", interrupt: 0)
    let configuration = try Self.machine(shape, "frames=3 lost=20")
    try await MachineSlots.shared.run(configuration) { machine in
      let registers = try machine.connectTestAccess()
      let space = OutsideConfiguration(slot: 1, registers)
      _ = try await machine.serial.first { $0.text == "INTERRUPTS losing" || $0.saysPanic }
      switch loss {
      case .line: try await registers.write32(0x800_0188, 1 << 17)
      case .pin: try await registers.write32(0x800_0184, 1 << 4)
      case .vector: try await space.maskVector(1)
      case .function: try await space.maskFunction()
      }
      try await machine.waitUntilReady()
      let found = try Self.numbers("lost", machine)
      #expect(found.count == 4 && found[0] >= 20_000 && found[1] <= 20_100, "\(found)")
      #expect(found.count == 4 && found[2] == 20, "\(found)")
    }
  }
}
