import VirtIOGraphics

/// A place on a display whatever its size: 0 is its left or upper edge, ``ScenePlace/limit`` the other one.
struct ScenePlace: Equatable, Sendable {
  var x: Int
  var y: Int

  /// The last place, as a tablet has it.
  static var limit: Int { 32_767 }

  /// The place with its coordinates held between the edges.
  init(x: Int, y: Int) {
    self.x = max(0, min(x, Self.limit))
    self.y = max(0, min(y, Self.limit))
  }

  /// The pixel there of a display of a size.
  func pixel(width: Int, height: Int) -> (x: Int, y: Int) {
    (Self.nearest(x, of: width), Self.nearest(y, of: height))
  }

  private static func nearest(_ place: Int, of size: Int) -> Int {
    // Sizes are held to 16,384 by the scene.
    max(0, min(size - 1, (place * size + limit / 2) / limit))
  }
}

/// What somebody has drawn over the scene: strokes of a round brush, of another colour each.
///
/// It holds the last places of the brush, not pixels: so it suits a display of any size. The oldest places go when
/// there is no room for more.
struct SceneSketch: Sendable {
  /// A place on 15 bits a coordinate, and whether a stroke begins there.
  private struct Point: BitwiseCopyable {
    private var bits: UInt32 = 0

    init() {}

    init(_ place: ScenePlace, isStart: Bool) {
      bits =
        UInt32(truncatingIfNeeded: place.x) | UInt32(truncatingIfNeeded: place.y) << 15
        | (isStart ? 1 << 30 : 0)
    }

    var place: ScenePlace { ScenePlace(x: Int(bits & 0x7FFF), y: Int(bits >> 15 & 0x7FFF)) }
    var isStart: Bool { bits & 1 << 30 != 0 }
  }

  /// The most places that are held.
  static var capacity: Int { 4096 }

  private var points = InlineArray<4096, Point>(repeating: Point())
  /// Where the oldest place is, and how many there are.
  private var first = 0
  private var count = 0
  /// How many strokes had gone before the oldest place.
  private var gone = 0
  /// How many of the latest places nobody has drawn yet.
  private var fresh = 0
  /// The area that something has gone from since the damage was last taken, as places.
  private var vacated = Rectangle.empty
  private var isDrawing = false

  /// Whether nothing has been drawn.
  var isEmpty: Bool { count == 0 }

  private subscript(index: Int) -> Point { points[(first &+ index) & (Self.capacity &- 1)] }

  // MARK: Drawing by hand

  /// Takes note of where the brush is, and whether it draws there.
  mutating func move(to place: ScenePlace, isPressed: Bool) {
    defer { isDrawing = isPressed }
    guard isPressed else { return }
    if isDrawing, count > 0, self[count &- 1].place == place { return }
    if count == Self.capacity { removeFirst() }
    points[(first &+ count) & (Self.capacity &- 1)] = Point(place, isStart: !isDrawing)
    count &+= 1
    fresh = min(fresh &+ 1, count)
  }

  /// Wipes everything away.
  mutating func clear() {
    if count > 0 { vacated = Self.everything }
    (count, fresh, isDrawing) = (0, 0, false)
  }

  private static var everything: Rectangle {
    Rectangle(x: 0, y: 0, width: ScenePlace.limit, height: ScenePlace.limit)
  }

  private mutating func removeFirst() {
    vacated = vacated.union(Self.box(self[0].place, self[1].place))
    if self[1].isStart { gone &+= 1 }
    first = (first &+ 1) & (Self.capacity &- 1)
    count &-= 1
  }

  /// Around two places; never empty.
  private static func box(_ one: ScenePlace, _ other: ScenePlace) -> Rectangle {
    Rectangle(
      minX: min(one.x, other.x), minY: min(one.y, other.y), maxX: max(one.x, other.x) + 1,
      maxY: max(one.y, other.y) + 1)
  }

  // MARK: On a display

  /// The brush's radius on a display of a size.
  private static func radius(_ width: Int, _ height: Int) -> Int {
    max(1, min(width, height) / 160)
  }

  /// What has changed since the last call, in pixels of a display of a size.
  mutating func takeDamage(width: Int, height: Int) -> Rectangle {
    var places = vacated
    for index in count &- fresh..<count {
      // The stroke up to here, too.
      let before = index > 0 && !self[index].isStart ? self[index &- 1] : self[index]
      places = places.union(Self.box(before.place, self[index].place))
    }
    (fresh, vacated) = (0, .empty)
    if places.isEmpty { return .empty }
    let start = ScenePlace(x: places.x, y: places.y).pixel(width: width, height: height)
    let end = ScenePlace(x: places.maxX, y: places.maxY).pixel(width: width, height: height)
    return Rectangle(minX: start.x, minY: start.y, maxX: end.x + 1, maxY: end.y + 1)
      .expanded(by: Self.radius(width, height))
      .intersection(Rectangle(x: 0, y: 0, width: width, height: height))
  }

  /// Draws the strokes within the canvas's clip.
  func draw(on canvas: inout Canvas) {
    var stroke = gone
    for index in 0..<count {
      let point = self[index]
      if point.isStart, index > 0 { stroke &+= 1 }
      let before = index > 0 && !point.isStart ? self[index &- 1] : point
      Self.line(
        on: &canvas, from: before.place, to: point.place, with: Self.color(ofStroke: stroke))
    }
  }

  /// Puts the brush down along a line, so often that the edge is smooth.
  private static func line(
    on canvas: inout Canvas, from start: ScenePlace, to end: ScenePlace, with color: Color
  ) {
    let (width, height) = (canvas.width, canvas.height)
    let radius = radius(width, height)
    let from = start.pixel(width: width, height: height)
    let to = end.pixel(width: width, height: height)
    let reach = Rectangle(
      minX: min(from.x, to.x), minY: min(from.y, to.y), maxX: max(from.x, to.x) + 1,
      maxY: max(from.y, to.y) + 1
    ).expanded(by: radius)
    if !canvas.clip.intersects(reach) { return }
    // Most of a long line is elsewhere, when something passes below it.
    let near = canvas.clip.expanded(by: radius)
    let (dx, dy) = (to.x - from.x, to.y - from.y)
    let steps = max(1, max(abs(dx), abs(dy)) / max(1, radius / 2))
    for step in 0...steps {
      let (x, y) = (from.x + dx * step / steps, from.y + dy * step / steps)
      if near.contains(x: x, y: y) {
        canvas.fill(Circle(x: x, y: y, radius: radius), with: color)
      }
    }
  }

  /// Each stroke has another of the wordmark's colours.
  private static func color(ofStroke stroke: Int) -> Color {
    switch stroke % 5 {
    case 0: Color(rgb: 0xFF8A3D)
    case 1: Color(rgb: 0x38C6FF)
    case 2: Color(rgb: 0xFF4F6D)
    case 3: Color(rgb: 0x5BE08A)
    default: Color(rgb: 0xA667FF)
    }
  }
}
