import Testing
import VirtIOGraphics

@testable import Showcase

@Suite("Scene")
struct SceneTests {
  static let facts = SceneFacts(
    scanout: 1, place: .function(bus: 0x0A, device: 0x1F, function: 7))
  /// Sizes, and how many steps to follow: the product is what the test costs.
  static let runs: [(width: Int, height: Int, steps: Int)] = [
    (160, 100, 300), (320, 200, 30), (333, 201, 10), (640, 480, 3), (1023, 769, 1), (200, 700, 5),
    (97, 31, 300), (16, 16, 300), (3, 1000, 60), (1, 1, 300), (0, 0, 3),
  ]

  @Test("redrawing only the damage gives what redrawing everything gives", arguments: runs)
  func equivalence(run: (width: Int, height: Int, steps: Int)) {
    let (width, height, steps) = run
    var scene = Scene(width: width, height: height, facts: Self.facts)
    let count = width * height
    var whole = [UInt32](repeating: 0, count: count)
    var parts = [UInt32](repeating: 1, count: count)
    for step in 0...steps {
      do {
        var canvas = Canvas(
          width: width, height: height, format: .b8g8r8x8, pixels: parts.mutableSpan)
        if step == 0 { scene.draw(on: &canvas) } else { scene.draw(on: &canvas, in: scene.damage) }
      }
      do {
        var canvas = Canvas(
          width: width, height: height, format: .b8g8r8x8, pixels: whole.mutableSpan)
        scene.draw(on: &canvas)
      }
      #expect(whole == parts, "step \(step)")
      if whole != parts { break }
      scene.advance()
      #expect(scene.damage.count <= SceneDamage.capacity)
      for index in 0..<scene.damage.count {
        #expect(scene.bounds.contains(scene.damage[index]))
      }
    }
  }

  @Test("drawn in tiles of any size, it is the same picture", arguments: [1, 5, 16, 37])
  func tiles(side: Int) {
    let (width, height) = (side == 1 ? 60 : 400, side == 1 ? 40 : 260)
    var scene = Scene(width: width, height: height, facts: Self.facts)
    for _ in 0..<90 { scene.advance() }
    var whole = [UInt32](repeating: 0, count: width * height)
    var tiled = [UInt32](repeating: 1, count: width * height)
    do {
      var canvas = Canvas(
        width: width, height: height, format: .b8g8r8x8, pixels: whole.mutableSpan)
      scene.draw(on: &canvas)
    }
    var canvas = Canvas(
      width: width, height: height, format: .b8g8r8x8, pixels: tiled.mutableSpan)
    for y in stride(from: 0, to: height, by: side) {
      for x in stride(from: 0, to: width, by: side) {
        canvas.clip = Rectangle(x: x, y: y, width: side, height: side)
        scene.draw(on: &canvas)
      }
    }
    #expect(whole == tiled)
  }

  @Test("something moves in every step, and little of it")
  func damage() {
    var scene = Scene(width: 1280, height: 800, facts: Self.facts)
    for _ in 0..<2000 {
      scene.advance()
      var area = 0
      for index in 0..<scene.damage.count { area += scene.damage[index].area }
      #expect(area > 0 && area < 1280 * 800 / 10)
    }
  }

  @Test("any size draws without a trap", arguments: [-5, 0, 1, 2, 7, 40, 32_768, Int.max, Int.min])
  func degenerate(width: Int) {
    for height in [-5, 0, 1, 2, 7, 33, Int.max, Int.min] {
      var words = [UInt32](repeating: 0, count: 40 * 33)
      var scene = Scene(width: width, height: height, facts: Self.facts)
      var canvas = Canvas(width: 40, height: 33, format: .r8g8b8a8, pixels: words.mutableSpan)
      scene.draw(on: &canvas)
      for _ in 0..<20 {
        scene.advance()
        scene.draw(on: &canvas, in: scene.damage)
      }
    }
  }
}
