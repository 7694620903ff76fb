internal import KernelBoot

/// The CPU that runs the kernel.
public enum Processor {
  /// Does nothing until an interrupt is pending, masked or not, at little cost.
  public static func waitForInterrupt() { kernel_wait_for_interrupt() }

  /// Does nothing, for ever, at little cost.
  public static func idle() -> Never {
    while true { kernel_wait_for_interrupt() }
  }
}
