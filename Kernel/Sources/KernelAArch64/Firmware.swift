internal import KernelBoot

/// The firmware's power state interface.
///
/// - Spec: Arm Power State Coordination Interface (DEN0022) §5.1 "Function prototypes"
public enum Firmware: Sendable {
  /// Called by `hvc`.
  case hvc
  /// Called by `smc`.
  case smc

  /// What to try when no device tree says it: with a hypervisor's level given to us, there is nobody
  /// to take an `hvc`.
  public static var lastResort: Self { kernel_boot_level() == 2 ? .smc : .hvc }

  /// Switches the machine off.
  public func powerOff() -> Never {
    let systemOff: UInt64 = 0x8400_0008
    switch self {
    case .hvc: _ = kernel_call_hvc(systemOff)
    case .smc: _ = kernel_call_smc(systemOff)
    }
    Processor.idle()
  }
}
