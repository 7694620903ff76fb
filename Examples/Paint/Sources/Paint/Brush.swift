import VirtIOGPU
import VirtIOGraphics
import VirtIOInput

/// What the pointer and the keys have said, and what that makes of the picture.
struct Brush {
  /// What has changed and is to be presented.
  private(set) var damage = DamageList()
  /// Where the pointer is; the tablet divides each side of the display into 32,768 parts.
  private var x = 0
  private var y = 0
  private var isDown = false
  /// Where the stroke has come to, in pixels; nil between strokes.
  private var end: (x: Int, y: Int)?

  mutating func takeDamage() -> DamageList {
    defer { damage = DamageList() }
    return damage
  }

  mutating func take(_ event: InputEvent, on frame: inout Frame) {
    switch event.type {
    case .absolute:
      let place = Int(min(max(event.value, 0), 32_767))
      if event.code == AbsoluteAxis.x.rawValue { x = place }
      if event.code == AbsoluteAxis.y.rawValue { y = place }
    case .key where event.code == Key.leftButton.rawValue:
      isDown = event.value != 0
    case .key where event.code < Key.leftButton.rawValue && event.value == 1:
      clear(&frame)
    case .synchronization:  // All of a moment has been said.
      if isDown { stroke(on: &frame) } else { end = nil }
    default:
      break
    }
  }

  mutating func clear(_ frame: inout Frame) {
    var canvas = Canvas(
      width: frame.width, height: frame.height, format: frame.format, pixels: frame.pixels)
    canvas.fill(Color(rgb: 0xFA_F7F0))
    damage.insert(frame.bounds)
  }

  /// Draws from where the stroke was to where the pointer is.
  private mutating func stroke(on frame: inout Frame) {
    let to = (x: x * frame.width / 32_768, y: y * frame.height / 32_768)
    let from = end ?? to
    end = to
    var canvas = Canvas(
      width: frame.width, height: frame.height, format: frame.format, pixels: frame.pixels)
    canvas.trackDamage()
    let steps = max(abs(to.x - from.x), abs(to.y - from.y), 1)
    for step in 0...steps {
      let dot = Circle(
        x: from.x + (to.x - from.x) * step / steps, y: from.y + (to.y - from.y) * step / steps,
        radius: 4)
      canvas.fill(dot, with: Color(rgb: 0x2B_4C7E))
    }
    damage.insert(canvas.damage)
  }
}
