import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// Sizes and formats that the program asks for, on QEMU's device.
@Suite struct ModeTests {
  private static let second = PollingWaiter(timeout: .seconds(1))

  /// The next frame; what became of the one before may be said first, and is counted.
  private static func nextFrame(
    of display: inout Screen, failures: inout [GPUError]
  ) throws -> Frame {
    do throws(GPUError) {
      return try display.nextFrame(waiting: second)
    } catch {
      failures.append(error)
      return try display.nextFrame(waiting: second)
    }
  }

  /// Draws a whole picture.
  private static func draw(seed: UInt32, in frame: inout Frame) -> ExpectedPicture {
    let picture = ExpectedPicture(width: frame.width, height: frame.height, seed: seed)
    var pixels = frame.pixels
    picture.draw(in: &pixels)
    return picture
  }

  private static let sizes: [(UInt32, UInt32)] = [
    (16, 16), (17, 33), (640, 480), (641, 79), (33, 1000), (1000, 17), (99, 101), (320, 200),
    (1, 1), (15, 15), (16, 15), (123, 457), (31, 31), (64, 64), (719, 3), (1366, 76), (2000, 20),
    (255, 257), (16, 1), (4000, 16), (16, 4000), (319, 201),
  ]

  @Test(
    "F-MODE: many sizes, with frames in flight: each is shown, or refused and the old one goes on")
  func sizes() async throws {
    var configuration = HostedMachine.configuration(width: 320, height: 200)
    configuration.traceEvents = ["virtio_gpu_cmd_*"]
    try await HostedMachine.run(configuration) { machine in
      var display = try machine.openScreen(buffers: .three)
      var failures: [GPUError] = []
      var current: (UInt32, UInt32) = (320, 200)
      for (number, size) in Self.sizes.enumerated() {
        for _ in 0..<2 {
          let frame = try Self.nextFrame(of: &display, failures: &failures)
          _ = try display.present(frame)
        }
        try display.setMode(width: size.0, height: size.1)
        failures = []
        let isRefused = size.0 < 16 || size.1 < 16
        var frame = try Self.nextFrame(of: &display, failures: &failures)
        #expect(frame.width == Int(size.0) && frame.height == Int(size.1) && failures.isEmpty)
        var picture = Self.draw(seed: UInt32(number), in: &frame)
        let presentation = try display.present(frame)
        if isRefused {
          let error = #expect(throws: GPUError.self) {
            try display.finish(presentation, waiting: Self.second)
          }
          guard case .command(let failure) = error else { continue }
          #expect(failure.subject.command == .setScanout)
          #expect(failure.reason == .refused(.invalidParameter))
          var again = try Self.nextFrame(of: &display, failures: &failures)
          #expect(again.width == Int(current.0) && again.height == Int(current.1))
          picture = Self.draw(seed: UInt32(number), in: &again)
          try display.finish(try display.present(again), waiting: Self.second)
        } else {
          try display.finish(presentation, waiting: Self.second)
          current = size
        }
        let shown = try await machine.qemu.picture()
        #expect(picture.difference(from: shown) == nil, "\(size)")
      }
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
      let commands = machine.qemu.commands
      let made = commands.filter { $0.hasPrefix("res_create_2d") }.count
      #expect(made == Self.sizes.count + 1)
      #expect(commands.filter { $0.hasPrefix("res_unref") }.count == made)
    }
  }

  @Test(
    """
    F-HOSTMEM: what the host has no memory for is refused again and again, and nothing of it \
    stays there
    """)
  func noHostMemory() async throws {
    // 320x200 needs 256,000 bytes, 640x480 needs 1,228,800.
    let configuration = HostedMachine.configuration(width: 320, height: 200, "max_hostmem=1000000")
    try await HostedMachine.run(configuration) { machine in
      var display = try machine.openScreen()
      var failures: [GPUError] = []
      for number in 0..<20 as Range<UInt32> {
        try display.setMode(width: 640, height: 480)
        let refused = try display.present(try display.nextFrame(waiting: Self.second))
        let error = #expect(throws: GPUError.self) {
          try display.finish(refused, waiting: Self.second)
        }
        guard case .command(let failure) = error else { return }
        #expect(failure.reason == .refused(.outOfMemory))
        failures = []
        var frame = try Self.nextFrame(of: &display, failures: &failures)
        #expect(frame.width == 320 && frame.height == 200)
        let picture = Self.draw(seed: number, in: &frame)
        try display.finish(try display.present(frame), waiting: Self.second)
        let shown = try await machine.qemu.picture()
        #expect(picture.difference(from: shown) == nil)
        // Almost all that there is beside the old one, each time.
        try display.setMode(width: 420 + number, height: 400)
        var next = try Self.nextFrame(of: &display, failures: &failures)
        let other = Self.draw(seed: number, in: &next)
        try display.finish(try display.present(next), waiting: Self.second)
        #expect(other.width == 420 + Int(number))
        try display.followDisplay()
        let last = try Self.nextFrame(of: &display, failures: &failures)
        try display.finish(try display.present(last), waiting: Self.second)
        #expect(failures.isEmpty, "each is said once")
      }
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
    }
  }

  @Test(
    """
    F-NONE, F-FIRST, GPU-INIT-2: without a display, 1024x768 is shown on request, until one is \
    connected
    """)
  func fallback() async throws {
    var configuration = HostedMachine.configuration(width: 320, height: 200)
    configuration.display = .heads(1)
    try await HostedMachine.run(configuration) { machine in
      let client = try await machine.qemu.connectVNC(head: 0)
      try await client.setDesktopSize(width: 321, height: 200)
      try await client.setDesktopSize(width: 0, height: 0)
      var display = try machine.openScreen()
      #expect(throws: GPUError.noScanout) { _ = try display.nextFrame(waiting: Self.second) }
      try display.useFallbackMode()
      var frame = try display.nextFrame(waiting: Self.second)
      #expect(frame.width == 1024 && frame.height == 768)
      let picture = Self.draw(seed: 7, in: &frame)
      try display.finish(try display.present(frame), waiting: Self.second)
      #expect(picture.difference(from: try await machine.qemu.picture()) == nil)
      try await client.setDesktopSize(width: 200, height: 100)
      #expect(try display.takeDisplayEvent(waiting: Self.second))
      var next = try display.nextFrame(waiting: Self.second)
      #expect(next.width == 200 && next.height == 100)
      let second = Self.draw(seed: 8, in: &next)
      try display.finish(try display.present(next), waiting: Self.second)
      #expect(second.difference(from: try await machine.qemu.picture()) == nil)
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("GPU-EVT-1: many changes of a display are one notice, also while frames are in flight")
  func manyChanges() async throws {
    var configuration = HostedMachine.configuration(width: 320, height: 200)
    configuration.display = .heads(1)
    configuration.traceEvents = ["virtio_gpu_cmd_get_display_info"]
    try await HostedMachine.run(configuration) { machine in
      var display = try machine.openScreen(buffers: .three)
      let client = try await machine.qemu.connectVNC(head: 0)
      for round in 1...3 as ClosedRange<UInt16> {
        for _ in 0..<2 { _ = try display.present(try display.nextFrame(waiting: Self.second)) }
        let old = try display.nextFrame(waiting: Self.second)
        for number in 0..<7 as Range<UInt16> {
          try await client.setDesktopSize(width: 100 * round + number, height: 90)
        }
        #expect(try display.takeDisplayEvent(waiting: Self.second))
        #expect(try !display.takeDisplayEvent(waiting: Self.second))
        _ = try display.present(old)
        var frame = try display.nextFrame(waiting: Self.second)
        #expect(frame.width == Int(100 * round + 6) && frame.height == 90)
        let picture = Self.draw(seed: UInt32(round), in: &frame)
        try display.finish(try display.present(frame), waiting: Self.second)
        #expect(picture.difference(from: try await machine.qemu.picture()) == nil)
      }
      // One when it was opened.
      #expect(machine.qemu.commands.count { $0.hasPrefix("get_display_info") } == 4)
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }
}
