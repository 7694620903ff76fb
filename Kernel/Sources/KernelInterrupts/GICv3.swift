public import VirtIO

/// The part of a CPU in a controller of version 3: its system registers, and the barrier between them
/// and memory.
public protocol GICProcessor {
  /// Where this CPU sits: Aff3, 2, 1 and 0, 8 bits each.
  var affinity: UInt32 { get }
  /// Switches the registers on.
  ///
  /// - Returns: False if there are none, or somebody above keeps them off.
  func enable() -> Bool
  /// Reads `ICC_IAR1_EL1`.
  func acknowledge() -> UInt32
  /// Writes `ICC_EOIR1_EL1`.
  func end(_ interrupt: UInt32)
  /// Waits until every access before has arrived.
  func synchronize()
}

/// A Generic Interrupt Controller of version 3 or 4, as the CPU uses it that sets it up.
///
/// - Spec: Arm Generic Interrupt Controller Architecture Specification (IHI 0069) §12.9 "The GIC
///   Distributor register descriptions", §12.11 "The GIC Redistributor register descriptions"
public struct GICv3<Access: RegisterAccess, Processor: GICProcessor>: InterruptController {
  private let distributor: Distributor<Access>
  private let privateLines: Distributor<Access>
  /// This CPU's redistributor.
  public let redistributor: Redistributor<Access>
  private let processor: Processor

  private static var control: UInt { 0x0000 }
  private static var kind: UInt { 0x0004 }
  private static var router: UInt { 0x6000 }
  /// `GICD_CTLR`: group 1 of our security state, and routing by affinity.
  private static var enabled: UInt32 { 1 << 1 | 1 << 4 }
  private static var writePending: UInt32 { 1 << 31 }

  /// Switches the controller on, with every line disabled.
  ///
  /// - Parameters:
  ///   - distributor: At least 64 KiB.
  ///   - redistributor: This CPU's.
  /// - Throws: `regionTooSmall`, `wrongVersion`, `noAnswer`, `noProcessorInterface`.
  public init(
    distributor: RegisterWindow<Access>, redistributor: Redistributor<Access>,
    processor: Processor
  ) throws(InterruptError) {
    guard distributor.byteCount >= 0x1_0000 else { throw .regionTooSmall(.distributor) }
    try GICv3Version.check(distributor, .distributor)
    self.distributor = Distributor(distributor)
    self.redistributor = redistributor
    self.processor = processor
    privateLines = Distributor(redistributor.lines, lineCount: 32)
    try redistributor.wake()
    try switchOn()
  }

  private func switchOn() throws(InterruptError) {
    let registers = distributor.registers
    registers.write32(0, at: Self.control)
    try waitForWrites()
    // The private lines are the redistributor's.
    distributor.disableAll(from: 32)
    distributor.group1(from: 32)
    privateLines.disableAll(from: 0)
    privateLines.group1(from: 0)
    try waitForWrites()
    registers.write32(Self.enabled, at: Self.control)
    try waitForWrites()
    guard processor.enable() else { throw .noProcessorInterface }
  }

  private func waitForWrites() throws(InterruptError) {
    let registers = distributor.registers
    let isDone = Patience.wait { registers.read32(at: Self.control) & Self.writePending == 0 }
    guard isDone else { throw .noAnswer(.distributor) }
  }

  /// How many bits the number of an interrupt has: 14 or more where there can be local ones.
  public var idBits: UInt32 { (distributor.registers.read32(at: Self.kind) >> 19 & 31) &+ 1 }

  /// How many lines there are.
  public var lineCount: UInt32 { distributor.lineCount }

  /// Says how a line is raised and how urgent it is, and sends it to this CPU.
  public func configure(
    _ id: InterruptID, trigger: InterruptTrigger, priority: InterruptPriority
  ) {
    guard id.rawValue < lineCount else { return }
    if id.isPrivate {
      return privateLines.configure(id, trigger: trigger, priority: priority)
    }
    distributor.configure(id, trigger: trigger, priority: priority)
    let affinity = processor.affinity
    distributor.registers.write64(
      UInt64(affinity >> 24) << 32 | UInt64(affinity & 0xff_ffff),
      at: Self.router &+ UInt(id.rawValue) &* 8)
  }

  /// Lets a line interrupt.
  public func enable(_ id: InterruptID) { (id.isPrivate ? privateLines : distributor).enable(id) }

  /// Keeps a line from interrupting.
  public func disable(_ id: InterruptID) {
    (id.isPrivate ? privateLines : distributor).disable(id)
  }

  /// Reads `ICC_IAR1_EL1`.
  public func acknowledge() -> AcknowledgedInterrupt {
    let token = processor.acknowledge()
    return AcknowledgedInterrupt(token: token, id: InterruptID(rawValue: token & 0xff_ffff))
  }

  /// Writes `ICC_EOIR1_EL1`.
  public func end(_ interrupt: AcknowledgedInterrupt) { processor.end(interrupt.token) }
}
