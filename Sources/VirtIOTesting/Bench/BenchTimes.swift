/// How long the loops of one boot took, and QEMU's part of that.
package struct BenchTimes: Sendable {
  private let lines: [BenchLine]
  private let loops: [String: BenchTrace.Loop]

  init(_ result: BenchRun.Result) {
    lines = result.lines
    loops = result.trace.loops
  }

  /// How long a round of a loop took: the middle of the times that the loop was run, as others use the
  /// machine too.
  package func microseconds(_ name: String) -> Double? {
    median(lines.filter { $0.name == name }.map(\.microseconds))
  }

  /// How long QEMU takes for the transfer of a frame.
  package func transfer(_ name: String) -> Double? { median(loops[name]?.transfers) }

  /// How many doorbells a round of a loop rang.
  func doorbells(_ name: String) -> Double? {
    let count = lines.reduce(0) { $0 + ($1.name == name ? $1.count : 0) }
    guard count > 0, let loop = loops[name] else { return nil }
    return Double(loop.doorbellCount) / Double(count)
  }

  /// How much longer a frame takes than QEMU's own transfer.
  var presentRatio: Double? {
    guard let frame = microseconds("present_only"), let device = transfer("present_only"),
      device > 0
    else { return nil }
    return frame / device
  }

  /// How much longer a frame takes than the longer of drawing alone and presenting alone.
  var pipelinedRatio: Double? {
    guard let frame = microseconds("pattern_present"), let draw = microseconds("draw_pattern"),
      let device = microseconds("present_only"), draw > 0
    else { return nil }
    return frame / max(draw, device)
  }

  /// A part of a frame's time.
  package enum Part: String, CaseIterable, Sendable {
    case draw = "drawing"
    case driver = "driver: encoding, taking back"
    case delivery = "from doorbell to device"
    case transfer = "transfer"
    case ending = "flush, and until it is noticed"
  }

  /// Where the time of a frame goes, in microseconds. The parts of a loop that overlaps drawing with
  /// the device make more than the whole.
  ///
  /// - Parameter driver: How long the driver's instructions take.
  package func parts(_ name: String, driver: Double) -> [Part: Double]? {
    guard let whole = microseconds(name), let transfer = transfer(name),
      let delivery = median(loops[name]?.deliveries)
    else { return nil }
    let draw = median(lines.filter { $0.name == name }.compactMap(\.drawingMicroseconds)) ?? 0
    let rest = whole - draw - transfer - delivery - driver
    return [
      .draw: draw, .driver: driver, .delivery: delivery, .transfer: transfer,
      .ending: max(0, rest),
    ]
  }
}
