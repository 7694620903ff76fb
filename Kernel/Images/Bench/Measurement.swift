import VirtBoard

/// What one loop took.
struct Measurement {
  let name: StaticString
  /// How often it went round.
  let count: UInt64
  /// How long all of it took, in ticks of the counter.
  var ticks: UInt64 = 0
  /// How much of that was drawing; nil if it does not both draw and present.
  var drawingTicks: UInt64?
  /// How many pixels a round has; nil if it is not about those.
  var pixelCount: UInt64?
  /// How many instructions all of it had, but for those that spin; nil if nobody counted.
  var instructionCount: UInt64?

  /// Says it on the serial line.
  func report() {
    var line: Message = "\(name) n=\(count) ticks=\(ticks)"
    if let drawingTicks {
      line = "\(line) draw=\(drawingTicks) present=\(ticks &- drawingTicks)"
    }
    if let instructionCount, count > 0 {
      line = "\(line) insn=\((instructionCount &+ count / 2) / count)"
    }
    if let pixelCount { line = "\(line) pixels=\(pixelCount)" }
    printLine(line)
  }
}
