internal import CVirtIO

/// A way to wait for a device. Each blocking call takes one; nothing else in the driver waits.
public protocol Waiter {
  /// Called each time that what is waited for is not there yet; lets a little time pass.
  ///
  /// - Returns: False once the caller should give up. Stays false from then on.
  mutating func wait<P: Platform>(on platform: borrowing P) -> Bool
}

/// Looks again and again until a time is up.
///
/// It needs no interrupt, so it serves early boot and crash screens too.
public struct PollingWaiter: Waiter, Sendable {
  /// How long to go on from the first look.
  public let timeout: Nanoseconds
  private var start: Nanoseconds?
  private var remaining: UInt64

  /// Polls for at most `timeout` from the first look on.
  public init(timeout: Nanoseconds) {
    self.timeout = timeout
    // No look takes less than a nanosecond: with a clock that runs, this bound is never reached, and
    // with one that stands still the wait ends all the same.
    remaining = timeout.rawValue
  }

  /// Lets the core breathe for an instant.
  public mutating func wait<P: Platform>(on platform: borrowing P) -> Bool {
    guard remaining > 0 else { return false }
    let now = platform.now
    if let start {
      guard now.since(start) < timeout else {
        remaining = 0
        return false
      }
    } else {
      start = now
    }
    remaining &-= 1
    cvirtio_relax()
    return true
  }
}

extension Waiter where Self == PollingWaiter {
  /// Polls for at most `timeout`.
  public static func polling(_ timeout: Nanoseconds) -> Self {
    PollingWaiter(timeout: timeout)
  }
}
