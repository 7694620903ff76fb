import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// One picture on several scanouts, and parts of one, on QEMU's device.
@Suite struct LayoutTests {
  private static let second = PollingWaiter(timeout: .seconds(1))
  private static let ids = [ScanoutID(rawValue: 0), ScanoutID(rawValue: 1)]

  /// A machine with two heads of 320x200 and 160x100, and the driver on it; the display is closed
  /// afterwards.
  private static func withHeads(
    refusals: Int = 0,
    _ body: @escaping @Sendable (inout Screen, HostedMachine, RFBClient) async throws -> Void
  ) async throws {
    var configuration = HostedMachine.configuration(width: 320, height: 200, "max_outputs=2")
    configuration.display = .heads(2)
    configuration.traceEvents = ["virtio_gpu_cmd_*"]
    try await HostedMachine.run(configuration) { machine in
      let client = try await machine.qemu.connectVNC(head: 1)
      try await client.setDesktopSize(width: 160, height: 100)
      var display = try machine.openScreen()
      try await body(&display, machine, client)
      try display.close(waiting: second)
      #expect(machine.memory.takenCount == 0)
      let errors = machine.qemu.guestErrors()
      #expect(errors.count == refusals && errors.allSatisfy { $0.contains("illegal scanout") })
      // What was made is gone.
      let commands = machine.qemu.commands
      let made = commands.count { $0.hasPrefix("res_create_2d") }
      #expect(made > 0 && made == commands.count { $0.hasPrefix("res_unref") })
    }
  }

  /// Draws a whole picture of a surface.
  private static func draw(
    seed: UInt32, of display: inout Screen, on id: ScanoutID? = nil
  ) throws -> ExpectedPicture {
    var frame = try display.nextFrame(on: id, waiting: second)
    let picture = ExpectedPicture(width: frame.width, height: frame.height, seed: seed)
    var pixels = frame.pixels
    picture.draw(in: &pixels)
    try display.finish(try display.present(frame), waiting: second)
    return picture
  }

  /// Draws a part of a picture anew.
  private static func damage(
    _ part: Rectangle, seed: UInt32, _ picture: inout ExpectedPicture, of display: inout Screen
  ) throws {
    var frame = try display.nextFrame(waiting: second)
    let stale = frame.staleRegion
    let new = ExpectedPicture(width: picture.width, height: picture.height, seed: seed)
    let old = picture
    picture.copy(part, from: new)
    var pixels = frame.pixels
    for index in stale.rectangles.indices { old.draw(stale.rectangles[index], in: &pixels) }
    picture.draw(part, in: &pixels)
    let presentation = try display.present(frame, damage: [part].span)
    try display.finish(presentation, waiting: second)
  }

  /// Compares what a head shows with a part of a picture.
  private static func expect(
    _ part: Rectangle? = nil, of picture: ExpectedPicture, head: Int, _ machine: HostedMachine,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let shown = try await machine.qemu.picture(head: head)
    let part = part ?? Rectangle(x: 0, y: 0, width: picture.width, height: picture.height)
    #expect(picture.cut(part).difference(from: shown) == nil, sourceLocation: sourceLocation)
  }

  @Test(
    """
    F-MIRROR, F-SCANOUTS: a mirror shows each frame of the other, exactly, with damage; it ends \
    and the own is back
    """)
  func mirror() async throws {
    try await Self.withHeads { display, machine, _ in
      _ = try Self.draw(seed: 1, of: &display, on: Self.ids[1])
      var picture = try Self.draw(seed: 2, of: &display)
      try display.mirror(Self.ids[0], on: Self.ids[1])
      // Its picture is there without a frame.
      try display.drain()
      for head in 0...1 { try await Self.expect(of: picture, head: head, machine) }
      for seed in 3..<12 as Range<UInt32> {
        picture = try Self.draw(seed: seed, of: &display)
      }
      for head in 0...1 { try await Self.expect(of: picture, head: head, machine) }
      for number in 0..<6 {
        let part = Rectangle(x: 40 * number, y: 30 * number, width: 41, height: 17)
        try Self.damage(part, seed: UInt32(20 + number), &picture, of: &display)
        for head in 0...1 { try await Self.expect(of: picture, head: head, machine) }
      }
      let before = machine.qemu.commands.count { $0.hasPrefix("set_scanout") }
      for seed in 30..<40 as Range<UInt32> { picture = try Self.draw(seed: seed, of: &display) }
      let after = machine.qemu.commands.count { $0.hasPrefix("set_scanout") }
      #expect(before == after, "a frame takes no more commands")
      try display.followDisplay(on: Self.ids[1])
      let own = try Self.draw(seed: 50, of: &display, on: Self.ids[1])
      #expect(own.width == 160)
      try await Self.expect(of: own, head: 1, machine)
      try await Self.expect(of: picture, head: 0, machine)
    }
  }

