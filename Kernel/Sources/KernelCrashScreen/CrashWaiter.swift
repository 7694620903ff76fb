internal import VirtIO

/// Polls, for a time that the clock measures, and for so many looks even if the clock goes wrong.
struct CrashWaiter: Waiter {
  private var polling: PollingWaiter
  private var looksLeft: Int

  /// No device that works takes a tenth of that.
  init(timeout: Nanoseconds = .seconds(1), looks: Int = 10_000_000) {
    polling = PollingWaiter(timeout: timeout)
    looksLeft = looks
  }

  mutating func wait<P: Platform>(on platform: borrowing P) -> Bool {
    guard looksLeft > 0, polling.wait(on: platform) else { return false }
    looksLeft &-= 1
    return true
  }
}
