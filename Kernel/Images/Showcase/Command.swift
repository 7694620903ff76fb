import VirtIOInput

/// What somebody at a keyboard wants, on the serial line or on the machine's own.
enum Command: Equatable {
  case help
  case nextMode
  case mode(Int)
  case clear
  case quit

  /// What a byte of the serial line stands for.
  init?(byte: UInt8) {
    switch byte {
    case UInt8(ascii: "h"), UInt8(ascii: "?"): self = .help
    case UInt8(ascii: "m"): self = .nextMode
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self = .mode(Int(byte &- UInt8(ascii: "0")))
    case UInt8(ascii: "c"): self = .clear
    case UInt8(ascii: "q"): self = .quit
    default: return nil
    }
  }

  /// What a key stands for that went down.
  init?(key: Key) {
    switch key {
    case .h: self = .help
    case .m: self = .nextMode
    case .c: self = .clear
    case .q: self = .quit
    case .digit0: self = .mode(0)
    default:
      // Those of the digits 1 to 9 follow each other.
      guard key.rawValue >= Key.digit1.rawValue, key.rawValue <= Key.digit9.rawValue else {
        return nil
      }
      self = .mode(Int(key.rawValue &- Key.digit1.rawValue) &+ 1)
    }
  }
}
