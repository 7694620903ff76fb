import Testing
import VirtIO
import VirtIOGPU
import VirtIOMMIO
import VirtIOTesting

/// The driver on QEMU's GPU without PCI: its registers lie in memory.
@Suite struct MMIOTests {
  private typealias Bus = MMIOTransport<HostedAccess>

  /// A machine with a GPU of that size and nothing on PCI.
  private static func configuration(
    _ properties: String = "packed=off", width: Int = 640, height: Int = 480, legacy: Bool = false
  ) -> MachineConfiguration {
    var machine = MachineConfiguration()
    machine.gpus = ["virtio-gpu-device,id=gpu0,xres=\(width),yres=\(height),\(properties)"]
    machine.traceEvents = ["virtio_gpu_update_cursor"]
    machine.memoryMiB = 128
    machine.extraArguments = ["-global", "virtio-mmio.force-legacy=\(legacy)"]
    return machine
  }

  private static func transport(_ machine: HostedMachine) throws -> MMIOTransport<HostedAccess> {
    guard let transport = try MMIOTransport(machine.slot(ofType: 16)) else {
      throw HostedError.noDevice(type: 16, index: 0)
    }
    return transport
  }

  /// What is at a place; nil if nothing is.
  private static func deviceType(at window: RegisterWindow<HostedAccess>) throws -> UInt16? {
    guard let transport = try MMIOTransport(window) else { return nil }
    return transport.deviceType
  }

