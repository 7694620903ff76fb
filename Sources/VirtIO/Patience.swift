/// The bounds of a wait: a time, and a number of looks while the clock stands still.
struct Patience: Sendable {
  let timeout: Nanoseconds
  private var start: Nanoseconds?
  private var last = Nanoseconds(rawValue: 0)
  private var idleCount = 0
  private(set) var isOver = false

  /// How often to look while the clock does not advance, before taking it for broken.
  private static var limit: Int { 1_000_000 }

  init(timeout: Nanoseconds) {
    self.timeout = timeout
  }

  /// Whether to go on. Once it was false, it stays so.
  mutating func lasts(at now: Nanoseconds) -> Bool {
    if isOver { return false }
    let start = start ?? now
    self.start = start
    idleCount = now > last ? 0 : idleCount &+ 1
    last = max(now, last)
    isOver = now.since(start) >= timeout || idleCount >= Self.limit
    return !isOver
  }

  /// Whether the clock has advanced since the first look.
  var hasSeenTimePass: Bool {
    guard let start else { return false }
    return last > start
  }

  /// The end, or a moment so long after the last look if that comes first.
  func deadline(within period: Nanoseconds) -> Nanoseconds {
    let end = (start ?? last).advanced(by: timeout)
    return min(end, last.advanced(by: period))
  }
}

extension Nanoseconds {
  /// So long after this moment; the last one there is if that has no number.
  func advanced(by length: Self) -> Self {
    let sum = rawValue.addingReportingOverflow(length.rawValue)
    return Self(rawValue: sum.overflow ? .max : sum.partialValue)
  }
}
