import Testing
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// What QEMU's device refuses, and how the driver says so.
@Suite struct RefusalTests {
  private static let second = PollingWaiter(timeout: .seconds(1))

  /// How a first frame on scanout 0 fails.
  private static func failure(of display: inout Screen) throws -> CommandFailure? {
    do {
      let frame = try display.nextFrame(waiting: second)
      try display.finish(try display.present(frame), waiting: second)
      return nil
    } catch GPUError.command(let failure) {
      return failure
    }
  }

  /// The next frame; what became of the one before may be said first.
  private static func nextFrame(of display: inout Screen) throws -> Frame {
    do {
      return try display.nextFrame(waiting: second)
    } catch GPUError.command {
      return try display.nextFrame(waiting: second)
    }
  }

  @Test("F-HOSTMEM, F-ERRORS: a resource beyond max_hostmem is refused with OUT_OF_MEMORY")
  func outOfMemory() async throws {
    // 640x480 needs 1,228,800 bytes.
    let configuration = HostedMachine.configuration("max_hostmem=1048576")
    try await HostedMachine.run(configuration) { machine in
      var display = try machine.openScreen()
      let failure = try #require(try Self.failure(of: &display))
      #expect(failure.reason == .refused(.outOfMemory))
      #expect(failure.subject.command == .resourceCreate2D)
      #expect(failure.subject.resource == ResourceID(rawValue: 1))
      #expect(ResponseType.outOfMemory.rawValue == 0x1201)
      // Nothing else has suffered: the queue works, the memory comes back.
      _ = try display.readEDID(of: display.scanouts[0].id, waiting: Self.second)
      try? display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
    }
  }

  @Test("F-MODE: a scanout of less than 16 by 16 is refused with INVALID_PARAMETER")
  func tooSmall() async throws {
    var configuration = HostedMachine.configuration(width: 320, height: 200)
    configuration.display = .heads(1)
    try await HostedMachine.run(configuration) { machine in
      var display = try machine.openScreen()
      #expect(try Self.failure(of: &display) == nil)
      let client = try await machine.qemu.connectVNC(head: 0)
      try await client.setDesktopSize(width: 1, height: 1)
      #expect(try display.takeDisplayEvent(waiting: Self.second))
      let failure = try #require(try Self.failure(of: &display))
      #expect(failure.reason == .refused(.invalidParameter))
      #expect(failure.subject.command == .setScanout)
      #expect(failure.subject.scanout == ScanoutID(rawValue: 0))
      #expect(ResponseType.invalidParameter.rawValue == 0x1205)
      // The old picture stays, and can be drawn on, until a size comes that the device shows.
      let old = try Self.nextFrame(of: &display)
      #expect(old.width == 320 && old.height == 200)
      try display.finish(try display.present(old), waiting: Self.second)
      try await client.setDesktopSize(width: 100, height: 90)
      #expect(try display.takeDisplayEvent(waiting: Self.second))
      let new = try display.nextFrame(waiting: Self.second)
      #expect(new.width == 100 && new.height == 90)
      try display.finish(try display.present(new), waiting: Self.second)
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
    }
  }

  @Test(
    """
    F-BOUNDS, GPU-EVT-1: a size beyond all memory is refused by the platform, and the old one \
    goes on
    """)
  func tooLarge() async throws {
    var configuration = HostedMachine.configuration(width: 320, height: 200)
    configuration.display = .heads(1)
    try await HostedMachine.run(configuration) { machine in
      var display = try machine.openScreen()
      #expect(try Self.failure(of: &display) == nil)
      let client = try await machine.qemu.connectVNC(head: 0)
      try await client.setDesktopSize(width: 65_535, height: 65_535)
      #expect(try display.takeDisplayEvent(waiting: Self.second))
      #expect(throws: GPUError.invalidSize(width: 65_535, height: 65_535)) {
        _ = try display.nextFrame(waiting: Self.second)
      }
      try await client.setDesktopSize(width: 16_000, height: 16_000)
      #expect(try display.takeDisplayEvent(waiting: Self.second))
      let error = #expect(throws: GPUError.self) {
        _ = try display.nextFrame(waiting: Self.second)
      }
      guard case .outOfMemory(let failure) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(failure.byteCount == 2 * 1_024_000_000, "two pictures")
      try await client.setDesktopSize(width: 64, height: 64)
      #expect(try display.takeDisplayEvent(waiting: Self.second))
      #expect(try Self.failure(of: &display) == nil)
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }
}
