/// Why an access was refused: the low 6 bits of `ESR_EL1` in an abort.
///
/// - Spec: Arm Architecture Reference Manual, D24.2 "ESR_EL1", ISS encodings for an exception from a
///   data abort (DFSC) and from an instruction abort (IFSC)
public struct FaultStatus: RawRepresentable, Equatable, Sendable {
  /// The code: 6 bits.
  public let rawValue: UInt8

  /// The status of that code.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Whether there was no mapping.
  public var isTranslationFault: Bool { kind == .translation }

  /// Whether there was a mapping that forbids such an access.
  public var isPermissionFault: Bool { kind == .permission }

  /// The level of the page table walk at which it came up, if it did in one: -2 to 3.
  public var level: Int? {
    let low = Int(rawValue & 3)
    switch rawValue {
    case 0x00...0x0f, 0x14...0x17, 0x1c...0x1f, 0x24...0x27: return low
    case 0x13, 0x1b, 0x23, 0x29, 0x2b: return -1
    case 0x12, 0x22, 0x2a, 0x2c: return -2
    default: return nil
    }
  }

  /// What it is, in a few words without the level.
  public var words: StaticString { kind.words }

  private enum Kind {
    case addressSize
    case translation
    case accessFlag
    case permission
    case external
    case externalOnWalk
    case tagCheck
    case parity
    case parityOnWalk
    case alignment
    case granuleProtection
    case granuleProtectionOnWalk
    case conflict
    case unsupportedUpdate
    case lockdown
    case unsupportedExclusive
    case reserved

    var words: StaticString {
      switch self {
      case .addressSize: "address size fault"
      case .translation: "translation fault"
      case .accessFlag: "access flag fault"
      case .permission: "permission fault"
      case .external: "external abort"
      case .externalOnWalk: "external abort on a table walk"
      case .tagCheck: "tag check fault"
      case .parity: "parity or ECC error"
      case .parityOnWalk: "parity or ECC error on a table walk"
      case .alignment: "alignment fault"
      case .granuleProtection: "granule protection fault"
      case .granuleProtectionOnWalk: "granule protection fault on a table walk"
      case .conflict: "TLB conflict abort"
      case .unsupportedUpdate: "unsupported atomic hardware update"
      case .lockdown: "implementation defined fault, lockdown"
      case .unsupportedExclusive: "implementation defined fault, unsupported exclusive or atomic"
      case .reserved: "reserved fault status"
      }
    }
  }

  private var kind: Kind {
    switch rawValue {
    case 0x00...0x03, 0x29, 0x2c: .addressSize
    case 0x04...0x07, 0x2a, 0x2b: .translation
    case 0x08...0x0b: .accessFlag
    case 0x0c...0x0f: .permission
    case 0x10: .external
    case 0x11: .tagCheck
    case 0x12...0x17: .externalOnWalk
    case 0x18: .parity
    case 0x1b...0x1f: .parityOnWalk
    case 0x21: .alignment
    case 0x22...0x27: .granuleProtectionOnWalk
    case 0x28: .granuleProtection
    case 0x30: .conflict
    case 0x31: .unsupportedUpdate
    case 0x34: .lockdown
    case 0x35: .unsupportedExclusive
    default: .reserved
    }
  }
}
