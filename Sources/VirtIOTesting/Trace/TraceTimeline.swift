/// Frames of a trace as text: a table for each, and the means of all.
package struct TraceTimeline {
  private let trace: GPUTrace
  private let shown: Range<Int>

  /// The frames of a trace, `count` at most, without the first `skipped`.
  package init(_ trace: GPUTrace, skipping skipped: Int = 0, count: Int) {
    self.trace = trace
    let first = min(skipped, trace.frames.count)
    shown = first..<min(first + count, trace.frames.count)
  }

  /// When the first thing of all happened.
  private var origin: Double? { trace.frames.first?.events.first?.time }

  /// The whole text.
  package var text: String {
    let frames = shown.map { frame in
      ([heading(frame)] + trace.frames[frame].events.map { row($0, from: start(frame)) })
        .joined(separator: "\n")
    }
    return (frames + [summary]).joined(separator: "\n\n")
  }

  private func start(_ frame: Int) -> Double? { trace.frames[frame].events.first?.time }

  private func heading(_ index: Int) -> String {
    let frame = trace.frames[index]
    var text = "frame \(index + 1)"
    if let start = start(index), let origin {
      text += ", \(Self.decimal((start - origin) / 1000, 1)) ms after the first doorbell"
    }
    let counts = [GPUTrace.Event.Kind.command, .doorbell, .interrupt].map { kind in
      Self.counted(frame.count(kind), kind.rawValue)
    }
    return "\(text): \(counts.joined(separator: ", "))"
  }

  private func row(_ event: GPUTrace.Event, from start: Double?) -> String {
    var time = "-"
    if let start, let when = event.time { time = "+\(Self.decimal(when - start, 0)) µs" }
    let kind = event.kind.rawValue
    return Self.blanks(14 - time.count) + time + "  " + kind + Self.blanks(11 - kind.count)
      + event.text + (event.count > 1 ? " ×\(event.count)" : "")
  }

  /// The means of the frames that are shown.
  private var summary: String {
    let frames = trace.frames[shown]
    let means = [GPUTrace.Event.Kind.command, .doorbell, .interrupt].map { kind in
      let total = frames.reduce(0) { $0 + $1.count(kind) }
      return "\(Self.decimal(Double(total) / Double(max(frames.count, 1)), 2)) \(kind.rawValue)s"
    }
    var text = "\(Self.counted(frames.count, "frame")): \(means.joined(separator: ", ")) a frame"
    if shown.count > 1, let first = start(shown.lowerBound), let last = start(shown.upperBound - 1)
    {
      let mean = (last - first) / 1000 / Double(shown.count - 1)
      text += ", \(Self.decimal(mean, 1)) ms from one to the next"
    }
    return text + "."
  }

  private static func counted(_ count: Int, _ name: String) -> String {
    "\(count) \(name)\(count == 1 ? "" : "s")"
  }

  private static func blanks(_ count: Int) -> String {
    String(repeating: " ", count: max(0, count))
  }

  /// A number with so many digits behind the point.
  private static func decimal(_ number: Double, _ digits: Int) -> String {
    let scale = (0..<digits).reduce(1) { power, _ in power * 10 }
    let value = Int((number * Double(scale)).rounded())
    guard digits > 0 else { return "\(value)" }
    let rest = "\(value.magnitude % scale.magnitude)"
    let zeros = String(repeating: "0", count: digits - rest.count)
    return "\(value < 0 ? "-" : "")\(value.magnitude / scale.magnitude).\(zeros)\(rest)"
  }
}
