public import VirtIO

/// The part of a version 3 controller that belongs to one CPU: its private lines, and its local
/// interrupts (LPIs).
///
/// - Spec: Arm Generic Interrupt Controller Architecture Specification (IHI 0069) §12.11 "The GIC
///   Redistributor register descriptions"
public struct Redistributor<Access: RegisterAccess> {
  private let control: RegisterWindow<Access>
  /// The registers of the private lines: the frame `SGI_base`.
  let lines: RegisterWindow<Access>

  private static var kind: UInt { 0x0008 }
  private static var waker: UInt { 0x0014 }
  private static var properties: UInt { 0x0070 }
  private static var pending: UInt { 0x0078 }
  private static var frameByteCount: UInt { 0x1_0000 }

  /// Finds the redistributor of a CPU among those of a region.
  ///
  /// - Parameters:
  ///   - region: Redistributors side by side.
  ///   - stride: How far apart they are; nil if each says it.
  /// - Returns: nil if the region holds none of that CPU.
  /// - Throws: `regionTooSmall`, `wrongVersion`.
  public init?(of affinity: UInt32, in region: RegisterWindow<Access>, stride: UInt?)
    throws(InterruptError)
  {
    if let stride, stride < 2 &* Self.frameByteCount || stride % Self.frameByteCount != 0 {
      throw .regionTooSmall(.redistributor)
    }
    var offset: UInt = 0
    var count = 0
    // No machine has more CPUs; the region may be said to have any length.
    while count < 4096, let control = region.window(at: offset, byteCount: Self.frameByteCount),
      let lines = region.window(
        at: offset &+ Self.frameByteCount, byteCount: Self.frameByteCount)
    {
      try GICv3Version.check(control, .redistributor)
      let kind = control.read32(at: Self.kind)
      if control.read32(at: Self.kind &+ 4) == affinity {
        self.control = control
        self.lines = lines
        return
      }
      if kind & 1 << 4 != 0 { return nil }  // Last
      // One with virtual local interrupts has two more frames.
      offset &+= stride ?? (kind & 2 != 0 ? 4 : 2) &* Self.frameByteCount
      count &+= 1
    }
    if count == 0 { throw .regionTooSmall(.redistributor) }
    return nil
  }

  /// Wakes it up for its CPU.
  func wake() throws(InterruptError) {
    let registers = control
    registers.write32(registers.read32(at: Self.waker) & ~2, at: Self.waker)
    guard Patience.wait({ registers.read32(at: Self.waker) & 4 == 0 }) else {
      throw .noAnswer(.redistributor)
    }
  }

  /// Its address, as the translation service may want to know it.
  var address: UInt64 { UInt64(control.base) }

  /// Its number, as the translation service may want to know it.
  var processorNumber: UInt16 {
    UInt16(truncatingIfNeeded: control.read32(at: Self.kind) >> 8)
  }

  /// Whether it has local interrupts.
  public var hasLocalInterrupts: Bool { control.read32(at: Self.kind) & 1 != 0 }

  /// Says where the tables of local interrupts lie, and switches these on.
  ///
  /// - Parameters:
  ///   - properties: A byte for each, from number 8192 on. At a multiple of 4096.
  ///   - pending: A bit for each, from number 0 on, all 0. At a multiple of 65536.
  ///   - idBits: How many bits their numbers have, up to 16.
  /// - Throws: `noLocalInterrupts`, `inUse`, `tableRefused`.
  func enableLocalInterrupts(properties: UInt64, pending: UInt64, idBits: UInt32)
    throws(InterruptError)
  {
    guard hasLocalInterrupts else { throw .noLocalInterrupts }
    guard control.read32(at: 0) & 1 == 0 else { throw .inUse(.redistributor) }
    // Inner shareable, write-back memory: the CPU writes these tables through its caches.
    let attributes: UInt64 = 7 << 7 | 1 << 10
    control.write64(properties | attributes | UInt64(idBits &- 1), at: Self.properties)
    // Bit 62: that the table is all 0 need not be read.
    control.write64(pending | attributes | 1 << 62, at: Self.pending)
    control.write32(control.read32(at: 0) | 1, at: 0)
    let found = UInt64(control.read32(at: Self.properties)) & 0xffff_f000
    guard control.read32(at: 0) & 1 != 0, found == properties & 0xffff_f000 else {
      throw .tableRefused(.redistributor)
    }
  }
}

/// The identification register that all parts of a version 3 controller have.
enum GICv3Version {
  static func check<Access: RegisterAccess>(
    _ registers: RegisterWindow<Access>, _ part: InterruptError.Part
  ) throws(InterruptError) {
    let found = registers.read32(at: 0xffe8)
    let version = found >> 4 & 15
    guard version == 3 || version == 4 else { throw .wrongVersion(part, found: found) }
  }
}