  @Test("F-SPAN: a span shows its parts on both heads, exactly, with damage across them")
  func span() async throws {
    try await Self.withHeads { display, machine, _ in
      for id in Self.ids { _ = try Self.draw(seed: id.rawValue, of: &display, on: id) }
      try display.span(Self.ids.span, arranged: .sideBySide)
      let left = Rectangle(x: 0, y: 0, width: 320, height: 200)
      let right = Rectangle(x: 320, y: 0, width: 160, height: 100)
      var picture = try Self.draw(seed: 5, of: &display)
      #expect(picture.width == 480 && picture.height == 200)
      try await Self.expect(left, of: picture, head: 0, machine)
      try await Self.expect(right, of: picture, head: 1, machine)
      for number in 0..<6 {
        let part = Rectangle(x: 300 + 5 * number, y: 11 * number, width: 40, height: 20)
        try Self.damage(part, seed: UInt32(60 + number), &picture, of: &display)
        try await Self.expect(left, of: picture, head: 0, machine)
        try await Self.expect(right, of: picture, head: 1, machine)
      }
      for seed in 70..<80 as Range<UInt32> { picture = try Self.draw(seed: seed, of: &display) }
      try await Self.expect(left, of: picture, head: 0, machine)
      try await Self.expect(right, of: picture, head: 1, machine)
      // QEMU places no display: all lie at the same place, and show the same.
      try display.span(Self.ids.span)
      picture = try Self.draw(seed: 90, of: &display)
      #expect(picture.width == 320 && picture.height == 200)
      try await Self.expect(of: picture, head: 0, machine)
      try await Self.expect(
        Rectangle(x: 0, y: 0, width: 160, height: 100), of: picture, head: 1, machine)
    }
  }

  @Test("F-PAN: a view moves over a larger surface, exactly, with frames and damage in between")
  func pan() async throws {
    try await Self.withHeads(refusals: 1) { display, machine, _ in
      try display.setMode(width: 701, height: 503)
      var view = Rectangle(x: 0, y: 0, width: 320, height: 200)
      try display.show(view, of: Self.ids[0], on: Self.ids[0])
      var picture = try Self.draw(seed: 1, of: &display)
      try await Self.expect(view, of: picture, head: 0, machine)
      for (x, y) in [(1, 0), (0, 1), (381, 303), (77, 33), (380, 302), (0, 0)] {
        (view.x, view.y) = (x, y)
        try display.pan(toX: x, y: y)
        try await Self.eventually(view, of: picture, head: 0, machine)
        let part = Rectangle(x: x + 10, y: y + 10, width: 31, height: 9)
        try Self.damage(part, seed: UInt32(x + y), &picture, of: &display)
        try await Self.expect(view, of: picture, head: 0, machine)
      }
      for seed in 5..<12 as Range<UInt32> { picture = try Self.draw(seed: seed, of: &display) }
      (view.x, view.y) = (111, 222)
      try display.pan(toX: 111, y: 222)
      try await Self.eventually(view, of: picture, head: 0, machine)
      // A window that the device refuses: less than 16 by 16.
      let small = Rectangle(x: 5, y: 5, width: 15, height: 15)
      try display.show(small, of: Self.ids[0], on: Self.ids[0])
      let failure = try Self.failure(of: &display)
      #expect(failure?.reason == .refused(.invalidParameter))
      #expect(failure?.subject.command == .setScanout)
      picture = try Self.draw(seed: 99, of: &display)
      try await Self.expect(view, of: picture, head: 0, machine)
    }
  }

