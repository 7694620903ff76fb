/// Why an exception was taken: `ESR_EL1`.
///
/// - Spec: Arm Architecture Reference Manual, D24.2 "ESR_EL1, Exception Syndrome Register (EL1)"
public struct ExceptionSyndrome: RawRepresentable, Equatable, Sendable {
  /// The register.
  public let rawValue: UInt64

  /// What the register holds.
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// EC: what kind of exception.
  public var exceptionClass: ExceptionClass {
    ExceptionClass(rawValue: UInt8(truncatingIfNeeded: rawValue >> 26) & 0x3f)
  }

  /// IFSC or DFSC: why an access was refused. Means something in aborts only.
  public var faultStatus: FaultStatus {
    FaultStatus(rawValue: UInt8(truncatingIfNeeded: rawValue) & 0x3f)
  }

  /// WnR: whether the access of a data abort was a write.
  public var isWrite: Bool { rawValue & 1 << 6 != 0 }

  /// CM: whether it was cache maintenance that a data abort comes from.
  public var isCacheMaintenance: Bool { rawValue & 1 << 8 != 0 }

  /// FnV: whether `FAR_EL1` does not hold the address of an abort.
  public var lacksAddress: Bool { rawValue & 1 << 10 != 0 }
}

/// The kind of an exception that is taken to level 1.
public struct ExceptionClass: RawRepresentable, Equatable, Sendable {
  /// EC: 6 bits.
  public let rawValue: UInt8

  /// The class of that number.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// An instruction could not be fetched, at the level that the exception is taken to.
  public static var instructionAbort: Self { Self(rawValue: 0x21) }
  /// Data could not be accessed, at the level that the exception is taken to.
  public static var dataAbort: Self { Self(rawValue: 0x25) }
  /// The instruction `brk`: how Swift ends a program that broke a rule.
  public static var breakpointInstruction: Self { Self(rawValue: 0x3c) }

  /// Whether it is an instruction abort, from this level or below.
  public var isInstructionAbort: Bool { rawValue & ~1 == 0x20 }

  /// Whether it is a data abort, from this level or below.
  public var isDataAbort: Bool { rawValue & ~1 == 0x24 }

  /// What it is, in a few words.
  public var words: StaticString {
    switch rawValue {
    case 0x00: "unknown reason"
    case 0x01: "trapped WFI or WFE"
    case 0x03: "trapped MCR or MRC, coprocessor 15"
    case 0x04: "trapped MCRR or MRRC, coprocessor 15"
    case 0x05: "trapped MCR or MRC, coprocessor 14"
    case 0x06: "trapped LDC or STC"
    case 0x07: "trapped SIMD or floating point"
    case 0x0a: "other trapped instruction"
    case 0x0c: "trapped MRRC, coprocessor 14"
    case 0x0d: "branch target exception"
    case 0x0e: "illegal execution state"
    case 0x11: "SVC in AArch32"
    case 0x14: "trapped MSRR, MRRS or 128-bit system instruction"
    case 0x15: "SVC"
    case 0x18: "trapped MSR, MRS or system instruction"
    case 0x19: "trapped SVE"
    case 0x1b: "trapped TSTART"
    case 0x1c: "failed pointer authentication"
    case 0x1d: "trapped SME"
    case 0x20: "instruction abort from a lower level"
    case 0x21: "instruction abort"
    case 0x22: "misaligned PC"
    case 0x24: "data abort from a lower level"
    case 0x25: "data abort"
    case 0x26: "misaligned SP"
    case 0x27: "memory copy or set exception"
    case 0x28: "floating-point exception in AArch32"
    case 0x2c: "floating-point exception"
    case 0x2d: "guarded control stack exception"
    case 0x2f: "SError"
    case 0x30: "breakpoint at a lower level"
    case 0x31: "breakpoint"
    case 0x32: "software step at a lower level"
    case 0x33: "software step"
    case 0x34: "watchpoint at a lower level"
    case 0x35: "watchpoint"
    case 0x38: "BKPT in AArch32"
    case 0x3c: "BRK"
    case 0x3d: "performance monitor exception"
    default: "reserved exception class"
    }
  }
}
