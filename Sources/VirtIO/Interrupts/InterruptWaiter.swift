internal import CVirtIO

/// A platform on which a CPU can sleep until it is interrupted.
public protocol InterruptPlatform: Platform {
  /// Sleeps until an interrupt was handled or a moment has come; may return earlier.
  ///
  /// `isAwake` is set by interrupt handlers. It has to be asked with interrupts masked, and the CPU has
  /// to go to sleep without letting one in between: on AArch64 mask them, ask, `wfi`, unmask. `wfi`
  /// returns for a pending interrupt though it is masked, and it is taken when it is unmasked.
  ///
  /// - Parameters:
  ///   - deadline: A moment on this platform's clock.
  ///   - isAwake: Whether there is no need to sleep any more.
  func sleep(until deadline: Nanoseconds, unless isAwake: () -> Bool)
}

/// Sleeps until the device interrupts, or a time is up.
///
/// No wake-up is lost: the handler sets the latch first, and whoever waits has it taken before looking
/// at the queues again. What comes between the look and the sleep is still in the latch, and `unless`
/// is asked with interrupts masked; what comes after that ends the sleep. Should the interrupt itself
/// be lost, the sleep ends after 20 ms all the same, and everything is looked at.
///
/// Wake-ups do not make it wait longer than its timeout, however many come. It sleeps only once it has
/// seen the clock advance; a clock that stands still ends it after a million calls in a row.
public struct InterruptWaiter<P: InterruptPlatform>: Waiter {
  private let platform: P
  private let latch: InterruptLatch
  private var patience: Patience

  /// How long to sleep at a time if no interrupt comes.
  private static var watchdog: Nanoseconds { .milliseconds(20) }

  /// Waits on `platform` for what a handler of its interrupts tells `latch`.
  ///
  /// - Parameters:
  ///   - latch: Where the handler notes that there is something to do.
  ///   - platform: What to sleep on; the one that the driver was opened on.
  ///   - timeout: How long to go on from the first look.
  public init(_ latch: InterruptLatch, on platform: P, timeout: Nanoseconds) {
    self.latch = latch
    self.platform = platform
    patience = Patience(timeout: timeout)
  }

  /// How long to go on from the first look.
  public var timeout: Nanoseconds { patience.timeout }

  /// Sleeps until something was signalled; not at all if that is so already.
  public mutating func wait<Other: Platform>(on _: borrowing Other) -> Bool {
    guard !patience.isOver, patience.lasts(at: platform.now) else { return false }
    if latch.takeWake() { return true }
    guard patience.hasSeenTimePass else {
      cvirtio_relax()
      return true
    }
    let latch = latch
    platform.sleep(until: patience.deadline(within: Self.watchdog)) { latch.isAwake }
    // Who has slept in vain looks at everything: an interrupt may have been lost.
    if !latch.takeWake() { latch.suspectConfiguration() }
    return true
  }
}

extension Waiter {
  /// Sleeps for at most `timeout`, until a handler is called. See ``InterruptWaiter``.
  ///
  /// - Parameters:
  ///   - handler: What the kernel's handler of the device's interrupts calls.
  ///   - platform: What to sleep on; the one that the driver was opened on.
  ///   - timeout: How long to go on from the first look.
  public static func interrupt<P: InterruptPlatform, Source>(
    _ handler: InterruptHandler<Source>, on platform: P, _ timeout: Nanoseconds
  ) -> Self where Self == InterruptWaiter<P> {
    InterruptWaiter(handler.latch, on: platform, timeout: timeout)
  }
}