  @Test(
    """
    F-MMIO, CONF-4, MMIO-1, MMIO-2, MMIO-3, MMIO-4, MMIO-7: one life of a display, of which QEMU \
    has no complaint
    """
  )
  func wholeLife() async throws {
    let configuration = Self.configuration(width: 333, height: 201)
    try await HostedMachine.run(configuration) { machine in
      var stages: [Scenario.Stage] = []
      try Scenario.run(
        Self.transport(machine), on: machine.platform, waiting: .polling(.seconds(2))
      ) { stage in
        stages.append(stage)
        guard case .frame(let number) = stage else { return }
        let picture = try? machine.wait { try await machine.qemu.picture() }
        let wrong = picture.map { HostedScenarioTests.wrongPixelCount($0, after: number) }
        #expect(wrong == 0, "\(stage)")
      }
      #expect(stages.count == Scenario.frameCount + 1 + 10 + 1)
      #expect(try await eventually { machine.qemu.cursorUpdates.count >= 11 })
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test(
    "MMIO-12, MMIO-13, MMIO-INIT-3, MMIO-INIT-4: 32 places, all but one empty, three reads each")
  func scan() async throws {
    try await HostedMachine.run(Self.configuration()) { machine in
      machine.trace.start()
      let types = try machine.slots.map(Self.deviceType)
      #expect(types.count == 32 && types.compactMap(\.self) == [16])
      let accesses = machine.trace.stop()
      #expect(accesses.count == 96 && accesses.allSatisfy { !$0.isWrite && $0.width == 4 })
      #expect(throws: HostedError.self) { _ = try machine.slot(ofType: 4) }
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("MMIO-10, MMIO-11: a legacy device is not driven")
  func legacy() async throws {
    try await HostedMachine.run(Self.configuration(legacy: true)) { machine in
      #expect(throws: MMIOError.wrongVersion(found: 1)) { _ = try machine.slot(ofType: 16) }
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test(
    "MMIO-16, MMIO-17, MMIO-INIT-1, MMIO-INIT-2, MMIO-INIT-5, MMIO-INIT-6: a queue, set up in order"
  )
  func setUp() async throws {
    try await HostedMachine.run(Self.configuration()) { machine in
      let window = try machine.slot(ofType: 16)
      machine.trace.start()
      guard let transport = try MMIOTransport(window) else { throw MMIOError.wrongMagic(found: 0) }
      let display = try Display.open(
        transport, on: machine.platform, waiting: .polling(.seconds(2)))
      let accesses = machine.trace.stop()
      let words = accesses.filter { $0.space == .memoryMapped }.map(\.description)
      #expect(
        words.prefix(3).map { $0.prefix(24) } == [
          "read32 memoryMapped 0x0 ", "read32 memoryMapped 0x4 ", "read32 memoryMapped 0x8 ",
        ])
      let offsets = accesses.filter { $0.space == .memoryMapped }.map(\.offset)
      let first = try #require(offsets.firstIndex(of: 0x30))
      let second = try #require(offsets[(first + 1)...].firstIndex(of: 0x30))
      #expect(
        Array(offsets[first..<second])
          == [0x30, 0x44, 0x34, 0x38, 0x80, 0x84, 0x90, 0x94, 0xa0, 0xa4, 0x44, 0x44])
      #expect(!offsets.contains { (0xac...0xbc).contains($0) })
      try display.close(waiting: .polling(.seconds(1)))
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("MMIO-INT-1, MMIO-INT-2, MMIO-INT-3, MMIO-21: frames by the line, each acknowledged")
  func line() async throws {
    var configuration = Self.configuration()
    configuration.display = .heads(1)
    try await HostedMachine.run(configuration) { machine in
      let transport = try Self.transport(machine)
      let platform = LinePlatform(
        machine.platform, interruptedBy: MMIOInterrupts<HostedAccess>.self)
      var display = try Display.open(transport, on: platform, waiting: .polling(.seconds(2)))
      let handler = display.interruptHandler
      platform.connect(handler)
      display.enableInterrupts()
      _ = try display.takeDisplayEvent(waiting: .polling(.seconds(1)))
      _ = handler.handleLineInterrupt()
      #expect(!handler.handleLineInterrupt(), "The line is somebody else's.")
      for _ in 0..<3 {
        let frame = try display.nextFrame(waiting: .polling(.seconds(1)))
        let presentation = try display.present(frame)
        try display.finish(presentation, waiting: display.interruptWaiter(timeout: .seconds(2)))
      }
      // What comes after a frame, as its EDID, may pull the line once more.
      while display.edid(of: display.scanouts[0].id) == nil {}
      while handler.handleLineInterrupt() {}
      for _ in 0..<3 {
        let frame = try display.nextFrame(waiting: .polling(.seconds(1)))
        let presentation = try display.present(frame)
        try display.finish(presentation, waiting: .polling(.seconds(2)))
        machine.trace.start()
        #expect(try await eventually { handler.handleLineInterrupt() })
        #expect(!handler.handleLineInterrupt())
        #expect(
          machine.trace.stop().suffix(3).map(\.description) == [
            "read32 memoryMapped 0x60 = 0x1", "write32 memoryMapped 0x64 = 0x1",
            "read32 memoryMapped 0x60 = 0x0",
          ])
      }
      try await machine.qemu.setDesktopSize(head: 0, width: 320, height: 240)
      #expect(try await eventually { handler.handleLineInterrupt() })
      #expect(try display.takeDisplayEvent(waiting: .polling(.seconds(1))))
      #expect(display.scanouts[0].width == 320)
      try display.close(waiting: .polling(.seconds(1)))
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("a frame costs one access: a doorbell of 32 bits")
  func frameCost() async throws {
    try await HostedMachine.run(Self.configuration()) { machine in
      let patience = PollingWaiter(timeout: .seconds(2))
      var display = try Display.open(
        Self.transport(machine), on: machine.platform, waiting: patience)
      for round in 0..<5 {
        let frame = try display.nextFrame(waiting: patience)
        machine.trace.start()
        try display.finish(try display.present(frame), waiting: patience)
        let accesses = machine.trace.stop()
        #expect(accesses.map(\.description) == ["write32 notification 0x0 = 0x0"], "\(round)")
        #expect(accesses.doorbellCount == 1 && accesses.countInBARs == 1)
      }
      try display.close(waiting: patience)
      #expect(machine.memory.takenCount == 0)
    }
  }

  @Test(
    "MMIO-23: QEMU 7.2 offers RING_RESET without the register, and no queue is taken for reset",
    arguments: ["packed=off", "packed=on"])
  func queueReset(_ properties: String) async throws {
    try await HostedMachine.run(Self.configuration(properties)) { machine in
      let patience = PollingWaiter(timeout: .milliseconds(200))
      var display = try Display.open(
        Self.transport(machine), on: machine.platform, waiting: patience)
      #expect(display.queueFeatures.contains(.ringReset))
      let image = [UInt32](repeating: 0xff00_ff00, count: cursorSize * cursorSize)
      try display.setCursor(image.span, hotspotX: 0, hotspotY: 0, x: 3, y: 4, waiting: patience)
      #expect(throws: GPUError.device(.queueNeverReset(index: 1))) {
        try display.restartCursorQueue(waiting: patience)
      }
      #expect(Set(machine.qemu.guestErrors()).count == 2)
      #expect(machine.qemu.guestErrors().allSatisfy { $0.contains("bad register offset (0xc0)") })
      // Both queues are as good as they were.
      try display.moveCursor(toX: 9, y: 9)
      let frame = try display.nextFrame(waiting: patience)
      try display.finish(try display.present(frame), waiting: patience)
      let last = "scanout 0, x 9, y 9, move, res 0x1"
      #expect(try await eventually { machine.qemu.cursorUpdates.last == last })
      try display.close(waiting: patience)
      #expect(machine.memory.takenCount == 0)
    }
  }
}
