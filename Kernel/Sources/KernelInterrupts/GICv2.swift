public import VirtIO

/// A Generic Interrupt Controller of version 2 (or 1), as the CPU uses it that sets it up.
///
/// - Spec: Arm Generic Interrupt Controller Architecture version 2.0 (IHI 0048) §4.3 "Distributor
///   register descriptions", §4.4 "CPU interface register descriptions"
public struct GICv2<Access: RegisterAccess>: InterruptController {
  private let distributor: Distributor<Access>
  private let cpu: RegisterWindow<Access>
  /// The bit of this CPU in `GICD_ITARGETSR`; 0 where there is only one CPU.
  private let target: UInt8

  private static var control: UInt { 0x00 }
  private static var priorityMask: UInt { 0x04 }
  private static var binaryPoint: UInt { 0x08 }
  private static var acknowledge: UInt { 0x0c }
  private static var endOfInterrupt: UInt { 0x10 }
  private static var identification: UInt { 0xfc }
  private static var targets: UInt { 0x800 }

  /// Switches the controller on, with every line disabled.
  ///
  /// - Parameters:
  ///   - distributor: At least 4 KiB.
  ///   - cpu: The CPU interface, at least 256 bytes.
  /// - Throws: `regionTooSmall`, `wrongVersion`; nothing has changed then.
  public init(distributor: RegisterWindow<Access>, cpu: RegisterWindow<Access>)
    throws(InterruptError)
  {
    guard distributor.byteCount >= 0x1000 else { throw .regionTooSmall(.distributor) }
    guard cpu.byteCount >= 0x100 else { throw .regionTooSmall(.cpuInterface) }
    // Version 1 has no architecture revision where version 2 has it.
    let peripheral = distributor.read32(at: 0xfe8)
    guard peripheral >> 4 & 15 == 1 || peripheral >> 4 & 15 == 2 else {
      throw .wrongVersion(.distributor, found: peripheral)
    }
    let found = cpu.read32(at: Self.identification)
    guard found >> 16 & 15 == 1 || found >> 16 & 15 == 2 else {
      throw .wrongVersion(.cpuInterface, found: found)
    }
    self.distributor = Distributor(distributor)
    self.cpu = cpu
    // Each CPU reads its own bit here, for each line that is private.
    target = distributor.read8(at: Self.targets)
    switchOn()
  }

  private func switchOn() {
    let registers = distributor.registers
    registers.write32(0, at: Self.control)
    distributor.disableAll(from: 0)
    // In either security state, bit 0 is for the interrupts of the group that is ours.
    registers.write32(1, at: Self.control)
    cpu.write32(0xff, at: Self.priorityMask)
    cpu.write32(0, at: Self.binaryPoint)
    cpu.write32(1, at: Self.control)
  }

  /// How many lines there are.
  public var lineCount: UInt32 { distributor.lineCount }

  /// Says how a line is raised and how urgent it is, and sends it to this CPU.
  public func configure(
    _ id: InterruptID, trigger: InterruptTrigger, priority: InterruptPriority
  ) {
    guard id.rawValue < lineCount else { return }
    distributor.configure(id, trigger: trigger, priority: priority)
    if id.isShared, target != 0 {
      distributor.registers.write8(target, at: Self.targets &+ UInt(id.rawValue))
    }
  }

  /// Lets a line interrupt.
  public func enable(_ id: InterruptID) { distributor.enable(id) }

  /// Keeps a line from interrupting.
  public func disable(_ id: InterruptID) { distributor.disable(id) }

  /// Reads `GICC_IAR`.
  public func acknowledge() -> AcknowledgedInterrupt {
    let token = cpu.read32(at: Self.acknowledge)
    return AcknowledgedInterrupt(token: token, id: InterruptID(rawValue: token & 0x3ff))
  }

  /// Writes `GICC_EOIR`, with the number of the CPU that a software-generated interrupt came from.
  public func end(_ interrupt: AcknowledgedInterrupt) {
    cpu.write32(interrupt.token, at: Self.endOfInterrupt)
  }
}
