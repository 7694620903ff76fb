import VirtIOGraphics

/// What lies over a scene: what somebody has drawn, and the console on top.
struct Overlay {
  private var panel: ScenePanel?
  private var (width, height) = (0, 0)
  /// What of it has changed and has not been shown yet.
  private(set) var damage = DamageList()

  /// Takes what has changed since the last call, on a display of a size. It stays until ``isShown()``, however many
  /// attempts that takes.
  mutating func takeDamage(
    of console: inout TextConsole, _ sketch: inout SceneSketch, _ width: Int, _ height: Int
  ) {
    if width != self.width || height != self.height {
      (self.width, self.height) = (width, height)
      panel = ScenePanel(width: width, height: height)
      damage = DamageList(Rectangle(x: 0, y: 0, width: width, height: height))
    }
    damage.insert(sketch.takeDamage(width: width, height: height))
    guard let panel else { return }
    damage.formUnion(panel.takeDamage(of: &console))
  }

  /// A frame has been presented that has all of it.
  mutating func isShown() { damage.removeAll() }

  /// Draws it in some rectangles, and leaves the canvas's clip as it was.
  func draw(
    _ console: borrowing TextConsole, _ sketch: borrowing SceneSketch, on canvas: inout Canvas,
    in area: DamageList
  ) {
    let clip = canvas.clip
    let rectangles = area.rectangles
    for index in rectangles.indices {
      canvas.clip = clip.intersection(rectangles[index])
      sketch.draw(on: &canvas)
      panel?.draw(console, on: &canvas)
    }
    canvas.clip = clip
  }
}
