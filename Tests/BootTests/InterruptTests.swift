import Testing
import VirtIOTesting

/// Interrupts on QEMU's machines: which mechanism is chosen, that it is really used, and what it costs.
@Suite struct InterruptTests {
  private static func configuration(_ image: String, _ shape: InterruptCase) throws
    -> MachineConfiguration
  {
    var machine = MachineConfiguration(image: try Repository.image(image))
    machine.machineOptions = [shape.machine]
    machine.devices = shape.devices
    machine.gpus = [MachineShape.gpu(640, 480, shape.gpu)]
    machine.extraArguments = shape.arguments
    machine.traceEvents = ["gic_acknowledge_irq", "gicv3_icc_iar1_read"]
    return machine
  }

  /// The numbers that were acknowledged, as either version of the controller tells them.
  private static func acknowledged(_ machine: QEMUMachine) -> [Int] {
    machine.log().compactMap { line in
      let word = line.split(separator: " ").last.map(String.init) ?? ""
      if line.hasPrefix("gic_acknowledge_irq ") { return Int(word) }
      guard line.hasPrefix("gicv3_icc_iar1_read ") else { return nil }
      return Int(word.dropFirst(2), radix: 16)
    }
  }

  private static func checkPicture(_ machine: QEMUMachine, seed: Int = 0) async throws {
    let difference = TestCardPicture.difference(
      try await machine.picture(gpu: 0, head: 0), scanout: seed, width: 640, height: 480)
    #expect(difference == nil)
  }

  @Test("S10, S13: the best way there is, taken, and pictures exact", arguments: InterruptCase.all)
  func testCard(_ shape: InterruptCase) async throws {
    try await MachineSlots.shared.run(Self.configuration("TestCard", shape)) { machine in
      try await machine.waitUntilReady()
      try await Self.checkPicture(machine)
      let said = machine.serial.lines.map(\.text).filter { $0.contains(" by ") }
      #expect(said.count == 1 && said.allSatisfy { $0.hasSuffix(shape.way) }, "\(said)")
      #expect(Self.acknowledged(machine).contains(shape.interrupt))
      #expect(machine.guestErrors() == [])
    }
  }

  @Test("S10, S13: 600 frames of the Showcase by interrupts", arguments: InterruptCase.all)
  func showcase(_ shape: InterruptCase) async throws {
    var machine = try Self.configuration("Showcase", shape)
    machine.append = "frames=600"
    try await MachineSlots.shared.run(machine, deadline: .seconds(90)) { machine in
      try await machine.waitUntilEnded()
      let lines = machine.serial.lines.map(\.text)
      #expect(lines.last == "SHOWCASE DONE frames=600", "\(lines.suffix(5))")
      let count = Self.acknowledged(machine).filter { $0 == shape.interrupt }.count
      #expect(count >= 300)
      #expect(machine.guestErrors() == [])
    }
  }

  @Test("wait=poll takes no interrupt; wait=interrupt is the default", arguments: [2, 3])
  func polling(version: Int) async throws {
    let shape = InterruptCase(machine: "gic-version=\(version)", way: "", interrupt: 0)
    for (image, arguments) in [("TestCard", "wait=poll"), ("Showcase", "wait=poll frames=60")] {
      var machine = try Self.configuration(image, shape)
      machine.append = arguments
      try await MachineSlots.shared.run(machine) { machine in
        try await machine.waitUntilReady()
        if image == "TestCard" {
          try await Self.checkPicture(machine)
        } else {
          try await machine.waitUntilEnded()
        }
        #expect(Self.acknowledged(machine) == [])
        #expect(!machine.serial.lines.contains { $0.text.hasPrefix("interrupts:") })
      }
    }
    var machine = try Self.configuration("TestCard", shape)
    machine.append = "wait=interrupt"
    try await MachineSlots.shared.run(machine) { machine in
      try await machine.waitUntilReady()
      #expect(!Self.acknowledged(machine).isEmpty)
    }
  }

  @Test(
    "S13: one display, opened by polling and switched to interrupts: frames before, across and after",
    arguments: [1, 2, 3, 4])
  func twoLives(frames: Int) async throws {
    for shape in [
      InterruptCase.all[0], InterruptCase.all[1], InterruptCase.all[2], InterruptCase.all[4],
    ] {
      var machine = try Self.configuration("Interrupts", shape)
      machine.append = "frames=\(frames)"
      machine.traceEvents += ["virtio_gpu_cmd_res_create_2d", "virtio_set_status"]
      try await MachineSlots.shared.run(machine) { machine in
        try await machine.waitUntilReady()
        try await Self.checkPicture(machine, seed: frames - 1)
        let log = machine.log()
        #expect(log.filter { $0.hasPrefix("virtio_gpu_cmd_res_create_2d ") }.count == 1)
        // The frame that goes across may be done before the device is asked to interrupt.
        let isHeard = Self.acknowledged(machine).contains(shape.interrupt)
        #expect(frames == 2 || isHeard == (frames > 2))
        #expect(machine.guestErrors() == [])
      }
    }
  }

  @Test("Minimal polls, and has no code for anything else")
  func minimalHasNoInterrupts() async throws {
    let output = try await Command(
      Toolchain.tool("llvm-nm"), [Repository.image("Minimal")]
    ).collect()
    #expect(output.text.contains("_start") && !output.text.contains("KernelInterrupts"))
  }

  @Test("an idle second costs fewer than 100,000 instructions", arguments: [0, 1, 2])
  func idle(_ index: Int) async throws {
    var machine = try Self.configuration("Interrupts", InterruptCase.all[index])
    machine.append = "frames=3 idle=1000"
    machine.extraArguments += ["-icount", "shift=0,sleep=off"]
    try await MachineSlots.shared.run(machine) { machine in
      try await machine.waitUntilReady()
      let line = machine.serial.lines.map(\.text).first { $0.hasPrefix("INTERRUPTS idle insn=") }
      let count = line.flatMap { Int($0.dropFirst(21).prefix { $0 != " " }) }
      #expect(try (1..<100_000).contains(#require(count)), "\(line ?? "")")
    }
  }

  @Test("a storm from outside leaves the main loop its time, and a stranger is disabled")
  func storm() async throws {
    var machine = try Self.configuration("Interrupts", InterruptCase.all[0])
    machine.append = "frames=3 load=20"
    machine.hasTestAccess = true
    machine.traceEvents = []
    machine.extraArguments += ["-icount", "shift=0,sleep=off"]
    try await MachineSlots.shared.run(machine, deadline: .seconds(120)) { machine in
      let registers = try machine.connectTestAccess()
      _ = try await machine.serial.first { $0.text == "INTERRUPTS working" || $0.saysPanic }
      // Line 90 is nobody's: enabled, then raised.
      try await registers.write32(0x800_0108, 1 << 26)
      try await registers.write32(0x800_0208, 1 << 26)
      for _ in 0..<20_000 { try await registers.write32(0x800_0208, 1 << 17) }
      try await machine.waitUntilReady()
      let lines = machine.serial.lines.map(\.text)
      #expect(lines.contains("interrupts: 90 is nobody's: disabled"), "\(lines)")
      #expect(lines.contains { $0.contains(" unregistered=1 ") })
      let worked = try #require(lines.first { $0.hasPrefix("INTERRUPTS worked ") })
      let numbers = worked.split { !$0.isNumber }.compactMap { Int($0) }
      #expect(numbers.count == 2 && 2 * numbers[0] >= numbers[1], "\(worked)")
      #expect(try await registers.read32(0x800_0108) & 1 << 26 == 0)
    }
  }
}
