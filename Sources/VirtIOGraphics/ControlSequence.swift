/// A control sequence as it comes in: `CSI`, parameters, a final byte.
struct ControlSequence: Sendable, BitwiseCopyable {
  /// Where in a sequence the next character belongs.
  enum State { case ground, escape, escapeIntermediate, control, ignored, string, stringEscape }

  var state = State.ground

  /// Up to sixteen parameters, each up to 65,535; those beyond are left out.
  private var parameters = SIMD16<UInt16>()
  private var count = 0

  /// What stands in front of the parameters, `?` for one; 0 if nothing does.
  private(set) var prefix: UInt32 = 0

  /// Whether something stands behind the parameters, which makes another sequence of it.
  private(set) var hasIntermediate = false

  /// Begins anew.
  mutating func begin() {
    self = ControlSequence()
    state = .control
  }

  /// How many parameters there are, at least one.
  var parameterCount: Int { count &+ 1 }

  /// A parameter, or 0 where none was given.
  func parameter(_ index: Int) -> Int { index <= count ? Int(parameters[index & 15]) : 0 }

  /// A parameter that counts: 0 means one, as does none.
  func amount(_ index: Int = 0) -> Int { max(1, parameter(index)) }

  /// Takes what is no final byte.
  mutating func take(_ value: UInt32) {
    switch value {
    case 0x30...0x39:
      if hasIntermediate { return state = .ignored }
      let digit = UInt16(truncatingIfNeeded: value &- 0x30)
      let old = parameters[count & 15]
      parameters[count & 15] = old >= 6553 ? .max : old &* 10 &+ digit
    // Subparameters are read as parameters.
    case 0x3A, 0x3B: if count < 15 { count &+= 1 } else { state = .ignored }
    case 0x3C...0x3F: prefix = value
    case 0x20...0x2F: hasIntermediate = true
    default: state = .ignored
    }
  }
}
