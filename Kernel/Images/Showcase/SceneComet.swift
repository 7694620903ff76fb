import VirtIOGraphics

/// A glowing ball with a short tail, whose place follows from the step's number alone.
struct SceneComet: Sendable {
  /// The colour of its light.
  let color: Color

  // The path: a centre, and an ellipse-like swing in each direction. Lengths in 16ths of a pixel.
  private let (centerX, centerY): (Int, Int)
  private let (swingX, swingY): (Int, Int)
  private let (speedX, speedY): (UInt32, UInt32)
  private let (phaseX, phaseY): (UInt32, UInt32)
  private let radius: Int

  /// The number of glows: the head and the tail behind it.
  private static var glows: Int { 7 }

  /// Creates one of the scene's comets for a surface of the given size.
  init(index: Int, width: Int, height: Int) {
    let small = min(width, height)
    centerX = width * 8
    centerY = height * 16 * 42 / 100
    radius = max(24, small * 16 * (index == 0 ? 58 : 44) / 1000)
    switch index {
    case 0:
      color = Color(rgb: 0xFF7A3C)
      (swingX, swingY) = (width * 16 * 42 / 100, height * 16 * 30 / 100)
      (speedX, speedY) = (0x006A_0000, 0x009F_0000)
      (phaseX, phaseY) = (0x1000_0000, 0x5000_0000)
    case 1:
      color = Color(rgb: 0x35B6FF)
      (swingX, swingY) = (width * 16 * 38 / 100, height * 16 * 34 / 100)
      (speedX, speedY) = (0x0087_0000, 0x005A_0000)
      (phaseX, phaseY) = (0x9000_0000, 0x2800_0000)
    default:
      color = Color(rgb: 0xC65CFF)
      (swingX, swingY) = (width * 16 * 45 / 100, height * 16 * 24 / 100)
      (speedX, speedY) = (0x004F_0000, 0x00B0_0000)
      (phaseX, phaseY) = (0xD800_0000, 0xB000_0000)
    }
  }

  /// Adds the comet's light at a step.
  func draw(on canvas: inout Canvas, step: UInt32) {
    let visible = canvas.clip.intersection(bounds(step: step))
    if visible.isEmpty { return }
    for glow in 0..<Self.glows {
      let place = place(step: step, glow: glow)
      let strength = glow == 0 ? 255 : 112 - glow * 16
      light(on: &canvas, place, strength: strength)
      if glow == 0 {
        // The bright core.
        light(
          on: &canvas, (place.x, place.y, place.radius * 5 / 12), strength: 255, white: true)
      }
    }
  }

  /// The pixels the comet may touch at a step.
  func bounds(step: UInt32) -> Rectangle {
    var bounds = Rectangle.empty
    for glow in 0..<Self.glows {
      bounds = bounds.union(Self.box(place(step: step, glow: glow)))
    }
    return bounds
  }

  private typealias Place = (x: Int, y: Int, radius: Int)

  private func place(step: UInt32, glow: Int) -> Place {
    let time = step &- UInt32(truncatingIfNeeded: glow * 2)
    let x = centerX + (swingX * Turn(raw: phaseX &+ time &* speedX).sine) >> 14
    let y = centerY + (swingY * Turn(raw: phaseY &+ time &* speedY).sine) >> 14
    return (x, y, radius * (9 - glow) / 9)
  }

  private static func box(_ place: Place) -> Rectangle {
    Rectangle(
      minX: (place.x - place.radius) >> 4, minY: (place.y - place.radius) >> 4,
      maxX: (place.x + place.radius) >> 4 + 1, maxY: (place.y + place.radius) >> 4 + 1)
  }

  /// Adds a round glow that fades with the fourth power towards its edge.
  private func light(
    on canvas: inout Canvas, _ place: Place, strength: Int, white: Bool = false
  ) {
    let reach = place.radius * place.radius
    if reach <= 0 { return }
    let reciprocal = (1 << 40) / reach
    let color = white ? Color.white : color
    // Every length is held by the scene's largest size: nothing here can overflow.
    canvas.update(Self.box(place)) { x, y, pixel in
      let (dx, dy) = (x &* 16 &+ 8 &- place.x, y &* 16 &+ 8 &- place.y)
      let left = reach &- dx &* dx &- dy &* dy
      if left <= 0 { return }
      let near = (left &* reciprocal) &>> 32
      let weight = ((white ? near : (near &* near &* near) &>> 16) &* strength) &>> 8
      if weight <= 0 { return }
      pixel = pixel.adding(color, weight: UInt8(truncatingIfNeeded: min(255, weight)))
    }
  }
}
