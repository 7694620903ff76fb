import VirtIOGraphics

/// Where the console lies on a display, and what is around it.
///
/// The console has the same size in characters everywhere; the larger the display, the larger they are. On a
/// small display there is no room for it.
struct ScenePanel: Equatable, Sendable {
  /// The side of a glyph's pixel.
  let scale: Int
  /// All of it: the console and its margin.
  let bounds: Rectangle

  /// How many characters a line has.
  static var columns: Int { 72 }
  /// How many lines there are: those of the log, and the one below.
  static var rows: Int { 10 }
  /// How many cells the console needs.
  static var cellCount: Int { 768 }
  /// The shapes of the characters.
  static var font: PanelFont { PanelFont() }

  private static var margin: Int { 4 }

  /// The panel of a display of a size, in the corner that the scene's facts leave; nil if it is too small.
  init?(width: Int, height: Int) {
    // As the scene holds its sizes.
    let (width, height) = (max(0, min(width, 16_384)), max(0, min(height, 16_384)))
    let gridWidth = Self.font.width(of: Self.columns) + 2 * Self.margin
    let gridHeight = Self.rows * Self.font.cellHeight + 2 * Self.margin
    let text = SceneText(width: width, height: height)
    let gap = text.margin
    let scale = min(
      (width - text.counter.maxX - 2 * gap) / gridWidth, height * 30 / 100 / gridHeight)
    guard scale >= 1 else { return nil }
    self.scale = scale
    let (panelWidth, panelHeight) = (gridWidth * scale, gridHeight * scale)
    bounds = Rectangle(
      x: width - gap - panelWidth, y: height - gap - panelHeight, width: panelWidth,
      height: panelHeight)
  }

  /// The left edge of the console.
  var x: Int { bounds.x + Self.margin * scale }
  /// The upper edge of the console.
  var y: Int { bounds.y + Self.margin * scale }

  /// A console for a panel, with the line below apart from those that scroll.
  @_lifetime(copy cells)
  static func console(in cells: consuming MutableSpan<TextCell>) -> TextConsole {
    var console = TextConsole(columns: columns, rows: rows, cells: cells)
    console.write("\u{1B}[?25l\u{1B}[38;2;176;190;232;48;2;9;13;34m\u{1B}[2J\u{1B}[1;9r")
    return console
  }

  /// What of the console has changed since the last call.
  func takeDamage(of console: inout TextConsole) -> DamageList {
    console.takeDamage(x: x, y: y, scale: scale, font: Self.font)
  }

  /// Draws the panel within the canvas's clip.
  func draw(_ console: borrowing TextConsole, on canvas: inout Canvas) {
    if !canvas.clip.intersects(bounds) { return }
    canvas.fill(bounds, with: Color(rgb: 0x090D22))
    canvas.outline(bounds, thickness: scale, with: Color(rgb: 0x2C6FE0))
    console.draw(on: &canvas, x: x, y: y, scale: scale, font: Self.font)
  }
}

/// The built-in font with a row of space above and below, so that lines stand apart.
struct PanelFont: BitmapFont, Sendable {
  private let font = BasicFont()

  var cellWidth: Int { font.cellWidth }
  var cellHeight: Int { font.cellHeight + 2 }
  func glyph(of scalar: Unicode.Scalar) -> Int { font.glyph(of: scalar) }
  func row(_ row: Int, ofGlyph glyph: Int) -> UInt32 {
    row >= 1 && row <= font.cellHeight ? font.row(row - 1, ofGlyph: glyph) : 0
  }
}
