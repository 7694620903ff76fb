internal import KernelAArch64
public import VirtIO

extension BoardPlatform: InterruptPlatform {
  /// Lets the CPU sleep until an interrupt comes or `deadline` does, at once back if `isAwake` says so.
  ///
  /// Interrupts are masked from before `isAwake` is asked until the CPU sleeps: one that comes in
  /// between ends the sleep, and is taken when this returns. Without interrupts it returns at once.
  ///
  /// Not for interrupt handlers.
  public func sleep(until deadline: Nanoseconds, unless isAwake: () -> Bool) {
    guard BoardInterrupts.isRunning else { return }
    BoardInterrupts.serve()
    InterruptMask.set()
    if !isAwake(), now < deadline {
      Timer.start(at: Counter().ticks(after: deadline.since(now).rawValue))
      Processor.waitForInterrupt()
      InterruptMask.clear()
      Timer.stop()
    }
    InterruptMask.clear()
  }
}
