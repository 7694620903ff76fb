import VirtIOTesting

/// What drawing costs, in Markdown.
struct BenchPainting {
  private let result: BenchRun.Result

  init(_ result: BenchRun.Result) { self.result = result }

  /// The loops of the Bench image by name, and what they draw.
  private static let titles = [
    ("paint_fill", "fill"), ("paint_gradient", "gradient, vertical, dithered"),
    ("paint_diagonal", "gradient, diagonal, dithered"),
    ("paint_line", "lines, 16 of them from edge to edge"),
    ("paint_circle", "circle, filled, radius 200"),
    ("paint_shade", "rectangle laid over by its alpha"),
    ("paint_copy", "blit of 64x64 pixels"),
    ("paint_blend", "blit of 64x64 pixels by their alpha"),
  ]

  /// A row for each kind of drawing, and those of the console.
  var table: String {
    var lines = ["| | instructions |", "|---|---:|"]
    for (name, title) in Self.titles {
      let cell = result.line(name)?.instructionsPerPixel.map(BenchReport.number) ?? "-"
      lines.append("| \(title), a pixel | \(cell) |")
    }
    for (name, title) in [
      ("console_write", "written"), ("console_draw", "written, and all that changed drawn"),
    ] {
      guard let line = result.line(name) else { continue }
      let cell = line.instructionCount.map(String.init) ?? "-"
      lines.append("| console, a line of \(line.count) \(title) | \(cell) |")
    }
    return lines.joined(separator: "\n")
  }
}
