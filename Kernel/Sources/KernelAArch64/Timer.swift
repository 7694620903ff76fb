internal import KernelBoot

/// The generic timer's virtual timer of this CPU: an interrupt at a value of the ``Counter``.
///
/// Its interrupt is by level: it stays until the timer is stopped or started anew.
///
/// - Spec: Arm Architecture Reference Manual, D12.2 "The AArch64 view of the Generic Timer",
///   `CNTV_CVAL_EL0`, `CNTV_CTL_EL0`
public enum Timer {
  /// Interrupts once the counter has reached `ticks`: at once if it has already.
  public static func start(at ticks: UInt64) { kernel_start_timer(ticks) }

  /// Takes the interrupt back, and raises no more.
  public static func stop() { kernel_stop_timer() }
}

extension Counter {
  /// What the counter says once so much time has passed; the greatest number if it never does.
  public func ticks(after nanoseconds: UInt64) -> UInt64 {
    let (sum, isOver) = ticks.addingReportingOverflow(
      Self.ticks(nanoseconds: nanoseconds, frequency: UInt32(truncatingIfNeeded: frequency)))
    return isOver ? .max : sum
  }

  /// How many ticks so much time has, rounded up.
  public func ticks(in nanoseconds: UInt64) -> UInt64 {
    Self.ticks(nanoseconds: nanoseconds, frequency: UInt32(truncatingIfNeeded: frequency))
  }
}
