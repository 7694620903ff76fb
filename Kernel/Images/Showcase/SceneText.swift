import VirtIOGraphics

/// The scene's lines of text: one below the name, and the facts in the lower left corner.
struct SceneText: Sendable {
  private let (width, height): (Int, Int)
  private let scale: Int
  private let font = BasicFont()

  /// Creates the lines for a surface of the given size.
  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    scale = max(1, min(width / 600, height / 360))
  }

  /// The frame counter's digits, the only ones that change.
  var counter: Rectangle {
    Rectangle(
      x: valueX, y: lineY(3), width: font.width(of: 10, scale: scale),
      height: font.height(scale: scale))
  }

  /// How far the facts are from the edges.
  var margin: Int { 10 * scale }
  private var valueX: Int { margin + font.width(of: 9, scale: scale) }
  private func lineY(_ line: Int) -> Int { height - margin - (4 - line) * 12 * scale + 4 * scale }

  /// Draws all lines.
  func draw(on canvas: inout Canvas, below title: Rectangle, scene: Scene) {
    let tagline: TextLiteral = "a virtio-gpu driver in Embedded Swift"
    let x = (width - font.width(of: tagline.utf8.count, scale: scale)) / 2
    label(tagline, on: &canvas, x: x, y: title.maxY + 6 * scale, Color(rgb: 0xB9C6EA))

    let facts = scene.facts
    let dim = Color(rgb: 0xA3B1DE)
    label("mode", on: &canvas, x: margin, y: lineY(0), dim)
    label("scanout", on: &canvas, x: margin, y: lineY(1), dim)
    label("frame", on: &canvas, x: margin, y: lineY(3), dim)

    var next = number(width, on: &canvas, x: valueX, y: lineY(0))
    next = label("x", on: &canvas, x: next, y: lineY(0), .white)
    number(height, on: &canvas, x: next, y: lineY(0))
    number(facts.scanout, on: &canvas, x: valueX, y: lineY(1))
    drawPlace(facts.place, on: &canvas, y: lineY(2), dim)
    number(Int(scene.step), on: &canvas, x: valueX, y: lineY(3))
  }

  private func drawPlace(
    _ place: SceneFacts.Place, on canvas: inout Canvas, y: Int, _ dim: Color
  ) {
    switch place {
    case .function(let bus, let device, let function):
      label("pci", on: &canvas, x: margin, y: y, dim)
      var next = hexadecimal(UInt(bus), 2, on: &canvas, x: valueX, y: y)
      next = label(":", on: &canvas, x: next, y: y, .white)
      next = hexadecimal(UInt(device), 2, on: &canvas, x: next, y: y)
      next = label(".", on: &canvas, x: next, y: y, .white)
      number(Int(function), on: &canvas, x: next, y: y)
    case .registers(let address):
      label("mmio", on: &canvas, x: margin, y: y, dim)
      _ = hexadecimal(UInt(address), 10, on: &canvas, x: valueX, y: y)
    }
  }

  @discardableResult
  private func label(
    _ text: TextLiteral, on canvas: inout Canvas, x: Int, y: Int, _ color: Color
  ) -> Int {
    canvas.draw(text, x: x, y: y, scale: scale, color: color, font: font)
  }

  @discardableResult
  private func number(_ value: Int, on canvas: inout Canvas, x: Int, y: Int) -> Int {
    canvas.draw(decimal: value, x: x, y: y, scale: scale, color: .white, font: font)
  }

  private func hexadecimal(
    _ value: UInt, _ digits: Int, on canvas: inout Canvas, x: Int, y: Int
  ) -> Int {
    canvas.draw(
      hexadecimal: value, digits: digits, x: x, y: y, scale: scale, color: .white, font: font)
  }
}
