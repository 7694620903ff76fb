internal import KernelBoot

/// The CPU that runs the kernel.
public enum Processor {
  /// Does nothing, for ever, at little cost.
  public static func idle() -> Never {
    while true { kernel_wait_for_interrupt() }
  }
}
