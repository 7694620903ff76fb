import Testing
import VirtIOTesting

/// Interrupts on QEMU's machines: which mechanism is chosen, that it is really used, and what it costs.
@Suite struct InterruptTests {
  private static func checkPicture(_ machine: QEMUMachine, seed: Int = 0) async throws {
    let difference = TestCardPicture.difference(
      try await machine.picture(gpu: 0, head: 0), scanout: seed, width: 640, height: 480)
    #expect(difference == nil)
  }

  @Test(
    """
    F-MSIX, F-INTX, F-POLLING, S10, S13: the best way there is, taken, and pictures exact
    """, arguments: InterruptCase.all)
  func testCard(_ shape: InterruptCase) async throws {
    try await MachineSlots.shared.run(shape.configuration("TestCard")) { machine in
      try await machine.waitUntilReady()
      try await Self.checkPicture(machine)
      let said = machine.serial.lines.map(\.text).filter { $0.contains(" by ") }
      #expect(said.count == 1 && said.allSatisfy { $0.hasSuffix(shape.way) }, "\(said)")
      #expect(machine.acknowledgedInterrupts.contains(shape.interrupt))
      #expect(machine.guestErrors() == [])
    }
  }

  @Test(
    "S10, S13: frames of the Showcase by interrupts, 600 by each way", arguments: InterruptCase.all)
  func showcase(_ shape: InterruptCase) async throws {
    var machine = try shape.configuration("Showcase")
    let frames = shape.frameCount
    machine.append = "wait=interrupt frames=\(frames)"
    try await MachineSlots.shared.run(machine, deadline: .seconds(300)) { machine in
      try await machine.waitUntilEnded()
      let lines = machine.serial.lines.map(\.text)
      #expect(lines.last == "SHOWCASE DONE frames=\(frames)", "\(lines.suffix(5))")
      let count = machine.acknowledgedInterrupts.filter { $0 == shape.interrupt }.count
      // One for each frame; what is held back while one is handled makes no second.
      #expect((frames / 2...frames * 2).contains(count), "\(count)")
      #expect(machine.guestErrors() == [])
    }
  }

  @Test(
    "F-POLLING: wait=poll takes no interrupt; wait=interrupt is the default", arguments: [2, 3])
  func polling(version: Int) async throws {
    let shape = InterruptCase(machine: "gic-version=\(version)", way: "", interrupt: 0)
    for (image, arguments) in [("TestCard", "wait=poll"), ("Showcase", "wait=poll frames=240")] {
      var machine = try shape.configuration(image)
      machine.append = arguments
      try await MachineSlots.shared.run(machine) { machine in
        try await machine.waitUntilReady()
        if image == "TestCard" {
          try await Self.checkPicture(machine)
        } else {
          try await machine.waitUntilEnded()
        }
        #expect(machine.acknowledgedInterrupts == [])
        #expect(!machine.serial.lines.contains { $0.text.hasPrefix("interrupts:") })
      }
    }
    var machine = try shape.configuration("TestCard")
    machine.append = "wait=interrupt"
    try await MachineSlots.shared.run(machine) { machine in
      try await machine.waitUntilReady()
      #expect(!machine.acknowledgedInterrupts.isEmpty)
    }
  }

  @Test(
    "S13: one display, opened by polling and switched to interrupts: frames before, across and after",
    arguments: [1, 2, 3, 4])
  func twoLives(frames: Int) async throws {
    for shape in [
      InterruptCase.all[0], InterruptCase.all[1], InterruptCase.all[2], InterruptCase.all[4],
    ] {
      var machine = try shape.configuration("Interrupts")
      machine.append = "frames=\(frames)"
      machine.traceEvents += ["virtio_gpu_cmd_res_create_2d", "virtio_set_status"]
      try await MachineSlots.shared.run(machine) { machine in
        try await machine.waitUntilReady()
        try await Self.checkPicture(machine, seed: frames - 1)
        let log = machine.log()
        #expect(log.filter { $0.hasPrefix("virtio_gpu_cmd_res_create_2d ") }.count == 1)
        // The frame that goes across may be done before the device is asked to interrupt.
        let isHeard = machine.acknowledgedInterrupts.contains(shape.interrupt)
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

  @Test("an idle second costs fewer than 60,000 instructions", arguments: [0, 1, 2])
  func idle(_ index: Int) async throws {
    var machine = try InterruptCase.all[index].configuration("Interrupts")
    machine.append = "frames=3 idle=1000"
    machine.extraArguments += ["-icount", "shift=0,sleep=off"]
    try await MachineSlots.shared.run(machine) { machine in
      try await machine.waitUntilReady()
      let line = machine.serial.lines.map(\.text).first { $0.hasPrefix("INTERRUPTS idle insn=") }
      let count = line.flatMap { Int($0.dropFirst(21).prefix { $0 != " " }) }
      #expect(try (1..<60_000).contains(#require(count)), "\(line ?? "")")
    }
  }

  @Test("I09, S10: two GPUs that pull one line: both heard, and no interrupt that neither owns to")
  func sharedLine() async throws {
    let shape = InterruptCase(machine: "gic-version=2", way: "by INTx: 36", interrupt: 36)
    var machine = try shape.configuration("TestCard")
    machine.gpus = [
      MachineShape.gpu(640, 480, "vectors=0,addr=1"),
      MachineShape.gpu(800, 600, "vectors=0,addr=5"),
    ]
    machine.traceEvents.append("memory_region_ops_read")
    try await MachineSlots.shared.run(machine) { machine in
      try await machine.waitUntilReady()
      try await Self.checkPicture(machine)
      let difference = TestCardPicture.difference(
        try await machine.picture(gpu: 1, head: 0), scanout: 0, width: 800, height: 600)
      #expect(difference == nil)
      let said = machine.serial.lines.map(\.text).filter { $0.contains(" by ") }
      #expect(said.count == 2 && said.allSatisfy { $0.hasSuffix(shape.way) }, "\(said)")
      let claims = Self.claims(of: 36, in: machine.log())
      #expect(claims.count >= 2 && claims.allSatisfy { !$0.isEmpty }, "\(claims)")
      #expect(Set(claims.joined()).count == 2, "Each of them was heard.")
      #expect(machine.guestErrors() == [])
    }
  }

  /// Of each interrupt of a line, which devices said that it was theirs.
  private static func claims(of line: Int, in log: [String]) -> [[Substring]] {
    var claims: [[Substring]] = []
    for entry in log {
      if let number = QEMUMachine.acknowledgedInterrupt(entry) {
        if number == line { claims.append([]) }
        continue
      }
      // memory_region_ops_read cpu 0 mr ADDRESS addr 0x.. value 0x1 size 1 name 'virtio-pci-isr-..'
      let words = entry.split(separator: " ")
      guard words.count == 13, words[12].hasPrefix("'virtio-pci-isr"), !claims.isEmpty else {
        continue
      }
      if words[8] != "0x0" { claims[claims.count - 1].append(words[4]) }
    }
    return claims
  }
}
