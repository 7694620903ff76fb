import Testing
import VirtIOTesting

/// TestCard on QEMU's own device: each pixel of each display.
@Suite struct TestCardTests {
  @Test(arguments: MachineShape.all)
  func paintsEveryPixel(_ shape: MachineShape) async throws {
    try await MachineSlots.shared.run(shape.configuration()) { machine in
      try await machine.waitUntilReady()
      try await Self.check(machine, shape.displays)
    }
  }

  @Test(
    """
    F-PLATFORM, F-ARM, F-BOOT, F-PIXELS, H15, RFB-3, RFB-4: addresses that the platform may \
    translate, with an SMMU and without
    """)
  func paintsBehindAnIOMMU() async throws {
    for options in ["", "iommu=smmuv3"] {
      var machine = MachineConfiguration(image: try Repository.image("TestCard"))
      machine.gpus = [MachineShape.gpu(640, 480, "iommu_platform=on")]
      if !options.isEmpty { machine.extraArguments = ["-machine", options] }
      try await MachineSlots.shared.run(machine) { machine in
        try await machine.waitUntilReady()
        try await Self.check(machine, [.init(width: 640, height: 480)])
      }
    }
  }

  @Test(
    """
    F-EVENT, F-PACKED, F-INDIRECT, RFB-6, PACKED-D-14, SPLIT-KICK-6: through every kind of queue, \
    and without what is declined
    """,
    arguments: [
      ("packed=on", "wait=poll"), ("packed=on,event_idx=off", ""), ("packed=on", "queue=split"),
      ("event_idx=off,indirect_desc=off", "wait=poll queue=auto"),
      ("packed=on", "features=-event_idx,-nonsense,-indirect_desc,-ring_reset"),
    ])
  func paintsThroughEveryQueue(_ properties: String, _ arguments: String) async throws {
    var machine = MachineConfiguration(image: try Repository.image("TestCard"))
    machine.gpus = [MachineShape.gpu(640, 480, properties)]
    machine.append = arguments
    try await MachineSlots.shared.run(machine) { machine in
      try await machine.waitUntilReady()
      try await Self.check(machine, [.init(width: 640, height: 480)])
      let complaints = machine.serial.lines.count { $0.text.hasPrefix("features= has a name") }
      #expect(complaints == (arguments.contains("nonsense") ? 1 : 0))
    }
  }

  @Test("F-CACHES, S9: where devices do not snoop the caches, they are cleaned and invalidated")
  func paintsWithoutCoherence() async throws {
    var machine = try TreeFault.noCoherence.configuration(image: "TestCard")
    machine.gpus = [MachineShape.gpu(640, 480)]
    try await MachineSlots.shared.run(machine) { machine in
      try await TreeFault.noCoherence.boot(machine)
      try await machine.waitUntilReady()
      try await Self.check(machine, [.init(width: 640, height: 480)])
    }
  }

  @Test func paintsASecondHead() async throws {
    var machine = MachineConfiguration(image: try Repository.image("TestCard"))
    machine.gpus = [MachineShape.gpu(640, 480, "max_outputs=2")]
    machine.display = .heads(2)
    machine.startsStopped = true
    try await MachineSlots.shared.run(machine) { machine in
      // A head is enabled by a client that asks its server for a size, and by nothing else.
      let client = try await machine.connectVNC(head: 1)
      try await client.setDesktopSize(width: 800, height: 600)
      try await machine.resume()
      try await machine.waitUntilReady()
      try await Self.check(
        machine,
        [.init(width: 640, height: 480), .init(scanout: 1, width: 800, height: 600)])
    }
  }

  /// Compares what the guest said and drew with what it should have.
  private static func check(
    _ machine: QEMUMachine, _ displays: [MachineShape.Display]
  ) async throws {
    let lines = machine.serial.lines.map(\.text).filter { $0.hasPrefix("TESTCARD ") }
    #expect(lines == displays.map(\.line) + ["TESTCARD READY"])
    for display in displays {
      let picture = try await machine.picture(gpu: display.gpu, head: display.scanout)
      let difference = TestCardPicture.difference(
        picture, scanout: display.scanout, width: display.width, height: display.height)
      #expect(difference == nil, "\(display.line)")
    }
    #expect(machine.guestErrors() == [])
  }
}
