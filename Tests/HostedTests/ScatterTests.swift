import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// Pixels whose pages lie anywhere in RAM, on QEMU's device.
@Suite struct ScatterTests {
  private static let second = PollingWaiter(timeout: .seconds(2))

  @Test(
    "F-SCATTER, S9, GPU-D-17: pages in any order: every frame is as it was drawn, with damage",
    arguments: BufferCount.allCases, [1, 2, 3] as [UInt64])
  func anyOrder(_ buffers: BufferCount, _ seed: UInt64) async throws {
    // A row has no whole number of pages, and a slot neither.
    let configuration = HostedMachine.configuration(width: 211, height: 97)
    try await HostedMachine.run(configuration) { machine in
      machine.memory.scatter(.shuffled(seed: seed))
      var display = try machine.openScreen(buffers: buffers)
      var expected = ExpectedPicture(width: 211, height: 97, seed: UInt32(seed))
      for number in 0..<12 {
        var frame = try display.nextFrame(waiting: Self.second)
        let stale = frame.staleRegion
        let damage: InlineArray<2, Rectangle> = [
          Rectangle(x: number * 17 % 150, y: number * 5 % 60, width: 61, height: 31),
          Rectangle(x: number * 31 % 190, y: number * 13 % 90, width: 20, height: 7),
        ]
        let other = ExpectedPicture(width: 211, height: 97, seed: UInt32(number) + 50)
        var pixels = frame.pixels
        for index in stale.rectangles.indices {
          expected.draw(stale.rectangles[index], in: &pixels)
        }
        for index in damage.indices where number > 0 {
          expected.copy(damage[index], from: other)
          expected.draw(damage[index], in: &pixels)
        }
        let presentation = try display.present(frame, damage: damage.span)
        try display.finish(presentation, waiting: Self.second)
        #expect(expected.difference(from: try await machine.qemu.picture()) == nil, "\(number)")
      }
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("S9: whole frames, one after the other, come from scattered pages too")
  func wholeFrames() async throws {
    let configuration = HostedMachine.configuration(width: 211, height: 97)
    try await HostedMachine.run(configuration) { machine in
      machine.memory.scatter(.shuffled(seed: 9))
      var display = try machine.openScreen(buffers: .three)
      for seed: UInt32 in 0..<40 {
        var frame = try display.nextFrame(waiting: Self.second)
        let expected = ExpectedPicture(width: 211, height: 97, seed: seed)
        var pixels = frame.pixels
        expected.draw(in: &pixels)
        let presentation = try display.present(frame)
        guard seed % 8 == 7 else { continue }
        try display.finish(presentation, waiting: Self.second)
        #expect(expected.difference(from: try await machine.qemu.picture()) == nil)
      }
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
    }
  }

  /// The number in which a page's first pixel differs from all others.
  private static func mark(_ page: Int) -> UInt32 { UInt32(truncatingIfNeeded: page &* 613 &+ 7) }

  @Test("F-SCATTER, GPU-D-17: QEMU takes as many entries as the driver gives at most")
  func longestList() async throws {
    var configuration = HostedMachine.configuration(width: 4096, height: 4096)
    configuration.memoryMiB = 256
    try await HostedMachine.run(configuration) { machine in
      machine.memory.scatter(.reversed)
      var display = try machine.openScreen(buffers: .one)
      var frame = try display.nextFrame(waiting: Self.second)
      var pixels = frame.pixels
      for page in 0..<16384 { pixels[page * 1024] = Self.mark(page) }
      try display.finish(try display.present(frame), waiting: .polling(.seconds(20)))
      let picture = try await machine.qemu.picture()
      #expect(picture.width == 4096 && picture.height == 4096)
      let wrong = (0..<16384).count { page in
        let pixel = picture[page % 4 * 1024, page / 4]
        let found = UInt32(pixel.red) << 16 | UInt32(pixel.green) << 8 | UInt32(pixel.blue)
        return found != Self.mark(page) & 0xff_ffff
      }
      #expect(wrong == 0)
      try display.close(waiting: .polling(.seconds(20)))
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("GPU-D-17: one piece more is an error before the device sees anything of it")
  func tooLong() async throws {
    var configuration = HostedMachine.configuration(width: 4096, height: 4097)
    configuration.memoryMiB = 256
    configuration.traceEvents = ["virtio_gpu_cmd_*"]
    try await HostedMachine.run(configuration) { machine in
      machine.memory.scatter(.reversed)
      var display = try machine.openScreen(buffers: .one)
      let before = machine.memory.takenCount
      let found = #expect(throws: GPUError.self) {
        let frame = try display.nextFrame(waiting: Self.second)
        _ = try display.present(frame)
      }
      #expect(found == .tooScattered(pieceCount: 16388, limit: 16384))
      #expect(machine.memory.takenCount == before)
      #expect(!machine.qemu.commands.contains { $0.contains("create") })
      // In one piece it is no trouble.
      machine.memory.scatter(nil)
      let frame = try display.nextFrame(waiting: Self.second)
      try display.finish(try display.present(frame), waiting: .polling(.seconds(20)))
      try display.close(waiting: .polling(.seconds(20)))
      #expect(machine.memory.takenCount == 0)
    }
  }
}