  /// What the next frames say that has gone wrong.
  private static func failure(of display: inout Screen) throws -> CommandFailure? {
    for _ in 0..<8 {
      do throws(GPUError) {
        let frame = try display.nextFrame(waiting: second)
        try display.finish(try display.present(frame), waiting: second)
      } catch {
        if case .command(let failure) = error { return failure }
        throw error
      }
    }
    return nil
  }

  /// The same, of what was asked for without a frame to wait for.
  private static func eventually(
    _ part: Rectangle, of picture: ExpectedPicture, head: Int, _ machine: HostedMachine,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    for _ in 0..<1000 {
      let shown = try await machine.qemu.picture(head: head)
      if picture.cut(part).difference(from: shown) == nil { return }
    }
    try await expect(part, of: picture, head: head, machine, sourceLocation: sourceLocation)
  }

  @Test(
    """
    F-HOTPLUG, GPU-EVT-1: heads of a mirror and of a span are unplugged and plugged while frames \
    go on
    """)
  func unplugging() async throws {
    try await Self.withHeads { display, machine, client in
      for (index, isSpan) in [false, true].enumerated() {
        if isSpan {
          try display.span(Self.ids.span, arranged: .sideBySide)
        } else {
          try display.mirror(Self.ids[0], on: Self.ids[1])
        }
        let seed = UInt32(10 * index)
        var picture = try Self.draw(seed: seed, of: &display)
        try await client.setDesktopSize(width: 0, height: 0)
        #expect(try display.takeDisplayEvent(waiting: Self.second))
        for number in 1..<4 as Range<UInt32> {
          picture = try Self.draw(seed: seed + number, of: &display)
        }
        let left = Rectangle(x: 0, y: 0, width: 320, height: 200)
        try await Self.expect(left, of: picture, head: 0, machine)
        try await client.setDesktopSize(width: 160, height: 100)
        #expect(try display.takeDisplayEvent(waiting: Self.second))
        let part = isSpan ? Rectangle(x: 320, y: 0, width: 160, height: 100) : left
        try await Self.eventually(part, of: picture, head: 1, machine)
        picture = try Self.draw(seed: seed + 5, of: &display)
        try await Self.expect(left, of: picture, head: 0, machine)
        try await Self.expect(part, of: picture, head: 1, machine)
        // Now the one that the surface belongs to.
        let first = try await machine.qemu.connectVNC(head: 0)
        // QEMU passes on only what is another size than the last.
        try await first.setDesktopSize(width: 321, height: 200)
        try await first.setDesktopSize(width: 0, height: 0)
        #expect(try display.takeDisplayEvent(waiting: Self.second))
        picture = try Self.draw(seed: seed + 6, of: &display)
        try await Self.expect(part, of: picture, head: 1, machine)
        picture = try Self.draw(seed: seed + 7, of: &display, on: Self.ids[1])
        try await Self.expect(part, of: picture, head: 1, machine)
        try await first.setDesktopSize(width: 320, height: 200)
        #expect(try display.takeDisplayEvent(waiting: Self.second))
        try await Self.eventually(left, of: picture, head: 0, machine)
        picture = try Self.draw(seed: seed + 8, of: &display)
        try await Self.expect(left, of: picture, head: 0, machine)
        for id in Self.ids.reversed() { try display.followDisplay(on: id) }
        for id in Self.ids { _ = try Self.draw(seed: seed + 9, of: &display, on: id) }
      }
    }
  }
}

extension ExpectedPicture {
  /// A part of it.
  func cut(_ part: Rectangle) -> ExpectedPicture {
    var words: [UInt32] = []
    for y in part.y..<part.maxY {
      words += self.words[y * width + part.x..<y * width + part.maxX]
    }
    return ExpectedPicture(width: part.width, height: part.height, words: words)
  }
}
