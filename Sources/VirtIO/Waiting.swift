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
  private var patience: Patience

  /// Polls for at most `timeout` from the first look on.
  public init(timeout: Nanoseconds) {
    patience = Patience(timeout: timeout)
  }

  /// How long to go on from the first look.
  public var timeout: Nanoseconds { patience.timeout }

  /// Lets the core breathe for an instant.
  ///
  /// With a clock that does not advance it gives up after a million calls in a row.
  public mutating func wait<P: Platform>(on platform: borrowing P) -> Bool {
    guard !patience.isOver, patience.lasts(at: platform.now) else { return false }
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
