import Testing
import VirtIOTesting

/// Images on machines whose GPU is not on PCI, but has its registers in memory.
@Suite struct MMIOTests {
  private static let modern = ["-global", "virtio-mmio.force-legacy=false"]

  private static func configuration(
    _ image: String, _ append: String = "", gpus: [String] = ["xres=640,yres=480"]
  ) throws -> MachineConfiguration {
    var machine = MachineConfiguration(image: try Repository.image(image))
    machine.gpus = gpus.map { "virtio-gpu-device,\($0)" }
    machine.append = append
    machine.extraArguments = modern
    return machine
  }

  private static func checkPicture(
    _ machine: QEMUMachine, gpu: Int = 0, width: Int = 640, height: Int = 480
  ) async throws {
    let difference = TestCardPicture.difference(
      try await machine.picture(gpu: gpu, head: 0), scanout: 0, width: width, height: height)
    #expect(difference == nil, "GPU \(gpu)")
  }

  /// How many lines say something.
  private static func count(of words: String, in machine: QEMUMachine) -> Int {
    machine.serial.lines.count { $0.text.contains(words) }
  }

  @Test(
    """
    F-MMIO, F-INTX, CONF-4: TestCard paints every pixel, by polling and by the line
    """, arguments: [2, 3])
  func testCard(gic: Int) async throws {
    for append in ["wait=poll", "wait=interrupt"] {
      var machine = try Self.configuration("TestCard", append)
      machine.machineOptions = ["gic-version=\(gic)"]
      try await MachineSlots.shared.run(machine) { machine in
        try await machine.waitUntilReady()
        try await Self.checkPicture(machine)
        #expect(Self.count(of: "TESTCARD ", in: machine) == 2)
        let ways = Self.count(of: " by its line: ", in: machine)
        #expect(ways == (append == "wait=poll" ? 0 : 1))
        #expect(machine.guestErrors() == [])
      }
    }
  }

  @Test("two GPUs without PCI, each in a frame of its own")
  func twoGPUs() async throws {
    let machine = try Self.configuration(
      "TestCard", gpus: ["xres=640,yres=480", "xres=333,yres=201"])
    try await MachineSlots.shared.run(machine) { machine in
      try await machine.waitUntilReady()
      // The tree has them in its own order, so either may be the first.
      let said = machine.serial.lines.map(\.text).filter { $0.hasPrefix("TESTCARD ") }
      #expect(said.count == 3 && said.last == "TESTCARD READY", "\(said)")
      try await Self.checkPicture(machine)
      try await Self.checkPicture(machine, gpu: 1, width: 333, height: 201)
      #expect(machine.guestErrors() == [])
    }
  }

  @Test("S9: without PCI too, what is not snooped is cleaned and invalidated")
  func withoutCoherence() async throws {
    var machine = try TreeFault.noCoherence.configuration(image: "TestCard")
    machine.gpus = ["virtio-gpu-device,xres=640,yres=480"]
    machine.extraArguments += Self.modern
    try await MachineSlots.shared.run(machine) { machine in
      try await TreeFault.noCoherence.boot(machine)
      try await machine.waitUntilReady()
      try await Self.checkPicture(machine)
    }
  }

  @Test("600 frames of the Showcase by the line, each interrupt acknowledged")
  func showcase() async throws {
    let machine = try Self.configuration("Showcase", "frames=600")
    try await MachineSlots.shared.run(machine, deadline: .seconds(90)) { machine in
      try await machine.waitUntilEnded()
      #expect(machine.serial.lines.last?.text == "SHOWCASE DONE frames=600")
      #expect(machine.guestErrors() == [])
    }
  }

  @Test("MMIO-10, MMIO-11: legacy registers get one line, and the end of who finds no other GPU")
  func legacy() async throws {
    var machine = try Self.configuration("TestCard")
    machine.extraArguments = []
    try await MachineSlots.shared.run(machine) { machine in
      try await machine.waitUntilEnded()
      #expect(Self.count(of: "virtio-mmio: ", in: machine) == 1)
      #expect(Self.count(of: "expected version 2", in: machine) == 1)
      #expect(Self.count(of: "PANIC: no GPU", in: machine) == 1)
    }
  }

  @Test("MMIO-13: where PCI has a GPU, no other place is looked at; empty places are passed over")
  func silence() async throws {
    var machine = MachineConfiguration(image: try Repository.image("TestCard"))
    machine.gpus = [MachineShape.gpu()]
    try await MachineSlots.shared.run(machine) { machine in
      try await machine.waitUntilReady()
      #expect(!machine.serial.lines.contains { $0.text.contains("virtio-mmio") })
    }
    var empty = MachineConfiguration(image: try Repository.image("TestCard"))
    empty.gpus = []
    empty.extraArguments = Self.modern
    try await MachineSlots.shared.run(empty) { machine in
      try await machine.waitUntilEnded()
      #expect(!machine.serial.lines.contains { $0.text.contains("virtio-mmio") })
    }
  }
}
