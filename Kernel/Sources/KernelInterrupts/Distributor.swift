import VirtIO

/// The registers for lines that a distributor of every version has, and the redistributors of version
/// 3 for the private ones.
///
/// - Spec: Arm Generic Interrupt Controller Architecture Specification (IHI 0069) §12.9 "The GIC
///   Distributor register descriptions"
struct Distributor<Access: RegisterAccess> {
  let registers: RegisterWindow<Access>
  /// How many lines there are.
  let lineCount: UInt32

  private static var kind: UInt { 0x004 }
  private static var group: UInt { 0x080 }
  private static var setEnable: UInt { 0x100 }
  private static var clearEnable: UInt { 0x180 }
  private static var clearPending: UInt { 0x280 }
  private static var priority: UInt { 0x400 }
  private static var configuration: UInt { 0xc00 }

  /// The lines that the distributor says it has.
  init(_ registers: RegisterWindow<Access>) {
    let count = 32 &* ((registers.read32(at: Self.kind) & 31) &+ 1)
    self.init(registers, lineCount: min(count, 1020))
  }

  /// The private lines, in a redistributor.
  init(_ registers: RegisterWindow<Access>, lineCount: UInt32) {
    self.registers = registers
    self.lineCount = lineCount
  }

  /// Disables every line from a multiple of 32 on, and forgets what they have raised.
  func disableAll(from first: UInt32) {
    var line = first
    while line < lineCount {
      registers.write32(.max, at: Self.clearEnable &+ UInt(line / 8))
      registers.write32(.max, at: Self.clearPending &+ UInt(line / 8))
      line &+= 32
    }
  }

  /// Puts every line from a multiple of 32 on into group 1.
  func group1(from first: UInt32) {
    var line = first
    while line < lineCount {
      registers.write32(.max, at: Self.group &+ UInt(line / 8))
      line &+= 32
    }
  }

  func configure(_ id: InterruptID, trigger: InterruptTrigger, priority: InterruptPriority) {
    let line = UInt(id.rawValue)
    guard id.rawValue < lineCount else { return }
    registers.write8(priority.rawValue, at: Self.priority &+ line)
    // Software-generated ones are as they are.
    guard line >= 16 else { return }
    let offset = Self.configuration &+ line / 16 &* 4
    let bit: UInt32 = 2 << UInt32(line % 16 &* 2)
    let old = registers.read32(at: offset)
    let new = trigger == .edge ? old | bit : old & ~bit
    if new != old { registers.write32(new, at: offset) }
    // What was raised in the old way does not count.
    registers.write32(1 << UInt32(line % 32), at: Self.clearPending &+ line / 32 &* 4)
  }

  func enable(_ id: InterruptID) { set(id, at: Self.setEnable) }
  func disable(_ id: InterruptID) { set(id, at: Self.clearEnable) }

  private func set(_ id: InterruptID, at offset: UInt) {
    guard id.rawValue < lineCount else { return }
    registers.write32(1 << (id.rawValue % 32), at: offset &+ UInt(id.rawValue / 32 &* 4))
  }
}
