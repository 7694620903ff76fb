import Testing
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// What a driver leaves behind, as the device itself tells, and the driver that comes next.
@Suite struct HandOverTests {
  private static let second = PollingWaiter(timeout: .seconds(1))

  private static func configuration() -> MachineConfiguration {
    var configuration = HostedMachine.configuration(width: 96, height: 64, "max_outputs=2")
    configuration.display = .heads(2)
    configuration.traceEvents = ["virtio_gpu_cmd_*", "virtio_set_status"]
    return configuration
  }

  /// What the device has been told of its resources and scanouts.
  private struct Ledger {
    /// The resources that it has, with what is in them.
    var resources: Set<String> = []
    /// Those that still have memory of the driver.
    var backed: Set<String> = []
    /// What is on each scanout.
    var scanouts: [String: String] = [:]
    var createdCount = 0
    var status = ""

    /// Takes in QEMU's log.
    init(_ log: [String]) {
      for line in log {
        let words = line.split { " ,".contains($0) }.map(String.init)
        func value(_ name: String) -> String {
          words.firstIndex(of: name).flatMap {
            words.indices.contains($0 + 1) ? words[$0 + 1] : nil
          }
            ?? ""
        }
        switch words.first {
        case "virtio_gpu_cmd_res_create_2d":
          resources.insert(value("res"))
          createdCount += 1
        case "virtio_gpu_cmd_res_back_attach": backed.insert(value("res"))
        case "virtio_gpu_cmd_res_back_detach": backed.remove(value("res"))
        case "virtio_gpu_cmd_res_unref": resources.remove(value("res"))
        case "virtio_gpu_cmd_set_scanout": scanouts[value("id")] = value("res")
        case "virtio_set_status": status = value("val")
        default: break
        }
      }
    }
  }

  /// Shows a picture on both scanouts, with a cursor.
  private static func show(
    _ display: inout Screen, _ machine: HostedMachine, seed: UInt32
  ) async throws {
    for (head, size) in [(96, 64), (120, 81)].enumerated() {
      var frame = try display.nextFrame(on: ScanoutID(rawValue: UInt32(head)), waiting: second)
      try #require((frame.width, frame.height) == size)
      let expected = ExpectedPicture(
        width: size.0, height: size.1, seed: seed &+ UInt32(head))
      var pixels = frame.pixels
      expected.draw(in: &pixels)
      try display.finish(try display.present(frame), waiting: second)
      #expect(expected.difference(from: try await machine.qemu.picture(head: head)) == nil)
    }
    let image = [UInt32](repeating: seed, count: cursorSize * cursorSize)
    try display.setCursor(image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: second)
  }

  @Test(
    """
    F-HANDOVER, F-TEARDOWN, CLEAN-2, RESET-1: ten lives, each of which the device has forgotten \
    by its end
    """,
    arguments: BufferCount.allCases)
  func tenLives(_ buffers: BufferCount) async throws {
    try await HostedMachine.run(Self.configuration()) { machine in
      try await machine.qemu.setDesktopSize(head: 1, width: 120, height: 81)
      for seed in 0..<10 {
        var display = try machine.openScreen(buffers: buffers)
        try await Self.show(&display, machine, seed: UInt32(seed))
        let during = Ledger(machine.qemu.log())
        #expect(during.resources.count == 3 && during.backed.count == 3)
        #expect(during.scanouts.values.allSatisfy { $0 != "0x0" } && during.scanouts.count == 2)
        try display.close(waiting: Self.second)
        let after = Ledger(machine.qemu.log())
        #expect(after.createdCount == 3 * (seed + 1))
        #expect(after.resources == [] && after.backed == [])
        #expect(after.scanouts == ["0": "0x0", "1": "0x0"])
        #expect(after.status == "0")
        #expect(machine.memory.takenCount == 0 && machine.memory.takenByteCount == 0)
      }
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("CLEAN-2: a frame that was in hand at the end is the only memory that stays, until it goes")
  func frameInHand() async throws {
    try await HostedMachine.run(Self.configuration()) { machine in
      try await machine.qemu.setDesktopSize(head: 1, width: 120, height: 81)
      var display = try machine.openScreen()
      try await Self.show(&display, machine, seed: 1)
      let frame = try display.nextFrame(waiting: Self.second)
      try display.close(waiting: Self.second)
      #expect(Ledger(machine.qemu.log()).resources == [])
      // Its pixels, and the ledger that says who has them.
      #expect(machine.memory.takenCount == 2)
      _ = consume frame
      var next = try machine.openScreen()
      try await Self.show(&next, machine, seed: 2)
      try next.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 2)
    }
  }

  @Test(
    "INIT-2: ten drivers that are dropped as they are, each taken over at once, with frames in flight"
  )
  func droppedLives() async throws {
    try await HostedMachine.run(Self.configuration()) { machine in
      try await machine.qemu.setDesktopSize(head: 1, width: 120, height: 81)
      for seed in 0..<10 {
        try await Self.leave(machine, seed: UInt32(seed))
        let lost = machine.memory.takenCount
        var display = try machine.openScreen()
        try await Self.show(&display, machine, seed: UInt32(100 + seed))
        try display.close(waiting: Self.second)
        #expect(machine.memory.takenCount == lost)
        #expect(Ledger(machine.qemu.log()).status == "0")
      }
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  /// A display that is dropped with two pictures on their way.
  private static func leave(_ machine: HostedMachine, seed: UInt32) async throws {
    var display = try machine.openScreen()
    try await show(&display, machine, seed: seed)
    for head in 0..<2 {
      var frame = try display.nextFrame(on: ScanoutID(rawValue: UInt32(head)), waiting: second)
      var pixels = frame.pixels
      for index in pixels.indices { pixels[index] = .max }
      _ = try display.present(frame)
    }
  }
}
