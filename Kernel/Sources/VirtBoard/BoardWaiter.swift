public import VirtIO

/// A ``/VirtIO/PollingWaiter`` or an ``/VirtIO/InterruptWaiter``, where only the machine tells which it can be.
public enum BoardWaiter<P: InterruptPlatform>: Waiter {
  /// Asks all the time.
  case polling(PollingWaiter)
  /// Sleeps in between.
  case sleeping(InterruptWaiter<P>)

  /// Waits as the one or the other does.
  public mutating func wait<Other: Platform>(on platform: borrowing Other) -> Bool {
    switch self {
    case .polling(var waiter):
      defer { self = .polling(waiter) }
      return waiter.wait(on: platform)
    case .sleeping(var waiter):
      defer { self = .sleeping(waiter) }
      return waiter.wait(on: platform)
    }
  }
}
