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
  private var last = Nanoseconds(rawValue: 0)
  private var idleCount = 0
  private var isOver = false

  /// How often to look while the clock does not advance, before taking it for broken.
  private static var patience: Int { 1_000_000 }

  /// Polls for at most `timeout` from the first look on.
  public init(timeout: Nanoseconds) {
    self.timeout = timeout
  }

  /// Lets the core breathe for an instant.
  ///
  /// With a clock that does not advance it gives up after a million calls in a row.
  public mutating func wait<P: Platform>(on platform: borrowing P) -> Bool {
    if isOver { return false }
    let now = platform.now
    let start = start ?? now
    self.start = start
    idleCount = now > last ? 0 : idleCount &+ 1
    last = max(now, last)
    isOver = now.since(start) >= timeout || idleCount >= Self.patience
    cvirtio_relax()
    return !isOver
  }
}

extension Waiter where Self == PollingWaiter {
  /// Polls for at most `timeout`.
  public static func polling(_ timeout: Nanoseconds) -> Self {
    PollingWaiter(timeout: timeout)
  }
}
