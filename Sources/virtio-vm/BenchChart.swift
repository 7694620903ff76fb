import VirtIOTesting

/// Where the time of a frame goes: a bar a loop, drawn as SVG.
struct BenchChart {
  let suite: BenchSuite

  private static let colors: [BenchTimes.Part: String] = [
    .draw: "#4c78a8", .driver: "#e45756", .delivery: "#eeca3b", .transfer: "#54a24b",
    .ending: "#b0b0b0",
  ]
  private static let left = 190.0
  private static let width = 640.0
  private static let rowHeight = 30.0

  /// A loop's bar.
  private struct Bar {
    let name: String
    let parts: [BenchTimes.Part: Double]
    var total: Double { parts.values.reduce(0, +) }
  }

  private var bars: [Bar] {
    BenchSuite.sizes.flatMap { size in
      BenchSuite.frameLoops.compactMap { name -> Bar? in
        let found = suite.blocking[size]?.compactMap { times in
          times.parts(name, driver: driver(name, size, times))
        }
        guard let found, !found.isEmpty else { return nil }
        var parts: [BenchTimes.Part: Double] = [:]
        for part in BenchTimes.Part.allCases { parts[part] = median(found.compactMap { $0[part] }) }
        return Bar(name: "\(name) \(size)", parts: parts)
      }
    }
  }

  /// How long the driver's instructions take, at the pace of those that fill.
  private func driver(_ name: String, _ size: BenchSuite.Size, _ times: BenchTimes) -> Double {
    guard let own = suite.polled[size]?.line(name)?.instructionCount,
      let other = suite.polled[size]?.line("draw_pattern")?.instructionCount, other > 0,
      let time = times.microseconds("draw_pattern")
    else { return 0 }
    return time * Double(own) / Double(other)
  }

  /// The picture.
  var svg: String {
    let bars = bars
    let longest = max(bars.map(\.total).max() ?? 1, 1)
    let legend = Self.rowHeight * Double(bars.count) + 30
    var lines = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 920 \(Int(legend) + 50)" \
      font-family="sans-serif" font-size="12">
      """,
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
    ]
    for (row, bar) in bars.enumerated() {
      let y = 10 + Self.rowHeight * Double(row)
      lines.append(
        Self.text(bar.name, x: Self.left - 8, y: y + 15, anchor: "end"))
      var x = Self.left
      for part in BenchTimes.Part.allCases {
        let width = (bar.parts[part] ?? 0) / longest * Self.width
        lines.append(Self.box(part, x: x, y: y, width: width, height: 22))
        x += width
      }
      lines.append(Self.text("\(Int(bar.total.rounded())) µs", x: x + 6, y: y + 15))
    }
    var x = 10.0
    for part in BenchTimes.Part.allCases {
      lines.append(Self.box(part, x: x, y: legend, width: 12, height: 12))
      lines.append(Self.text(part.rawValue, x: x + 17, y: legend + 11))
      x += 40 + 6.2 * Double(part.rawValue.count)
    }
    return (lines + ["</svg>", ""]).joined(separator: "\n")
  }

  private static func box(
    _ part: BenchTimes.Part, x: Double, y: Double, width: Double, height: Int
  ) -> String {
    """
    <rect x="\(rounded(x))" y="\(rounded(y))" width="\(rounded(width))" height="\(height)" \
    fill="\(colors[part] ?? "black")"/>
    """
  }

  private static func text(_ text: String, x: Double, y: Double, anchor: String = "start") -> String
  {
    "<text x=\"\(rounded(x))\" y=\"\(rounded(y))\" text-anchor=\"\(anchor)\">\(text)</text>"
  }

  private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
