import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// The same frames and cursors through every kind of queue that QEMU can offer.
@Suite struct QueueTests {
  private static let second = PollingWaiter(timeout: .seconds(1))

  /// A machine whose cursor is heard of.
  private static func configuration(_ properties: String) -> MachineConfiguration {
    var configuration = HostedMachine.configuration(width: 320, height: 200, properties)
    configuration.traceEvents = ["virtio_gpu_update_cursor"]
    return configuration
  }

  /// Every combination of the properties that are about queues.
  static let properties: [String] = (0..<8).map { bits in
    let names = ["packed", "event_idx", "indirect_desc"]
    return names.enumerated().map { "\($1)=\(bits >> $0 & 1 == 1 ? "on" : "off")" }
      .joined(separator: ",")
  }

  @Test(
    """
    F-EVENT, F-PACKED, SPLIT-KICK-4, SPLIT-KICK-6, PACKED-D-14, PACKED-SG-7, RFB-6: every frame \
    arrives, with one doorbell at the most
    """,
    arguments: properties)
  func frames(_ properties: String) async throws {
    try await HostedMachine.run(Self.configuration(properties)) { machine in
      var display = try machine.openScreen()
      // More commands than either ring has entries, and so several laps.
      for seed in 0..<80 {
        var frame = try display.nextFrame(waiting: Self.second)
        let expected = ExpectedPicture(
          width: frame.width, height: frame.height, seed: UInt32(seed))
        var pixels = frame.pixels
        expected.draw(in: &pixels)
        machine.trace.start()
        try display.finish(try display.present(frame), waiting: Self.second)
        #expect(machine.trace.stop().doorbellCount <= 1)
        if seed % 20 == 19 {
          #expect(expected.difference(from: try await machine.qemu.picture()) == nil)
        }
      }
      let image = [UInt32](repeating: 0xff00_ff00, count: cursorSize * cursorSize)
      try display.setCursor(
        image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: Self.second)
      for x in 1...60 { try display.moveCursor(toX: UInt32(x), y: 7) }
      // Places that the queue had no room for are left out, but not the last.
      let last = "scanout 0, x 60, y 7, move, res 0x2"
      #expect(
        try await eventually {
          try display.drain()
          return machine.qemu.cursorUpdates.last == last
        })
      #expect((2...61).contains(machine.qemu.cursorUpdates.count))
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("what is declined is not used: the queues are split, without event index")
  func declined() async throws {
    try await HostedMachine.run(HostedMachine.configuration("packed=on")) { machine in
      var display = try Screen.open(
        try machine.transport(), on: machine.platform, declining: [.packedRing, .eventIndex],
        waiting: Self.second)
      let features = display.queueFeatures
      #expect(features == [.version1, .indirectDescriptors, .ringReset])
      let frame = try display.nextFrame(waiting: Self.second)
      try display.finish(try display.present(frame), waiting: Self.second)
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test(
    "F-RINGRESET, VQRST-1, VQRST-3, PCI-COM-11: the cursor queue is reset while frames go on",
    arguments: ["packed=off", "packed=on"])
  func cursorQueueReset(_ properties: String) async throws {
    try await HostedMachine.run(Self.configuration(properties)) { machine in
      var display = try machine.openScreen()
      let image = [UInt32](repeating: 0xff00_ff00, count: cursorSize * cursorSize)
      try display.setCursor(
        image.span, hotspotX: 0, hotspotY: 0, x: 3, y: 4, waiting: Self.second)
      for _ in 0..<3 {
        let frame = try display.nextFrame(waiting: Self.second)
        let presentation = try display.present(frame)
        machine.trace.start()
        try display.restartCursorQueue(waiting: Self.second)
        let resets = machine.trace.stop().filter { $0.space == .common && $0.offset == 0x3a }
        #expect(resets.first?.isWrite == true && resets.last?.value == 0)
        try display.finish(presentation, waiting: Self.second)
        try display.moveCursor(toX: 9, y: 9)
      }
      let last = "scanout 0, x 9, y 9, move, res 0x1"
      #expect(try await eventually { machine.qemu.cursorUpdates.last == last })
      // A place that the device had not taken yet went with the queue.
      #expect((4...7).contains(machine.qemu.cursorUpdates.count))
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }
}
