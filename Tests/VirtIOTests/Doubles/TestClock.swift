package import VirtIO

/// A clock that moves only when it is looked at.
package final class TestClock: @unchecked Sendable {
  /// How it moves with each look.
  package enum Pace: Sendable {
    case forwards(UInt64)
    case backwards(UInt64)
    case still
  }

  package var pace: Pace
  /// How often it was looked at.
  package private(set) var lookCount = 0
  private var nanoseconds: UInt64

  package init(_ pace: Pace = .forwards(1000), from start: UInt64 = 1_000_000_000) {
    self.pace = pace
    nanoseconds = start
  }

  package func look() -> Nanoseconds {
    lookCount += 1
    let now = nanoseconds
    switch pace {
    case .forwards(let step): nanoseconds &+= step
    case .backwards(let step): nanoseconds -= min(step, nanoseconds)
    case .still: break
    }
    return Nanoseconds(rawValue: now)
  }
}
