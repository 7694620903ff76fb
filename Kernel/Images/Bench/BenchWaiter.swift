import KernelProbes
import VirtIO

/// Waits as another waiter does, between the two symbols by which the wait is left out of what is
/// counted.
struct BenchWaiter<Base: Waiter>: Waiter {
  var base: Base

  /// Waits as the other does.
  @inline(never)
  mutating func wait<P: Platform>(on platform: borrowing P) -> Bool {
    kernel_probe_spin_start()
    defer { kernel_probe_spin_end() }
    return base.wait(on: platform)
  }
}
