import Testing
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// One driver after another on the same device: what each leaves behind.
@Suite struct SuccessionTests {
  private static func show(_ display: inout ModelDisplay, _ seed: Int) throws -> Presentation {
    var frame = try display.nextFrame(waiting: patience)
    LifeTests.draw(&frame, frame.bounds, seed)
    return try display.present(frame)
  }

  /// Shows a picture and a cursor, and closes the display.
  private static func live(_ machine: ModelMachine, _ seed: Int, _ buffers: BufferCount) throws {
    var display = try machine.open(buffers: buffers)
    try display.finish(try show(&display, seed), waiting: patience)
    let picture = try #require(machine.pixels(ofScanout: 0))
    #expect((0..<64).allSatisfy { picture[$0, 17].rgb == LifeTests.color($0, 17, seed) })
    let image = [UInt32](repeating: 1, count: 64 * 64)
    try display.setCursor(image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: patience)
    // Closed with frames in flight, too.
    if seed % 2 == 1 { _ = try show(&display, seed) }
    try display.close(waiting: patience)
    #expect(machine.pixels(ofScanout: 0) == nil)
  }

  @Test(
    "CLEAN-2, RESET-1: ten lives break no rule, and no memory is left after any",
    arguments: BufferCount.allCases)
  func tenLives(_ buffers: BufferCount) throws {
    let machine = ModelMachine()
    for seed in 0..<10 {
      try Self.live(machine, seed, buffers)
      #expect(machine.liveAllocationCount == 0)
    }
    #expect(machine.finish() == [])
  }

  @Test("INIT-2: a display that was dropped with a frame in flight keeps its memory, and no more")
  func takenOver() throws {
    let machine = ModelMachine()
    for seed in 0..<10 {
      do {
        var display = try machine.open()
        _ = try Self.show(&display, 100 + seed)
      }
      let lost = machine.liveAllocationCount
      // Rings and commands of two queues, pixels and their ledger.
      #expect(lost == 6 * (seed + 1))
      try Self.live(machine, seed, .two)
      #expect(machine.liveAllocationCount == lost)
    }
    #expect(machine.violations == [])
  }
}
