internal import KernelBoot

/// The registers of this CPU by which a GICv3 or later hands over interrupts, of group 1.
///
/// - Spec: Arm Generic Interrupt Controller Architecture Specification (IHI 0069) §12.2 "AArch64
///   System register descriptions"
public enum InterruptRegisters {
  /// Whether the CPU has these registers; without them, each access is a fault.
  public static var exist: Bool { kernel_processor_features() >> 24 & 15 != 0 }

  /// Where this CPU sits: Aff3, 2, 1 and 0, 8 bits each.
  public static var affinity: UInt32 {
    let mpidr = kernel_processor_affinity()
    return UInt32(truncatingIfNeeded: mpidr >> 32 & 0xff) << 24
      | UInt32(truncatingIfNeeded: mpidr) & 0xff_ffff
  }

  /// Switches them on: every priority is let through, each has an order of its own, and an interrupt
  /// is over when it is ended.
  ///
  /// - Returns: False if somebody above keeps them off.
  public static func enable() -> Bool {
    kernel_write_icc_sre(kernel_read_icc_sre() | 1)
    guard kernel_read_icc_sre() & 1 != 0 else { return false }
    kernel_write_icc_ctlr(0)
    kernel_write_icc_bpr1(0)
    kernel_write_icc_pmr(0xff)
    kernel_write_icc_igrpen1(1)
    return true
  }

  /// Takes the interrupt of the highest priority: `ICC_IAR1_EL1`.
  public static func acknowledge() -> UInt32 { UInt32(truncatingIfNeeded: kernel_read_icc_iar1()) }

  /// Says that it is over: `ICC_EOIR1_EL1`.
  public static func end(_ interrupt: UInt32) { kernel_write_icc_eoir1(UInt64(interrupt)) }

  /// Waits until every access before has arrived.
  public static func synchronize() { kernel_synchronize() }

  /// Sets what the vectors call for an interrupt, on the stack of interrupts, with interrupts masked.
  public static func setHandler(_ handler: @convention(c) (UnsafeMutablePointer<UInt64>?) -> Void) {
    unsafe kernel_set_interrupt_handler(handler)
  }
}
