import VirtIOGraphics

/// The background: a dark gradient, a glow behind the title, stars, and waves at the bottom.
struct SceneSky: Sendable {
  private let (width, height): (Int, Int)

  /// Creates the background of a surface of the given size.
  init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  private var gradient: Gradient {
    Gradient(from: Color(rgb: 0x05081A), to: Color(rgb: 0x2A1148), isDithered: true)
  }

  /// Draws the gradient, the glow and the stars; covers the whole clip.
  func drawSky(on canvas: inout Canvas) {
    let all = Rectangle(x: 0, y: 0, width: width, height: height)
    canvas.fill(all, with: gradient)
    drawGlow(on: &canvas)
    drawStars(on: &canvas)
  }

  /// A wide ellipse of blue light behind the title, dithered as the gradient is.
  private func drawGlow(on canvas: inout Canvas) {
    let (radiusX, radiusY) = (width * 48 / 100, height * 40 / 100)
    if radiusX <= 0 || radiusY <= 0 { return }
    let (centerX, centerY) = (width / 2, height * 38 / 100)
    let (scaleX, scaleY) = ((1 << 36) / (radiusX * radiusX), (1 << 36) / (radiusY * radiusY))
    let box = Rectangle(
      minX: centerX - radiusX, minY: centerY - radiusY,
      maxX: centerX + radiusX, maxY: centerY + radiusY)
    canvas.update(box) { x, y, pixel in
      let (dx, dy) = (x &- centerX, y &- centerY)
      // What is left of the distance to the edge, 65,536 for the centre.
      let left = 65_536 &- (dx &* dx &* scaleX &+ dy &* dy &* scaleY) &>> 20
      if left <= 0 { return }
      let light = (left &* left) &>> 16
      let bias = Int(Gradient.ditherBias(x: x &+ 1, y: y &+ 2))
      func add(_ base: UInt8, _ amount: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: min(255, Int(base) &+ (light &* amount &+ bias) &>> 16))
      }
      pixel.red = add(pixel.red, 14)
      pixel.green = add(pixel.green, 34)
      pixel.blue = add(pixel.blue, 72)
    }
  }

  /// One star at most in each cell of a grid, where and how bright by a hash of the cell.
  private func drawStars(on canvas: inout Canvas) {
    let cell = max(16, min(width, height) / 20)
    let size = max(1, min(width, height) / 700)
    let visible = canvas.clip.expanded(by: 4 * size)
    let lowest = height * 70 / 100
    for row in max(0, visible.y / cell)...max(0, visible.maxY / cell) {
      for column in max(0, visible.x / cell)...max(0, visible.maxX / cell) {
        let noise = Self.hash(row &* 7919 &+ column)
        if noise & 3 != 0 { continue }
        let x = column * cell + (Int(noise >> 8 & 0xFF) * cell) >> 8
        let y = row * cell + (Int(noise >> 16 & 0xFF) * cell) >> 8
        if y >= lowest { continue }
        let alpha = UInt8(truncatingIfNeeded: 40 + (noise >> 24 & 127))
        let color = Color(rgb: 0xCFE3FF).withAlpha(alpha)
        canvas.blend(Rectangle(x: x, y: y, width: size, height: size), with: color)
        if noise & 0x30 != 0 { continue }
        let faint = color.withAlpha(alpha / 3)
        canvas.blend(
          Rectangle(x: x - size, y: y, width: size, height: size), with: faint)
        canvas.blend(
          Rectangle(x: x + size, y: y, width: size, height: size), with: faint)
        canvas.blend(
          Rectangle(x: x, y: y - size, width: size, height: size), with: faint)
        canvas.blend(
          Rectangle(x: x, y: y + size, width: size, height: size), with: faint)
      }
    }
  }

  private static func hash(_ value: Int) -> UInt32 {
    var bits = UInt32(truncatingIfNeeded: value) &* 0x9E37_79B1
    bits ^= bits >> 15
    bits &*= 0x85EB_CA77
    bits ^= bits >> 13
    bits &*= 0xC2B2_AE3D
    return bits ^ (bits >> 16)
  }

  /// Draws three translucent waves over what is there.
  func drawWaves(on canvas: inout Canvas) {
    for wave in 0..<3 {
      drawWave(wave, on: &canvas)
    }
  }

  private func drawWave(_ wave: Int, on canvas: inout Canvas) {
    if width <= 0 || height <= 0 { return }
    let color: Color
    let (base, swing, pitch, phase): (Int, Int, Int, UInt32)
    switch wave {
    case 0:
      color = Color(rgb: 0x6B3FD4)
      (base, swing, pitch, phase) = (740, 30, 9, 0x1800_0000)
    case 1:
      color = Color(rgb: 0x2C6FE0)
      (base, swing, pitch, phase) = (800, 26, 12, 0xA000_0000)
    default:
      color = Color(rgb: 0x12A5B8)
      (base, swing, pitch, phase) = (865, 20, 15, 0x6000_0000)
    }
    let level = height * 16 * base / 1000
    let reach = height * 16 * swing / 1000
    let depth = max(1, height * 16 - level)
    let turns = UInt32(truncatingIfNeeded: (pitch << 29) / width)
    let line = max(20, height * 16 * 3 / 1000)
    // What a 16th of a pixel takes from the brightness, in 65,536ths.
    let (fading, glint) = (60 * 65_536 / depth, 90 * 65_536 / line)
    let area = canvas.clip.intersection(
      Rectangle(
        minX: 0, minY: (level - reach - reach / 2) >> 4 - 1, maxX: width, maxY: height))
    for x in area.x..<area.maxX {
      let turn = UInt32(truncatingIfNeeded: x) &* turns &+ phase
      let shape =
        Turn(raw: turn).sine * 2 / 3 + Turn(raw: turn &* 2 &+ phase).sine / 3
      let crest = level + (reach * shape) >> 14
      let top = max(area.y, crest >> 4)
      let column = Rectangle(minX: x, minY: top, maxX: x + 1, maxY: area.maxY)
      canvas.update(column) { _, y, pixel in
        let below = max(0, y &* 16 &+ 16 &- crest)
        // Bright along the crest, then fading downwards.
        let edge = below < line ? ((line &- below) &* glint) &>> 16 : 0
        let body = 92 &- (below &* fading) &>> 16 &+ edge
        let alpha = (body &* min(16, below)) &>> 4
        pixel = color.withAlpha(UInt8(truncatingIfNeeded: max(0, min(255, alpha)))).over(pixel)
      }
    }
  }
}
