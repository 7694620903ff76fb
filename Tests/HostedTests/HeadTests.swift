import Testing
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// Displays that somebody connects, resizes and disconnects: VNC clients of QEMU's heads.
@Suite struct HeadTests {
  private static let second = PollingWaiter(timeout: .seconds(1))

  private static func configuration(heads: Int) -> MachineConfiguration {
    var configuration = HostedMachine.configuration(
      width: 320, height: 200, "max_outputs=\(heads)")
    configuration.display = .heads(heads)
    return configuration
  }

  /// Draws a whole new picture on a scanout, and compares what it then shows.
  private static func show(
    seed: UInt32, on scanout: UInt32, of display: inout Screen, _ machine: HostedMachine,
    width: Int, height: Int
  ) async throws {
    let id = ScanoutID(rawValue: scanout)
    var frame = try display.nextFrame(on: id, waiting: second)
    try #require(frame.width == width && frame.height == height)
    let expected = ExpectedPicture(width: width, height: height, seed: seed)
    var pixels = frame.pixels
    expected.draw(in: &pixels)
    try display.finish(try display.present(frame), waiting: second)
    let picture = try await machine.qemu.picture(head: Int(scanout))
    #expect(expected.difference(from: picture) == nil)
  }

  @Test("GPU-EVT-1: two heads are enabled, each with a picture of its own")
  func twoHeads() async throws {
    try await HostedMachine.run(Self.configuration(heads: 2)) { machine in
      var display = try machine.openScreen()
      #expect(display.scanoutCount == 2)
      #expect(display.scanouts[0].isEnabled && !display.scanouts[1].isEnabled)
      try await Self.show(seed: 1, on: 0, of: &display, machine, width: 320, height: 200)

      let client = try await machine.qemu.connectVNC(head: 1)
      try await client.setDesktopSize(width: 401, height: 303)
      #expect(try display.takeDisplayEvent(waiting: Self.second))
      #expect(display.scanouts[1].isEnabled)
      try await Self.show(seed: 2, on: 1, of: &display, machine, width: 401, height: 303)
      // Neither disturbs the other.
      try await Self.show(seed: 3, on: 0, of: &display, machine, width: 320, height: 200)
      let picture = try await machine.qemu.picture(head: 1)
      let second = ExpectedPicture(width: 401, height: 303, seed: 2)
      #expect(second.difference(from: picture) == nil)

      // Unplugged again.
      try await client.setDesktopSize(width: 0, height: 0)
      #expect(try display.takeDisplayEvent(waiting: Self.second))
      #expect(!display.scanouts[1].isEnabled)
      #expect(throws: GPUError.scanoutDisabled(ScanoutID(rawValue: 1))) {
        try display.tryNextFrame(on: ScanoutID(rawValue: 1)) != nil
      }
      try await Self.show(seed: 4, on: 0, of: &display, machine, width: 320, height: 200)
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("GPU-EVT-1, GPU-CFG-1: a display that is resized gets pictures of its size")
  func resizing() async throws {
    var configuration = Self.configuration(heads: 1)
    configuration.traceEvents = ["virtio_gpu_cmd_*"]
    try await HostedMachine.run(configuration) { machine in
      var display = try machine.openScreen()
      try await Self.show(seed: 0, on: 0, of: &display, machine, width: 320, height: 200)
      let client = try await machine.qemu.connectVNC(head: 0)
      let sizes = [(801, 599), (16, 16), (5000, 17), (320, 200)]
      for (seed, size) in sizes.enumerated() {
        try await client.setDesktopSize(width: UInt16(size.0), height: UInt16(size.1))
        machine.trace.start()
        #expect(try display.takeDisplayEvent(waiting: Self.second))
        // The event is cleared where it may be, and before the displays are asked for.
        let device = machine.trace.stop().filter { $0.space != .common }.map(\.description)
        #expect(
          device == [
            "read32 device 0x0 = 0x1", "write32 device 0x4 = 0x1",
            "write16 notification 0x0 = 0x0",
          ])
        #expect(try !display.takeDisplayEvent(waiting: Self.second), "An event is taken once.")
        try await Self.show(
          seed: UInt32(seed), on: 0, of: &display, machine, width: size.0, height: size.1)
      }
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
      // Each old resource went, and only once the new one was on the screen.
      let commands = machine.qemu.commands
      for old in 1...5 {
        let gone = commands.firstIndex(of: "res_unref res 0x\(old)")
        let shown = commands.firstIndex { $0.hasPrefix("res_flush res 0x\(old + 1),") }
        #expect(gone != nil && (old == 5 || (shown ?? .max) < (gone ?? 0)))
      }
      #expect(machine.qemu.guestErrors() == [])
    }
  }
}
