public import VirtIO

/// The interrupt of a device with memory-mapped registers: one line, for everything.
///
/// It cannot be kept from pulling that line, but by whoever owns the interrupt controller. A description
/// without an owner: copies are about the same device.
///
/// - Spec: VirtIO 1.4 §4.2.3.4 "Notifications From The Device"
public struct MMIOInterrupts<Access: RegisterAccess & Sendable>: InterruptSource {
  let registers: MMIORegisters<Access>

  /// Nothing: there are no vectors.
  public func causes(ofVector vector: Int) -> InterruptCauses { [] }

  /// Reads `InterruptStatus`, and writes what it says to `InterruptACK`, which lets go of the line; only
  /// reads, if that is nothing. Bits without a meaning are left alone.
  ///
  /// They are acknowledged before they are acted upon, so what happens meanwhile interrupts anew.
  public func takeLineCauses() -> InterruptCauses {
    let status = registers.readInterruptStatus()
    let causes = InterruptCauses(rawValue: UInt8(truncatingIfNeeded: status))
      .intersection([.queues, .configuration])
    if !causes.isEmpty { registers.writeInterruptAcknowledge(UInt32(causes.rawValue)) }
    return causes
  }
}
