import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// Sizes, layouts, plugs and frames in any order.
@Suite struct RandomLayoutTests {
  /// Numbers that are the same each time.
  private struct Dice {
    var state: UInt64

    /// One of so many.
    mutating func roll(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
  }

  private static let ids = (0..<3).map { ScanoutID(rawValue: $0) }

  /// Does something to the layout, the sizes or the displays.
  private static func change(
    _ display: inout ModelDisplay, _ machine: ModelMachine, _ dice: inout Dice
  ) throws {
    let (one, other) = (ids[dice.roll(3)], ids[dice.roll(3)])
    switch dice.roll(10) {
    case 0:
      let size = [(0, 5), (16, 16), (33, 17), (20_000, 1), (100, 90), (50, 60)][dice.roll(6)]
      try display.setMode(width: UInt32(size.0), height: UInt32(size.1), on: one)
    case 1: try display.followDisplay(format: [nil, .r8g8b8a8][dice.roll(2)], on: one)
    case 2: try display.mirror(one, on: other)
    case 3: try display.span([one, other].span, arranged: .sideBySide)
    case 4: try display.span(ids.span)
    case 5:
      let part = Rectangle(
        x: dice.roll(9), y: dice.roll(9), width: 1 + dice.roll(40), height: 1 + dice.roll(40))
      try display.show(part, of: one, on: other)
    case 6: try display.pan(toX: dice.roll(40), y: dice.roll(40), on: one)
    case 7:
      let isEnabled = dice.roll(3) > 0
      let (width, height) = (16 + UInt32(dice.roll(40)), 16 + UInt32(dice.roll(40)))
      machine.setOutput(
        dice.roll(3), to: .init(width: width, height: height, isEnabled: isEnabled))
      _ = try display.takeDisplayEvent(waiting: patience)
    case 8: try display.useFallbackMode()
    default: try display.drain()
    }
  }

  /// Draws and presents, in one way or another; a frame may stay in hand.
  private static func draw(
    _ display: inout ModelDisplay, _ kept: inout Frame?, _ number: Int, _ dice: inout Dice
  ) throws {
    if let frame = kept.take() {
      if dice.roll(4) > 0 { _ = try display.present(frame) }
      return
    }
    let id = [nil, ids[dice.roll(3)]][dice.roll(2)]
    var frame = try display.nextFrame(on: id, waiting: patience)
    LifeTests.draw(&frame, frame.bounds, number)
    switch dice.roll(5) {
    case 0: kept = consume frame
    case 1: _ = try display.present(frame, as: .mailbox)
    case 2:
      let damage = [Rectangle(x: dice.roll(20), y: 3, width: 9, height: 9)]
      _ = try display.present(frame, damage: damage.span)
    default: _ = try display.present(frame)
    }
  }

  /// Does one thing; what is refused is no matter, unless it is for good.
  private static func step(
    _ display: inout ModelDisplay, _ kept: inout Frame?, _ machine: ModelMachine, _ number: Int,
    _ dice: inout Dice
  ) {
    do {
      if dice.roll(3) == 0 {
        try change(&display, machine, &dice)
      } else {
        try draw(&display, &kept, number, &dice)
      }
    } catch {
      switch error as? GPUError {
      case .invalidSize, .invalidViewport, .surfaceIsShared, .scanoutDisabled, .noScanout,
        .command, .busy, .noFrame, .staleFrame, .outOfMemory:
        break
      default: Issue.record("\(error)")
      }
    }
  }

  /// Goes back to a picture of its own on each scanout, and looks at it.
  private static func settle(_ display: inout ModelDisplay, _ machine: ModelMachine) throws {
    for (index, id) in ids.enumerated() {
      machine.setOutput(index, to: .init(width: 20 + UInt32(index), height: 30))
      _ = try display.takeDisplayEvent(waiting: patience)
      for other in ids where display.scanout(other)?.isEnabled == true {
        if display.viewport(of: other)?.source == id { try display.followDisplay(on: other) }
      }
    }
    for id in ids { try display.followDisplay(format: .b8g8r8x8, on: id) }
    for (index, id) in ids.enumerated() {
      var width = 0
      var failures: [any Error] = []
      for _ in 0..<6 {
        // What has gone wrong before is said first.
        do {
          var frame = try display.nextFrame(on: id, waiting: patience)
          width = frame.width
          LifeTests.draw(&frame, frame.bounds, 7)
          try display.finish(try display.present(frame), waiting: patience)
        } catch {
          failures.append(error)
        }
      }
      #expect(width == 20 + index, "\(failures)")
      let picture = try #require(machine.pixels(ofScanout: index))
      try #require((picture.width, picture.height) == (20 + index, 30))
      #expect(picture[19, 29].rgb == LifeTests.color(19, 29, 7))
    }
  }

  @Test(
    "whatever is done in whatever order breaks no rule, and all can be had back afterwards",
    arguments: 1...12, [64, 16] as [UInt16])
  func random(_ seed: UInt64, _ queueSize: UInt16) throws {
    var configuration = ModelConfiguration()
    configuration.outputs = Array(repeating: .init(width: 40, height: 30), count: 3)
    configuration.queueSizes = [queueSize, 16]
    configuration.refusesFurtherBacking = seed % 4 == 0
    let machine = ModelMachine(configuration)
    var dice = Dice(state: seed)
    var display = try machine.open(buffers: [.one, .two, .three][dice.roll(3)])
    for id in Self.ids {
      try display.finish(
        display.present(display.nextFrame(on: id, waiting: patience)), waiting: patience)
    }
    var kept: Frame?
    for number in 0..<150 { Self.step(&display, &kept, machine, number, &dice) }
    kept = nil
    try Self.settle(&display, machine)
    try? display.close(waiting: patience)
    #expect(machine.finish() == [])
    #expect(machine.liveAllocationCount == 0)
  }
}
