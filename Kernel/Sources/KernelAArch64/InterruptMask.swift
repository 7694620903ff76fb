internal import KernelBoot

/// Whether this CPU takes interrupts: the I bit of DAIF.
///
/// It starts masked, and is masked in handlers.
///
/// - Spec: Arm Architecture Reference Manual, C5.2.2 "DAIF, Interrupt Mask Bits"
public enum InterruptMask {
  /// Whether interrupts wait.
  public static var isSet: Bool { kernel_interrupt_mask() & 1 << 7 != 0 }

  /// Makes interrupts wait.
  public static func set() { kernel_mask_interrupts() }

  /// Makes everything wait that is not an instruction's own exception: for who never comes back.
  public static func setAll() { kernel_mask_exceptions() }

  /// Lets interrupts in; those that waited come at once.
  ///
  /// Not for handlers, which have one stack among them.
  public static func clear() { kernel_unmask_interrupts() }

  /// Does something that no interrupt must come into, and leaves the mask as it was.
  public static func during<Result>(_ body: () -> Result) -> Result {
    let wasSet = isSet
    set()
    let result = body()
    if !wasSet { clear() }
    return result
  }
}
