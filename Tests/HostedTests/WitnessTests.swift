import Testing
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// A real device that stops answering, in part or altogether.
@Suite struct WitnessTests {
  private static let second = PollingWaiter(timeout: .seconds(1))
  private static let moment = PollingWaiter(timeout: .milliseconds(200))

  @Test(
    """
    F-NEEDSRESET, Q35, STATUS-4, CLEAN-2, PCI-COM-9: a queue that breaks is seen, said, and \
    mended by a reset
    """)
  func brokenQueue() async throws {
    try await HostedMachine.run(HostedMachine.configuration(width: 64, height: 48)) { machine in
      let function = try machine.function(ofType: 16)
      let common = try #require(machine.registers(.common, of: function))
      let interrupts = try #require(machine.registers(.interruptStatus, of: function))
      let spy = Spy()
      var display = try machine.openScreen(spiedOnBy: spy)
      let first = try display.nextFrame(waiting: Self.second)
      try display.finish(try display.present(first), waiting: Self.second)
      let generation = common.read8(at: 0x15)

      // The next chain starts at a descriptor that the queue does not have.
      spy.beforeNextRing { queue in
        guard let ring = queue.availableRing(in: machine.memory) else { return }
        let last = (ring.load16(uncheckedAt: 2) &- 1) % queue.size
        ring.store16(queue.size, uncheckedAt: 4 + 2 * Int(last))
      }
      let frame = try display.nextFrame(waiting: Self.second)
      let presentation = try display.present(frame)
      let error = #expect(throws: GPUError.self) {
        try display.finish(presentation, waiting: Self.moment)
      }
      guard case .timedOut(let subject, needsReset: true) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(subject.command == .resourceFlush && subject.scanout == ScanoutID(rawValue: 0))
      #expect(common.read8(at: 0x14) == 0x4f)
      #expect(interrupts.read8(at: 0) & 2 == 2, "It interrupts for a change of configuration.")
      #expect(common.read8(at: 0x15) == generation &+ 1)
      #expect(throws: GPUError.needsReset) { _ = try display.nextFrame(waiting: Self.moment) }

      // The end is a reset, without asking the device for anything before, and nothing is lost.
      #expect(display.failureOfClosing(waiting: Self.moment) == nil)
      #expect(machine.memory.takenCount == 0)
      #expect(common.read8(at: 0x14) == 0)
      var again = try machine.openScreen()
      let last = try again.nextFrame(waiting: Self.second)
      try again.finish(try again.present(last), waiting: Self.second)
      try again.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
    }
  }

  @Test(
    """
    F-TIMEOUT, F-QUARANTINE, Q24, CLEAN-1: a command that is never answered times out, and others \
    go on
    """)
  func truncatedCommand() async throws {
    try await HostedMachine.run(HostedMachine.configuration(width: 64, height: 48)) { machine in
      let spy = Spy()
      var display = try machine.openScreen(spiedOnBy: spy)
      let scanout = display.scanouts[0].id
      let first = try display.nextFrame(waiting: Self.second)
      try display.finish(try display.present(first), waiting: Self.second)
      let image = [UInt32](repeating: .max, count: cursorSize * cursorSize)

      // The creation of the cursor's resource is cut short: the first of two commands.
      spy.beforeNextRing { $0.truncateRequest(1, in: machine.memory) }
      let error = #expect(throws: GPUError.self) {
        try display.setCursor(
          image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: Self.moment)
      }
      guard case .timedOut(let subject, needsReset: false) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(subject.command == .resourceCreate2D)

      // The queue is not blocked: later commands are answered, many times around the ring.
      for seed in 0..<100 {
        var frame = try display.nextFrame(waiting: Self.second)
        var pixels = frame.pixels
        ExpectedPicture(width: 64, height: 48, seed: UInt32(seed)).draw(in: &pixels)
        try display.finish(try display.present(frame), waiting: Self.second)
      }
      let last = ExpectedPicture(width: 64, height: 48, seed: 99)
      #expect(last.difference(from: try await machine.qemu.picture()) == nil)
      // The other of the two commands was refused: that is nothing to whoever calls next.
      _ = try display.readEDID(of: scanout, waiting: Self.second)
      try display.setCursor(
        image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: Self.second)
      #expect(try display.readEDID(of: scanout, waiting: Self.second).bytes.count >= 128)
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
      // The device has noticed the cut, and that the resource is missing; there was nothing else.
      let complaints = machine.qemu.guestErrors()
      #expect(complaints.first?.contains("size incorrect") == true, "\(complaints)")
      let others = complaints.dropFirst()
      #expect(others.allSatisfy { $0.contains("illegal resource") && $0.contains(" 2") })
    }
  }

  @Test("Q24, CLEAN-1: a question that is never answered keeps its place, and frames go on")
  func truncatedInquiry() async throws {
    try await HostedMachine.run(HostedMachine.configuration(width: 64, height: 48)) { machine in
      let spy = Spy()
      var display = try machine.openScreen(spiedOnBy: spy)
      let scanout = display.scanouts[0].id
      spy.beforeNextRing { $0.truncateRequest(0, in: machine.memory) }
      let error = #expect(throws: GPUError.self) {
        _ = try display.readEDID(of: scanout, waiting: Self.moment)
      }
      guard case .timedOut(let subject, needsReset: false) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(subject.command == .getEDID && subject.scanout == scanout)
      // The device has the place of the answer until it is reset; other questions have their own.
      let again = #expect(throws: GPUError.self) {
        _ = try display.readEDID(of: scanout, waiting: Self.moment)
      }
      guard case .timedOut = again else {
        Issue.record("\(String(describing: again))")
        return
      }
      try display.updateScanouts(waiting: Self.second)
      for _ in 0..<40 {
        let frame = try display.nextFrame(waiting: Self.second)
        try display.finish(try display.present(frame), waiting: Self.second)
      }
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
    }
  }

  @Test("Q24, CLEAN-1: a flush that is never answered keeps its frame, and is said")
  func truncatedFlush() async throws {
    try await HostedMachine.run(HostedMachine.configuration(width: 64, height: 48)) { machine in
      let spy = Spy()
      var display = try machine.openScreen(spiedOnBy: spy)
      let first = try display.nextFrame(waiting: Self.second)
      try display.finish(try display.present(first), waiting: Self.second)
      spy.beforeNextRing { $0.truncateRequest(0, in: machine.memory) }
      let frame = try display.nextFrame(waiting: Self.second)
      let presentation = try display.present(frame)
      #expect(throws: GPUError.self) {
        try display.finish(presentation, waiting: Self.moment)
      }
      #expect(try !display.isComplete(presentation))
      // The device may still read the pixels: nobody gets them. The others are free.
      let other = try display.nextFrame(waiting: Self.moment)
      #expect(throws: GPUError.self) {
        _ = try display.nextFrame(waiting: Self.moment)
      }
      _ = consume other
      _ = try display.readEDID(of: display.scanouts[0].id, waiting: Self.second)
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
    }
  }
}
