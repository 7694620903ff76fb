import Testing

@testable import KernelAArch64

/// The words for `ESR_EL1`, against the tables of the Arm Architecture Reference Manual, D24.2.
@Suite("Exception syndromes")
struct ExceptionSyndromeTests {
  private static func text(_ words: StaticString) -> String { "\(words)" }

  /// EC, as the manual lists it for exceptions that are taken to level 1.
  static let classes: [UInt8: String] = [
    0b00_0000: "unknown reason", 0b00_0001: "trapped WFI or WFE",
    0b00_0011: "trapped MCR or MRC, coprocessor 15",
    0b00_0100: "trapped MCRR or MRRC, coprocessor 15",
    0b00_0101: "trapped MCR or MRC, coprocessor 14", 0b00_0110: "trapped LDC or STC",
    0b00_0111: "trapped SIMD or floating point", 0b00_1010: "other trapped instruction",
    0b00_1100: "trapped MRRC, coprocessor 14", 0b00_1101: "branch target exception",
    0b00_1110: "illegal execution state", 0b01_0001: "SVC in AArch32",
    0b01_0100: "trapped MSRR, MRRS or 128-bit system instruction", 0b01_0101: "SVC",
    0b01_1000: "trapped MSR, MRS or system instruction", 0b01_1001: "trapped SVE",
    0b01_1011: "trapped TSTART", 0b01_1100: "failed pointer authentication",
    0b01_1101: "trapped SME", 0b10_0000: "instruction abort from a lower level",
    0b10_0001: "instruction abort", 0b10_0010: "misaligned PC",
    0b10_0100: "data abort from a lower level", 0b10_0101: "data abort",
    0b10_0110: "misaligned SP", 0b10_0111: "memory copy or set exception",
    0b10_1000: "floating-point exception in AArch32", 0b10_1100: "floating-point exception",
    0b10_1101: "guarded control stack exception", 0b10_1111: "SError",
    0b11_0000: "breakpoint at a lower level", 0b11_0001: "breakpoint",
    0b11_0010: "software step at a lower level", 0b11_0011: "software step",
    0b11_0100: "watchpoint at a lower level", 0b11_0101: "watchpoint",
    0b11_1000: "BKPT in AArch32", 0b11_1100: "BRK", 0b11_1101: "performance monitor exception",
  ]

  @Test("each of the 64 exception classes has its words", arguments: UInt8(0)..<64)
  func exceptionClass(code: UInt8) {
    // The bits beside the class must not matter.
    for rest in [0, 0x3ff_ffff, 0x2000_0000_0000, UInt64.max << 32] as [UInt64] {
      let syndrome = ExceptionSyndrome(rawValue: UInt64(code) << 26 | rest)
      #expect(syndrome.exceptionClass.rawValue == code)
      #expect(
        Self.text(syndrome.exceptionClass.words)
          == Self.classes[code, default: "reserved exception class"])
      #expect(syndrome.exceptionClass.isInstructionAbort == [0x20, 0x21].contains(code))
      #expect(syndrome.exceptionClass.isDataAbort == [0x24, 0x25].contains(code))
    }
  }

  /// DFSC, as the manual lists it.
  static let statuses: [UInt8: (words: String, level: Int?)] = {
    var statuses: [UInt8: (words: String, level: Int?)] = [
      0b01_0000: ("external abort", nil), 0b01_0001: ("tag check fault", nil),
      0b01_1000: ("parity or ECC error", nil), 0b10_0001: ("alignment fault", nil),
      0b10_1000: ("granule protection fault", nil), 0b11_0000: ("TLB conflict abort", nil),
      0b11_0001: ("unsupported atomic hardware update", nil),
      0b11_0100: ("implementation defined fault, lockdown", nil),
      0b11_0101: ("implementation defined fault, unsupported exclusive or atomic", nil),
      0b01_0010: ("external abort on a table walk", -2),
      0b01_0011: ("external abort on a table walk", -1),
      0b01_1011: ("parity or ECC error on a table walk", -1),
      0b10_0010: ("granule protection fault on a table walk", -2),
      0b10_0011: ("granule protection fault on a table walk", -1),
      0b10_1001: ("address size fault", -1), 0b10_1010: ("translation fault", -2),
      0b10_1011: ("translation fault", -1), 0b10_1100: ("address size fault", -2),
    ]
    let byLevel: [(UInt8, String)] = [
      (0b00_0000, "address size fault"), (0b00_0100, "translation fault"),
      (0b00_1000, "access flag fault"), (0b00_1100, "permission fault"),
      (0b01_0100, "external abort on a table walk"),
      (0b01_1100, "parity or ECC error on a table walk"),
      (0b10_0100, "granule protection fault on a table walk"),
    ]
    for (first, words) in byLevel {
      for level in 0...3 { statuses[first + UInt8(level)] = (words, level) }
    }
    return statuses
  }()

  @Test("each of the 64 fault status codes has its words and its level", arguments: UInt8(0)..<64)
  func faultStatus(code: UInt8) {
    let expected = Self.statuses[code] ?? ("reserved fault status", nil)
    for rest in [0, UInt64.max << 6] {
      let status = ExceptionSyndrome(rawValue: UInt64(code) | rest).faultStatus
      #expect(Self.text(status.words) == expected.words)
      #expect(status.level == expected.level)
      #expect(status.isTranslationFault == (expected.words == "translation fault"))
      #expect(status.isPermissionFault == (expected.words == "permission fault"))
    }
  }

  @Test("the manual's tables have as many rows")
  func tables() {
    #expect(Self.classes.count == 39)
    #expect(Self.statuses.count == 18 + 28)
  }

  @Test("the single bits are where the manual has them")
  func bits() {
    let none = ExceptionSyndrome(rawValue: ~(1 << 6 | 1 << 8 | 1 << 10))
    #expect(!none.isWrite && !none.isCacheMaintenance && !none.lacksAddress)
    #expect(ExceptionSyndrome(rawValue: 1 << 6).isWrite)
    #expect(ExceptionSyndrome(rawValue: 1 << 8).isCacheMaintenance)
    #expect(ExceptionSyndrome(rawValue: 1 << 10).lacksAddress)
  }
}
