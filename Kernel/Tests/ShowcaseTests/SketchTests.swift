import Testing
import VirtIOGraphics

@testable import Showcase

@Suite("Sketch")
struct SketchTests {
  private static let background = Color(rgb: 0x12_3456)

  /// Lays a sketch over an empty canvas, within a rectangle.
  private static func draw(
    _ sketch: SceneSketch, on pixels: inout [UInt32], _ width: Int, _ height: Int,
    in area: Rectangle
  ) {
    var canvas = Canvas(
      width: width, height: height, format: .b8g8r8x8, pixels: pixels.mutableSpan)
    canvas.clip = area
    canvas.fill(area, with: background)
    sketch.draw(on: &canvas)
  }

  @Test(
    "redrawing only the damage gives what redrawing everything gives, also when the oldest strokes go",
    arguments: [(97, 61), (160, 100), (16, 16), (1, 1), (0, 0)])
  func equivalence(_ width: Int, _ height: Int) {
    let all = Rectangle(x: 0, y: 0, width: width, height: height)
    var sketch = SceneSketch()
    var parts = [UInt32](repeating: 0, count: width * height)
    Self.draw(sketch, on: &parts, width, height, in: all)
    var random: UInt64 = 1
    func next(_ limit: Int) -> Int {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(random >> 40) % limit
    }
    var (x, y) = (16_000, 16_000)
    for round in 0..<26 {
      // After the tenth round there are as many places as are held.
      for _ in 0..<(round == 10 ? 4500 : 9) {
        (x, y) = (x + next(801) - 400, y + next(801) - 400)
        sketch.move(to: ScenePlace(x: x, y: y), isPressed: next(16) > 0)
        (x, y) = (max(-50, min(x, 32_900)), max(-50, min(y, 32_900)))
      }
      if round == 9 { sketch.clear() }
      let damage = sketch.takeDamage(width: width, height: height)
      #expect(all.contains(damage))
      Self.draw(sketch, on: &parts, width, height, in: damage)
      var whole = [UInt32](repeating: 0, count: width * height)
      Self.draw(sketch, on: &whole, width, height, in: all)
      #expect(whole == parts, "round \(round)")
      if whole != parts { return }
    }
  }

  @Test("a place that has been drawn at is no damage twice; without the button nothing is")
  func damage() {
    var sketch = SceneSketch()
    sketch.move(to: ScenePlace(x: 100, y: 100), isPressed: false)
    #expect(sketch.isEmpty && sketch.takeDamage(width: 640, height: 480).isEmpty)
    sketch.move(to: ScenePlace(x: 100, y: 100), isPressed: true)
    #expect(!sketch.takeDamage(width: 640, height: 480).isEmpty)
    sketch.move(to: ScenePlace(x: 100, y: 100), isPressed: true)
    #expect(sketch.takeDamage(width: 640, height: 480).isEmpty)
    sketch.clear()
    #expect(sketch.isEmpty)
    #expect(
      sketch.takeDamage(width: 640, height: 480)
        == Rectangle(x: 0, y: 0, width: 640, height: 480))
  }

  @Test(
    "each pixel can be pointed at, by the place that QEMU makes of it",
    arguments: [1, 640, 1023, 16_384])
  func pixels(size: Int) {
    for pixel in 0..<size {
      let place = ScenePlace(x: pixel * ScenePlace.limit / size, y: 0)
      #expect(place.pixel(width: size, height: size).x == pixel)
    }
    let last = ScenePlace(x: .max, y: .min)
    #expect(last.pixel(width: size, height: size) == (size - 1, 0))
    #expect(last.pixel(width: 0, height: -1) == (0, 0))
  }
}

@Suite("Panel")
struct PanelTests {
  @Test(
    "it lies on the display, beside the facts and below the tagline, in the largest letters that fit"
  )
  func sizes() {
    for (width, height, scale) in [
      (640, 480, 1), (1024, 768, 2), (1280, 800, 2), (1920, 1080, 3), (3840, 2160, 6),
      (800, 600, 1),
    ] {
      guard let panel = ScenePanel(width: width, height: height) else {
        Issue.record("none at \(width)x\(height)")
        continue
      }
      #expect(panel.scale == scale, "\(width)x\(height)")
      #expect(Rectangle(x: 0, y: 0, width: width, height: height).contains(panel.bounds))
      #expect(panel.bounds.x > SceneText(width: width, height: height).counter.maxX)
      #expect(panel.bounds.y > height * 60 / 100)
    }
  }

  @Test(
    "where there is no room there is none, whatever the size", arguments: [Int.min, -1, 0, 16, 500])
  func small(side: Int) {
    #expect(ScenePanel(width: side, height: 4000) == nil)
    #expect(ScenePanel(width: 4000, height: side) == nil || side == 500)
  }

  @Test("its console has a cell for each place")
  func cells() {
    #expect(
      TextConsole.cellCount(columns: ScenePanel.columns, rows: ScenePanel.rows, history: 0)
        <= ScenePanel.cellCount)
  }
}
