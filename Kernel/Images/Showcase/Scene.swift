import VirtIOGraphics

/// What the Showcase shows: the project's name over a night sky, three comets, and the facts.
///
/// It knows no device. One step after another:
///
/// ```swift
/// scene.draw(on: &canvas)             // once, all of it
/// scene.advance()
/// let damage = scene.damage           // what the step changes, also what to present
/// scene.draw(on: &canvas, in: damage) // the same pixels as drawing all of it again
/// ```
struct Scene: Sendable {
  /// The size of the surface, in pixels.
  let (width, height): (Int, Int)

  /// The facts it tells.
  let facts: SceneFacts

  /// The number of steps made so far.
  private(set) var step: UInt32 = 0

  /// What the last step changed.
  private(set) var damage = SceneDamage()

  private let sky: SceneSky
  private let wordmark: SceneWordmark
  private let (first, second, third): (SceneComet, SceneComet, SceneComet)
  private let text: SceneText

  /// Creates the scene of a surface of the given size; sizes below one show nothing.
  init(width: Int, height: Int, facts: SceneFacts) {
    let width = max(0, min(width, 16_384))
    let height = max(0, min(height, 16_384))
    self.width = width
    self.height = height
    self.facts = facts
    sky = SceneSky(width: width, height: height)
    wordmark = SceneWordmark(
      in: Rectangle(
        minX: width * 14 / 100, minY: height * 20 / 100,
        maxX: width * 86 / 100, maxY: height * 52 / 100))
    first = SceneComet(index: 0, width: width, height: height)
    second = SceneComet(index: 1, width: width, height: height)
    third = SceneComet(index: 2, width: width, height: height)
    text = SceneText(width: width, height: height)
  }

  /// The whole surface.
  var bounds: Rectangle { Rectangle(x: 0, y: 0, width: width, height: height) }

  /// Goes one step on, and finds what that changes.
  mutating func advance() {
    let before = step
    step &+= 1
    damage = SceneDamage()
    damage.add(bounds.intersection(first.bounds(step: before).union(first.bounds(step: step))))
    damage.add(bounds.intersection(second.bounds(step: before).union(second.bounds(step: step))))
    damage.add(bounds.intersection(third.bounds(step: before).union(third.bounds(step: step))))
    damage.add(bounds.intersection(text.counter))
  }

  /// Draws everything within the canvas's clip.
  func draw(on canvas: inout Canvas) {
    sky.drawSky(on: &canvas)
    first.draw(on: &canvas, step: step)
    second.draw(on: &canvas, step: step)
    third.draw(on: &canvas, step: step)
    sky.drawWaves(on: &canvas)
    wordmark.draw(on: &canvas)
    text.draw(on: &canvas, below: wordmark.bounds, scene: self)
  }

  /// Draws everything within `damage`, and leaves the canvas's clip as it was.
  func draw(on canvas: inout Canvas, in damage: SceneDamage) {
    draw(on: &canvas, in: damage.rectangles)
  }

  /// Draws everything within `rectangles`, and leaves the canvas's clip as it was.
  func draw(on canvas: inout Canvas, in rectangles: Span<Rectangle>) {
    let clip = canvas.clip
    for index in rectangles.indices {
      canvas.clip = clip.intersection(rectangles[index])
      draw(on: &canvas)
    }
    canvas.clip = clip
  }
}
