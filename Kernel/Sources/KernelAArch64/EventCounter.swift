internal import KernelBoot

/// The first counter of the performance monitor.
///
/// - Spec: Arm Architecture Reference Manual, D13 "The Performance Monitors Extension"
public enum EventCounter {
  /// Counts the instructions that are executed from now on, where the CPU can: event 0x08.
  public static func startCountingInstructions() { kernel_start_event_counter(0x08) }

  /// How many there were.
  public static var count: UInt64 { kernel_event_count() & 0xffff_ffff }
}
