/// Where a tablet or a mouse points, and what it draws on the way.
struct Pointer {
  /// What has been drawn.
  var sketch = SceneSketch()
  /// What of the present moment has been said so far.
  var x = ScenePlace.limit / 2
  var y = ScenePlace.limit / 2
  var isPressed = false
  /// Where it is.
  private(set) var place = ScenePlace(x: ScenePlace.limit / 2, y: ScenePlace.limit / 2)

  /// All of a moment has been said.
  mutating func settle() {
    place = ScenePlace(x: x, y: y)
    sketch.move(to: place, isPressed: isPressed)
  }

  /// The place that a value stands for on an axis from here to there, whatever a device says of its axis.
  static func place(_ value: Int32, from minimum: Int32, to maximum: Int32) -> Int {
    let length = Int(maximum) &- Int(minimum)
    return length > 0 ? held((Int(value) &- Int(minimum)) &* ScenePlace.limit / length) : 0
  }

  /// A coordinate between the edges.
  static func held(_ coordinate: Int) -> Int { max(0, min(coordinate, ScenePlace.limit)) }
}
