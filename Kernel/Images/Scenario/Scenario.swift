import VirtIO
import VirtIOGPU
import VirtIOGraphics

/// A whole life of a display: opened, a first picture, ten frames of which only the damage is presented,
/// a cursor that is shown, moved and hidden, and the end.
///
/// This file is compiled into the image `Scenario` and into the tests, so that the very same life is led
/// on bare metal, on QEMU's device driven from a test, and on the model.
struct Scenario {
  /// A moment at which somebody may look at the scanout.
  enum Stage: Equatable {
    /// The picture with the damage of so many frames has arrived.
    case frame(Int)
    /// The cursor is there.
    case cursorShown
    /// The cursor is there.
    case cursorMoved(x: UInt32, y: UInt32)
    /// There is no cursor.
    case cursorHidden
  }

  /// How many frames follow the first picture.
  static var frameCount: Int { 10 }

  /// Leads the life on a device, and says at each stage that it has come to it.
  ///
  /// - Throws: ``GPUError``: the first thing that did not go as it should.
  static func run<P: Platform, T: Transport & ~Copyable>(
    _ transport: consuming T, on platform: P, declining declined: Features = [],
    waiting patience: PollingWaiter, stage: (Stage) -> Void
  ) throws(GPUError) {
    var display = try Display.open(
      transport, on: platform, declining: declined, waiting: patience)
    try showFrames(on: &display, waiting: patience, stage: stage)
    try showCursor(on: &display, waiting: patience, stage: stage)
    try display.close(waiting: patience)
  }

  private static func showFrames<P: Platform, T: Transport & ~Copyable>(
    on display: inout Display<P, T>, waiting patience: PollingWaiter, stage: (Stage) -> Void
  ) throws(GPUError) {
    for number in 0...frameCount {
      var frame = try display.nextFrame(waiting: patience)
      let width = frame.width
      let height = frame.height
      let damage = Self.damage(of: number, width: width, height: height)
      let stale = frame.staleRegion
      var pixels = frame.pixels
      for index in stale.rectangles.indices {
        let part = stale.rectangles[index]
        for y in part.y..<part.maxY {
          for x in part.x..<part.maxX {
            pixels[y * width + x] = pixel(
              x: x, y: y, after: number - 1, width: width, height: height)
          }
        }
      }
      for index in damage.indices {
        let part = damage[index]
        for y in part.y..<part.maxY {
          for x in part.x..<part.maxX { pixels[y * width + x] = color(of: number, part: index) }
        }
      }
      let presentation = try display.present(frame, damage: damage.span)
      try display.finish(presentation, waiting: patience)
      stage(.frame(number))
    }
  }

  // Not inlined: its image is too much for a frame that has the display in it.
  @inline(never)
  private static func showCursor<P: Platform, T: Transport & ~Copyable>(
    on display: inout Display<P, T>, waiting patience: PollingWaiter, stage: (Stage) -> Void
  ) throws(GPUError) {
    var image = InlineArray<4096, UInt32>(repeating: 0)
    for round: UInt32 in 0..<2 {
      for index in image.indices { image[index] = cursorPixel(index, round: round) }
      try display.setCursor(
        image.span, hotspotX: 3, hotspotY: 5, x: 10, y: 20, waiting: patience)
      stage(.cursorShown)
      for step: UInt32 in 1...4 {
        let (x, y) = (step * 30, step * 20 + round)
        try display.moveCursor(toX: x, y: y)
        stage(.cursorMoved(x: x, y: y))
      }
    }
    try display.hideCursor()
    stage(.cursorHidden)
  }

  // MARK: What there is to see

  /// The picture under all frames.
  static func background(x: Int, y: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: (x &* 3 ^ y &* 5) & 0xff) &* 0x01_01_01
  }

  /// What a frame draws: two rectangles, in part over each other and over the edge.
  static func damage(of number: Int, width: Int, height: Int) -> InlineArray<2, Rectangle> {
    let bounds = Rectangle(x: 0, y: 0, width: width, height: height)
    let first = Rectangle(x: number * 37 % width, y: number * 23 % height, width: 40, height: 25)
    let second = Rectangle(
      x: width - 50 - number * 31 % width, y: number * 29 % height, width: 61, height: 9)
    return [first.intersection(bounds), second.intersection(bounds)]
  }

  /// The colour in which a frame draws its rectangles.
  static func color(of number: Int, part: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: 0x30_60_90 &+ number &* 0x11_07_0b &+ part &* 0x4f_20_00)
      & 0xff_ff_ff
  }

  /// What a pixel shows after so many frames, in 24 bits.
  static func pixel(x: Int, y: Int, after number: Int, width: Int, height: Int) -> UInt32 {
    var number = number
    while number >= 0 {
      let damage = damage(of: number, width: width, height: height)
      if damage[1].contains(x: x, y: y) { return color(of: number, part: 1) }
      if damage[0].contains(x: x, y: y) { return color(of: number, part: 0) }
      number -= 1
    }
    return background(x: x, y: y)
  }

  private static func cursorPixel(_ index: Int, round: UInt32) -> UInt32 {
    let (x, y) = (index % 64, index / 64)
    return x + y < 40 ? 0xff00_00ff &+ round &* 0x8000 : 0
  }
}
