import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// How little it takes: commands, doorbells and register accesses, counted on a real device.
@Suite struct CountTests {
  // Six of 50 are for three vectors of MSI-X, each written and read back.
  @Test(
    """
    F-2D, F-BATCH, GPU-INIT-1, GPU-INIT-2: from reset to first picture, 6 commands, 2 doorbells, \
    44 accesses
    """,
    arguments: [(0, 44), (1, 50), (2, 50), (3, 50)])
  func firstPicture(vectorCount: Int, accessCount: Int) async throws {
    var configuration = HostedMachine.configuration()
    configuration.traceEvents = ["virtio_gpu_cmd_*"]
    try await HostedMachine.run(configuration) { machine in
      let transport = try machine.transport(maximumVectorCount: vectorCount)
      machine.trace.start()
      var display = try Screen.open(
        transport, on: machine.platform, waiting: .polling(.seconds(2)))
      let frame = try display.nextFrame(waiting: .polling(.seconds(1)))
      try display.finish(try display.present(frame), waiting: .polling(.seconds(1)))
      let accesses = machine.trace.stop()
      // EDID is asked for behind the picture, with the same doorbell; nobody waits for it.
      #expect(try display.awaitEDID())
      #expect(accesses.doorbellCount == 2)
      #expect(accesses.countInBARs == accessCount)
      #expect(accesses.countInBARs == accesses.count)
      #expect(
        machine.qemu.commands == [
          "get_display_info", "res_create_2d res 0x1, fmt 0x2, w 640, h 480",
          "res_back_attach res 0x1", "res_xfer_toh_2d res 0x1",
          "set_scanout id 0, res 0x1, w 640, h 480, x 0, y 0",
          "res_flush res 0x1, w 640, h 480, x 0, y 0", "get_edid scanout 0",
        ])
      try display.close(waiting: .polling(.seconds(1)))
    }
  }

  @Test(
    """
    F-BATCH, SPLIT-KICK-4, PCI-NOTIFY-1: a later frame costs 2 commands and one access, its \
    doorbell
    """)
  func laterFrames() async throws {
    var configuration = HostedMachine.configuration()
    configuration.traceEvents = ["virtio_gpu_cmd_*"]
    try await HostedMachine.run(configuration) { machine in
      var display = try machine.openScreen()
      let first = try display.nextFrame(waiting: .polling(.seconds(1)))
      try display.finish(try display.present(first), waiting: .polling(.seconds(1)))
      #expect(try display.awaitEDID())
      let allocations = machine.memory.allocationCount
      let commands = machine.qemu.commands.count
      for _ in 0..<10 {
        machine.trace.start()
        let frame = try display.nextFrame(waiting: .polling(.seconds(1)))
        try display.finish(try display.present(frame), waiting: .polling(.seconds(1)))
        #expect(machine.trace.stop().map(\.description) == ["write16 notification 0x0 = 0x0"])
      }
      #expect(
        Array(machine.qemu.commands.dropFirst(commands).suffix(2)) == [
          "res_xfer_toh_2d res 0x1", "res_flush res 0x1, w 640, h 480, x 0, y 0",
        ])
      #expect(machine.qemu.commands.count == commands + 20)
      #expect(machine.memory.allocationCount == allocations, "A frame allocates nothing.")
      try display.close(waiting: .polling(.seconds(1)))
    }
  }

  @Test("CFG-3: each further call costs what it says")
  func everythingElse() async throws {
    // Who has not taken one command does not ask to be told of the next.
    var configuration = HostedMachine.configuration()
    configuration.traceEvents = ["virtio_gpu_update_cursor"]
    try await HostedMachine.run(configuration) { machine in
      var display = try machine.openScreen()
      let waiter = PollingWaiter(timeout: .seconds(1))
      let first = try display.nextFrame(waiting: waiter)
      try display.finish(try display.present(first), waiting: waiter)

      // No event: the status, the generation, the event, the generation.
      machine.trace.start()
      #expect(try !display.takeDisplayEvent(waiting: waiter))
      #expect(
        machine.trace.stop().map(\.description) == [
          "read8 common 0x14 = 0xf", "read8 common 0x15 = 0x0", "read32 device 0x0 = 0x0",
          "read8 common 0x15 = 0x0",
        ])

      // An image: its resource, its pixels, and the cursor itself. Afterwards, moving it.
      let image = [UInt32](repeating: 0xffff_ffff, count: 4096)
      machine.trace.start()
      try display.setCursor(image.span, hotspotX: 0, hotspotY: 0, x: 9, y: 9, waiting: waiter)
      #expect(
        machine.trace.stop().map(\.description) == [
          "write16 notification 0x0 = 0x0", "write16 notification 0x0 = 0x0",
          "write16 notification 0x4 = 0x1",
        ])
      #expect(try await eventually { machine.qemu.cursorUpdates.count == 1 })
      machine.trace.start()
      try display.moveCursor(toX: 10, y: 10)
      #expect(machine.trace.stop().map(\.description) == ["write16 notification 0x4 = 0x1"])

      #expect(try await eventually { machine.qemu.cursorUpdates.count == 2 })

      // Nothing drawn, nothing sent.
      machine.trace.start()
      let frame = try display.nextFrame(waiting: waiter)
      let nothing: InlineArray<1, Rectangle> = [.empty]
      try display.finish(try display.present(frame, damage: nothing.span), waiting: waiter)
      _ = try display.nextFrame(waiting: waiter)
      #expect(machine.trace.stop() == [])

      // The end: cursor off, one doorbell for each of two resources, reset.
      machine.trace.start()
      try display.close(waiting: waiter)
      #expect(
        machine.trace.stop().map(\.description) == [
          "write16 notification 0x4 = 0x1", "write16 notification 0x0 = 0x0",
          "write16 notification 0x0 = 0x0", "write8 common 0x14 = 0x0", "read8 common 0x14 = 0x0",
        ])
    }
  }
}

extension Display where P == HostedPlatform, T: ~Copyable {
  /// Waits until the first display has described itself.
  fileprivate mutating func awaitEDID() throws -> Bool {
    var waiter = PollingWaiter(timeout: .seconds(1))
    while edid(of: scanouts[0].id) == nil {
      guard waiter.wait(on: platform) else { return false }
    }
    return true
  }
}
