import VirtIOGraphics

/// A letter at its place and size: says how much of a pixel it covers.
struct LetterShape: Sendable {
  /// The pixels it may touch.
  let bounds: Rectangle

  // Five values rather than an array, which the compiler would copy for each pixel.
  private let (first, second, third, fourth, fifth): (Outline, Outline, Outline, Outline, Outline)

  /// Places a letter; `softness` is half the width of its edge.
  init(_ letter: Letter, x: Int, y: Int, unit: Int, softness: Int) {
    // Strokes are two units wide.
    let half = unit >> 8
    let margin = (half + softness) >> 4 + 2
    func outline(_ index: Int) -> Outline {
      index < letter.count
        ? Outline(letter.strokes[index], x: x, y: y, unit: unit, half: half, softness: softness)
        : Outline()
    }
    first = outline(0)
    second = outline(1)
    third = outline(2)
    fourth = outline(3)
    fifth = outline(4)
    bounds = Rectangle(
      minX: x >> 4, minY: (y - (4 * unit) >> 8) >> 4,
      maxX: (x + (letter.width * unit) >> 8) >> 4 + 1, maxY: (y + (8 * unit) >> 8) >> 4 + 1
    ).expanded(by: margin)
  }

  /// How much of the pixel around (`x`, `y`), in 16ths, is covered, in 256ths.
  func coverage(x: Int, y: Int) -> Int {
    var most = first.coverage(x, y)
    most = max(most, second.coverage(x, y))
    most = max(most, third.coverage(x, y))
    most = max(most, fourth.coverage(x, y))
    return max(most, fifth.coverage(x, y))
  }
}

/// A stroke at its place; all lengths in 16ths of a pixel, small enough that nothing overflows.
private struct Outline: Sendable {
  /// Beyond these it covers nothing.
  private let (minX, minY, maxX, maxY): (Int, Int, Int, Int)

  /// A line's beginning, or an arc's centre.
  private let (x, y): (Int, Int)

  /// From a line's beginning to its end; an arc's radius in `dx`.
  private let (dx, dy): (Int, Int)

  /// Half the stroke's width, and half that of its edge.
  private let (half, softness): (Int, Int)

  /// The quarters of an arc; none for a line.
  private let quarters: Int

  /// Creates an outline that covers nothing.
  init() {
    (minX, minY, maxX, maxY) = (1, 1, 0, 0)
    (x, y, dx, dy) = (0, 0, 0, 0)
    (half, softness, quarters) = (0, 0, 0)
  }

  init(_ stroke: Stroke, x: Int, y: Int, unit: Int, half: Int, softness: Int) {
    func length(_ halves: Int8) -> Int { (Int(halves) * unit) >> 9 }
    self.half = half
    self.softness = softness
    self.x = x + length(stroke.a)
    self.y = y + length(stroke.b)
    let reach = half + softness
    if stroke.isArc {
      quarters = Int(stroke.d)
      (dx, dy) = (length(stroke.c), 0)
      (minX, minY) = (self.x - dx - reach, self.y - dx - reach)
      (maxX, maxY) = (self.x + dx + reach, self.y + dx + reach)
    } else {
      quarters = 0
      (dx, dy) = (length(stroke.c) - length(stroke.a), length(stroke.d) - length(stroke.b))
      (minX, minY) = (self.x + min(0, dx) - reach, self.y + min(0, dy) - reach)
      (maxX, maxY) = (self.x + max(0, dx) + reach, self.y + max(0, dy) + reach)
    }
  }

  @inline(never)
  func coverage(_ x: Int, _ y: Int) -> Int {
    if x < minX || x > maxX || y < minY || y > maxY { return 0 }
    let (px, py) = (x &- self.x, y &- self.y)
    return quarters == 0 ? line(px, py) : arc(px, py)
  }

  /// The coverage by a line from (0, 0).
  private func line(_ px: Int, _ py: Int) -> Int {
    let along = px &* dx &+ py &* dy
    let square = dx &* dx &+ dy &* dy
    if along <= 0 { return disc(px &* px &+ py &* py, radius: half) }
    if along >= square {
      let (qx, qy) = (px &- dx, py &- dy)
      return disc(qx &* qx &+ qy &* qy, radius: half)
    }
    // The distance from the line itself is the cross product over the length.
    let cross = px &* dy &- py &* dx
    return disc(cross &* cross / square, radius: half)
  }

  /// The coverage by the chosen quarters of a ring around (0, 0).
  private func arc(_ px: Int, _ py: Int) -> Int {
    let quarter = py >= 0 ? (px >= 0 ? 1 : 2) : (px < 0 ? 4 : 8)
    if quarters & quarter == 0 { return 0 }
    let distance = px &* px &+ py &* py
    let outer = disc(distance, radius: dx &+ half)
    return outer == 0 ? 0 : min(outer, 256 &- disc(distance, radius: dx &- half))
  }

  /// The coverage by a disc, from the square of the distance to its centre, in 256ths.
  ///
  /// Straight in the square between both sides of the edge: near enough, and without a root.
  private func disc(_ distance: Int, radius: Int) -> Int {
    let outer = max(0, radius &+ softness)
    let inner = max(0, radius &- softness)
    if distance >= outer &* outer { return 0 }
    if distance <= inner &* inner { return 256 }
    return (outer &* outer &- distance) &* 256 / (outer &* outer &- inner &* inner)
  }
}
