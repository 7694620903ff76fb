import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// Frames of which only what is stale and what is new is drawn, over several slots: each is exact.
@Suite struct StaleRegionTests {
  /// A program that draws no more than it must, and knows what has to be seen.
  private struct Painter {
    private(set) var width: Int
    private(set) var height: Int
    private(set) var picture: [UInt32]
    private var state: UInt32
    private var number = 0

    init(seed: UInt32, width: Int, height: Int) {
      state = seed
      (self.width, self.height) = (width, height)
      picture = Array(repeating: 0, count: width * height)
    }

    private mutating func random(_ limit: Int) -> Int {
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int(state >> 8) % limit
    }

    /// What is new in the next frame: one to five rectangles.
    private mutating func damage() -> [Rectangle] {
      (0...random(5)).map { _ in
        Rectangle(
          x: random(width), y: random(height), width: 1 + random(9), height: 1 + random(7))
      }
    }

    /// Draws what is stale, then something new.
    mutating func draw(_ frame: inout Frame) -> [Rectangle] {
      if (frame.width, frame.height) != (width, height) {
        (width, height) = (frame.width, frame.height)
        picture = Array(repeating: 0, count: width * height)
      }
      LifeTests.draw(&frame, frame.staleRegion, of: picture)
      number += 1
      let damage = damage()
      for area in damage {
        let part = area.intersection(frame.bounds)
        LifeTests.draw(&frame, part, number)
        for y in part.y..<part.maxY {
          for x in part.x..<part.maxX { picture[y * width + x] = LifeTests.color(x, y, number) }
        }
      }
      return damage
    }

    func wrongPixelCount(_ shown: Picture) -> Int {
      guard (shown.width, shown.height) == (width, height) else { return .max }
      return picture.indices.count { shown[$0 % width, $0 / width].rgb != picture[$0] }
    }
  }

  private static func scribble(in display: inout ModelDisplay) throws {
    var frame = try display.nextFrame(waiting: patience)
    LifeTests.draw(&frame, frame.bounds, 99)
  }

  private static func machine(_ change: (inout ModelConfiguration) -> Void = { _ in })
    -> ModelMachine
  {
    var configuration = ModelConfiguration()
    configuration.traceLimit = 0
    change(&configuration)
    return ModelMachine(configuration)
  }

  @Test(
    "600 frames, each exact, with some that are dropped, some that fail, and a resize",
    arguments: BufferCount.allCases)
  func everyFrame(_ buffers: BufferCount) throws {
    let machine = Self.machine()
    var display = try machine.open(buffers: buffers)
    var painter = Painter(seed: UInt32(buffers.rawValue), width: 64, height: 48)
    var failureCount = 0
    for number in 0..<600 {
      if number % 37 == 36 { try Self.scribble(in: &display) }
      if number == 300 {
        machine.setOutput(0, to: .init(width: 50, height: 70))
        #expect(try display.takeDisplayEvent(waiting: patience))
      }
      var frame = try display.nextFrame(waiting: patience)
      let damage = painter.draw(&frame)
      if number % 61 == 60 {
        machine.inject(ModelFault(on: .command(0x105), .refuse(0x1200)))
      }
      do {
        let presentation = try display.present(frame, damage: damage.span)
        try display.finish(presentation, waiting: patience)
        let shown = try #require(machine.pixels(ofScanout: 0))
        #expect(painter.wrongPixelCount(shown) == 0, "frame \(number)")
      } catch let error as GPUError {
        guard case .command = error else { throw error }
        failureCount += 1
      }
      machine.clearFaults()
    }
    #expect(failureCount == 9)
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  @Test(
    "G39: whatever is in flight, and in whatever order it arrives, the last of many frames is exact",
    arguments: BufferCount.allCases, [PresentationPolicy.queued, .mailbox])
  func pipelined(_ buffers: BufferCount, _ policy: PresentationPolicy) throws {
    let machine = Self.machine { $0.chance = ModelChance(seed: 3, oneIn: 3) }
    var display = try machine.open(buffers: buffers)
    var painter = Painter(seed: 5, width: 64, height: 48)
    for number in 0..<400 {
      var frame = try display.nextFrame(waiting: patience)
      let damage = painter.draw(&frame)
      let presentation = try display.present(frame, damage: damage.span, as: policy)
      guard number % 8 == 7 else { continue }
      try display.finish(presentation, waiting: patience)
      let shown = try #require(machine.pixels(ofScanout: 0))
      #expect(painter.wrongPixelCount(shown) == 0, "frame \(number)")
    }
    try display.close(waiting: patience)
    #expect(machine.finish().filter { $0.id != "GPU-INIT-3" } == [])
  }

  @Test(
    "a device that refuses transfers from behind the first picture shows each frame all the same",
    arguments: BufferCount.allCases)
  func separate(_ buffers: BufferCount) throws {
    let machine = Self.machine { $0.refusesFurtherBacking = true }
    var display = try machine.open(buffers: buffers)
    var painter = Painter(seed: 9, width: 64, height: 48)
    for number in 0..<200 {
      if number % 37 == 36 { try Self.scribble(in: &display) }
      if number == 100 {
        machine.setOutput(0, to: .init(width: 50, height: 70))
        #expect(try display.takeDisplayEvent(waiting: patience))
      }
      var frame = try display.nextFrame(waiting: patience)
      let damage = painter.draw(&frame)
      let presentation = try display.present(frame, damage: damage.span)
      try display.finish(presentation, waiting: patience)
      let shown = try #require(machine.pixels(ofScanout: 0))
      #expect(painter.wrongPixelCount(shown) == 0, "frame \(number)")
    }
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
    #expect(machine.liveAllocationCount == 0)
  }
}
