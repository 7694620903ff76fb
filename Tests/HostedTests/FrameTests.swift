import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// Pictures on QEMU's screen, compared pixel by pixel.
@Suite struct FrameTests {
  private static let second = PollingWaiter(timeout: .seconds(1))

  @Test(
    "F-2D, GPU-INIT-2: a frame of any size is shown as it was drawn",
    arguments: [(16, 16), (640, 480), (1023, 769), (17, 4001), (1280, 800)])
  func showsAFrame(_ width: Int, _ height: Int) async throws {
    let configuration = HostedMachine.configuration(width: width, height: height)
    try await HostedMachine.run(configuration) { machine in
      var display = try machine.openScreen()
      var frame = try display.nextFrame(waiting: Self.second)
      #expect(frame.width == width && frame.height == height)
      #expect(frame.staleRegion.bounds == frame.bounds)
      let expected = ExpectedPicture(width: frame.width, height: frame.height, seed: 7)
      var pixels = frame.pixels
      expected.draw(in: &pixels)
      try display.finish(try display.present(frame), waiting: Self.second)
      #expect(expected.difference(from: try await machine.qemu.picture()) == nil)
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  /// Damage for a frame of 320x200, and which parts of it must arrive.
  struct Damage: Sendable, CustomTestStringConvertible {
    let name: String
    let rectangles: [Rectangle]
    /// What is sent.
    var arriving: DamageList {
      DamageList(rectangles.span, within: Rectangle(x: 0, y: 0, width: 320, height: 200))
    }
    /// What the flush says; nil if nothing is sent.
    var flush: String?

    var testDescription: String { name }
  }

  static let damages = [
    Damage(
      name: "one", rectangles: [Rectangle(x: 17, y: 31, width: 100, height: 3)],
      flush: "w 100, h 3, x 17, y 31"),
    Damage(
      name: "one pixel in the last corner",
      rectangles: [Rectangle(x: 319, y: 199, width: 1, height: 1)],
      flush: "w 1, h 1, x 319, y 199"),
    Damage(
      name: "several, some overlapping",
      rectangles: [
        Rectangle(x: 0, y: 0, width: 1, height: 200), Rectangle(x: 5, y: 5, width: 40, height: 40),
        Rectangle(x: 20, y: 20, width: 50, height: 9),
        Rectangle(x: 300, y: 1, width: 20, height: 2),
      ], flush: "w 320, h 200, x 0, y 0"),
    Damage(
      name: "beyond every edge",
      rectangles: [
        Rectangle(x: -10, y: -10, width: 20, height: 20),
        Rectangle(x: 310, y: 190, width: 100, height: 100),
        Rectangle(x: 1000, y: 1000, width: 5, height: 5),
      ],
      flush: "w 320, h 200, x 0, y 0"),
    Damage(
      name: "more than there are commands",
      rectangles: (0..<40).map { Rectangle(x: 4 * $0 + 8, y: 4 * $0 + 16, width: 2, height: 2) },
      flush: "w 158, h 158, x 8, y 16"),
    Damage(name: "none", rectangles: []),
    Damage(
      name: "none inside", rectangles: [Rectangle(x: 320, y: 0, width: 9, height: 9)]),
  ]

  @Test(
    """
    F-DAMAGE, F-PIXELS: exactly the damage arrives, and nothing else of the frame
    """, arguments: damages)
  func exactDamage(_ damage: Damage) async throws {
    var configuration = HostedMachine.configuration(width: 320, height: 200)
    configuration.traceEvents = ["virtio_gpu_cmd_*"]
    try await HostedMachine.run(configuration) { machine in
      var display = try machine.openScreen(buffers: .one)
      var expected = ExpectedPicture(width: 320, height: 200, seed: 1)
      let other = ExpectedPicture(width: 320, height: 200, seed: 2)
      var frame = try display.nextFrame(waiting: Self.second)
      var pixels = frame.pixels
      expected.draw(in: &pixels)
      try display.finish(try display.present(frame), waiting: Self.second)
      let before = machine.qemu.commands.count

      // All pixels are drawn anew, but only those in the damage may be seen.
      var next = try display.nextFrame(waiting: Self.second)
      #expect(next.staleRegion.isEmpty)
      var nextPixels = next.pixels
      other.draw(in: &nextPixels)
      let presentation = try display.present(next, damage: damage.rectangles.span)
      try display.finish(presentation, waiting: Self.second)
      let arriving = damage.arriving
      for index in arriving.rectangles.indices {
        expected.copy(arriving.rectangles[index], from: other)
      }
      #expect(expected.difference(from: try await machine.qemu.picture()) == nil)
      #expect(
        Array(machine.qemu.commands.dropFirst(before))
          == Array(repeating: "res_xfer_toh_2d res 0x1", count: arriving.count)
          + (damage.flush.map { ["res_flush res 0x1, \($0)"] } ?? []))
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("SPLIT-AVAIL-1, SPLIT-KICK-4: 300 frames in a row, far around the ring")
  func manyFrames() async throws {
    try await HostedMachine.run(HostedMachine.configuration(width: 64, height: 48)) { machine in
      var display = try machine.openScreen()
      var expected = ExpectedPicture(width: 64, height: 48, seed: 0)
      for seed in 0..<300 {
        var frame = try display.nextFrame(waiting: Self.second)
        let other = ExpectedPicture(width: 64, height: 48, seed: UInt32(seed))
        let damage: InlineArray<1, Rectangle> = [
          Rectangle(x: seed % 60, y: seed % 44, width: 1 + seed % 7, height: 1 + seed % 5)
        ]
        if seed > 0 { expected.copy(damage[0], from: other) }
        var pixels = frame.pixels
        expected.draw(in: &pixels)
        let presentation = try display.present(frame, damage: damage.span)
        try display.finish(presentation, waiting: Self.second)
      }
      #expect(expected.difference(from: try await machine.qemu.picture()) == nil)
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test(
    """
    F-FLIP, F-DAMAGELIST: 600 frames of which only what is stale and what is new is drawn: each \
    that is looked at is exact
    """,
    arguments: BufferCount.allCases)
  func staleRegions(_ buffers: BufferCount) async throws {
    try await HostedMachine.run(HostedMachine.configuration(width: 64, height: 48)) { machine in
      var display = try machine.openScreen(buffers: buffers)
      var expected = ExpectedPicture(width: 64, height: 48, seed: 0)
      let other = ExpectedPicture(width: 64, height: 48, seed: 1)
      for number in 0..<600 {
        var frame = try display.nextFrame(waiting: Self.second)
        let stale = frame.staleRegion
        let damage: InlineArray<2, Rectangle> = [
          Rectangle(x: number * 7 % 60, y: number * 5 % 44, width: 4, height: 1 + number % 4),
          Rectangle(x: number * 11 % 50, y: number * 3 % 40, width: 1 + number % 14, height: 8),
        ]
        var pixels = frame.pixels
        for index in stale.rectangles.indices {
          expected.draw(stale.rectangles[index], in: &pixels)
        }
        let fresh = ExpectedPicture(
          width: 64, height: 48, words: other.words.map { $0 &+ UInt32(number) &* 0x01_0307 })
        for index in damage.indices {
          expected.copy(damage[index], from: fresh)
          expected.draw(damage[index], in: &pixels)
        }
        let presentation = try display.present(frame, damage: damage.span)
        guard number % 60 == 59 else { continue }
        try display.finish(presentation, waiting: Self.second)
        #expect(expected.difference(from: try await machine.qemu.picture()) == nil)
      }
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("a frame that is dropped is not shown, and its pixels are stale afterwards")
  func droppedFrame() async throws {
    try await HostedMachine.run(HostedMachine.configuration(width: 64, height: 48)) { machine in
      var display = try machine.openScreen(buffers: .one)
      let expected = ExpectedPicture(width: 64, height: 48, seed: 3)
      var frame = try display.nextFrame(waiting: Self.second)
      var pixels = frame.pixels
      expected.draw(in: &pixels)
      try display.finish(try display.present(frame), waiting: Self.second)
      try Self.drawAndDrop(&display)
      #expect(expected.difference(from: try await machine.qemu.picture()) == nil)
      let again = try display.nextFrame(waiting: Self.second)
      #expect(again.staleRegion.bounds == again.bounds)
      #expect(try display.tryNextFrame() == nil, "There is one frame, and the program has it.")
      try display.close(waiting: Self.second)
    }
  }

  private static func drawAndDrop(_ display: inout Screen) throws {
    var frame = try display.nextFrame(waiting: second)
    var pixels = frame.pixels
    ExpectedPicture(width: 64, height: 48, seed: 4).draw(in: &pixels)
  }
}
