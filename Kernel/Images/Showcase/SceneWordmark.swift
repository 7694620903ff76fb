import VirtIOGraphics

/// The project's name in large smooth letters: strokes with round ends, drawn at any size by
/// their distance from each pixel.
struct SceneWordmark: Sendable {
  /// The top of the small letters' body, in 16ths of a pixel.
  private let (left, top): (Int, Int)

  /// The length of a unit of the letters' grid, in 4,096ths of a pixel.
  private let unit: Int

  /// The pixels the name and its shadow touch.
  let bounds: Rectangle

  private static var word: TextLiteral { "swift-virtio" }

  /// Creates the name, centred in `area`, as large as fits.
  init(in area: Rectangle) {
    let word = Self.word
    var length = 0
    for index in word.utf8.indices {
      length += Letter(word.utf8[index]).width + Letter.gap
    }
    length -= Letter.gap
    // Twelve units from the ascenders to the base line, and the strokes' width around.
    let unit = max(
      0, min(area.width * 4096 / (length + 2), area.height * 4096 / (Letter.height + 2)))
    self.unit = unit
    left = area.x * 16 + (area.width * 16 - (length * unit) >> 8) / 2
    top = area.y * 16 + (area.height * 16 - (8 * unit) >> 8) / 2
    let margin = (3 * unit) >> 12 + 3
    bounds = Rectangle(
      minX: left >> 4, minY: (top - (4 * unit) >> 8) >> 4,
      maxX: (left + (length * unit) >> 8) >> 4, maxY: (top + (8 * unit) >> 8) >> 4
    ).expanded(by: margin)
  }

  /// Draws the shadow of every letter, then the letters.
  func draw(on canvas: inout Canvas) {
    if canvas.clip.intersection(bounds).isEmpty || unit <= 0 { return }
    let offset = max(4, (unit * 5 / 10) >> 8)
    drawLetters(on: &canvas, dx: offset / 2, dy: offset, softness: max(16, unit >> 8)) { _, _ in
      Color(rgb: 0x02030C).withAlpha(190)
    }
    let (start, end) = (bounds.x, max(bounds.x + 1, bounds.maxX))
    let bodyTop = (top - (4 * unit) >> 8) >> 4
    let bodyHeight = max(1, (12 * unit) >> 12)
    drawLetters(on: &canvas, dx: 0, dy: 0, softness: 8) { x, y in
      let along = (x - start) * 65_536 / (end - start)
      let down = max(0, min(255, (y - bodyTop) * 255 / bodyHeight))
      let base = Self.color(along: along)
      // Lighter at the top, as if lit from above.
      return base.mixed(with: .white, weight: UInt8(truncatingIfNeeded: ((255 - down) * 90) >> 8))
    }
  }

  /// The colour at a fraction of the name's length, in 65,536ths.
  private static func color(along: Int) -> Color {
    let third = 21_846
    if along < third {
      return Gradient(from: Color(rgb: 0xFF8A3D), to: Color(rgb: 0xFF4F6D)).color(at: along * 3)
    }
    if along < 2 * third {
      return Gradient(from: Color(rgb: 0xFF4F6D), to: Color(rgb: 0xA667FF))
        .color(at: (along - third) * 3)
    }
    return Gradient(from: Color(rgb: 0xA667FF), to: Color(rgb: 0x38C6FF))
      .color(at: (along - 2 * third) * 3)
  }

  /// Lays `color` over the canvas wherever a letter, moved by (`dx`, `dy`), covers it.
  private func drawLetters(
    on canvas: inout Canvas, dx: Int, dy: Int, softness: Int, color: (Int, Int) -> Color
  ) {
    let word = Self.word
    var x = left + dx
    for index in word.utf8.indices {
      let letter = Letter(word.utf8[index])
      let shape = LetterShape(letter, x: x, y: top + dy, unit: unit, softness: softness)
      canvas.update(shape.bounds) { column, row, pixel in
        let coverage = shape.coverage(x: column * 16 + 8, y: row * 16 + 8)
        if coverage == 0 { return }
        var paint = color(column, row)
        paint.alpha = UInt8(truncatingIfNeeded: (Int(paint.alpha) * coverage) >> 8)
        pixel = paint.over(pixel)
      }
      x += ((letter.width + Letter.gap) * unit) >> 8
    }
  }
}
