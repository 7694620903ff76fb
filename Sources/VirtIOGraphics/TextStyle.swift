/// How characters are written from now on: what SGR sets.
struct TextStyle: Equatable, Sendable, BitwiseCopyable {
  var foreground = TextStyle.palette(7)
  var background = TextStyle.palette(0)
  /// Which of the eight basic colours the foreground is; bold makes it bright.
  var basicForeground: UInt8 = 7
  var isBold = false
  var isUnderlined = false
  var isInverse = false

  /// What a cell is in which `scalar` is written.
  func cell(_ scalar: Unicode.Scalar) -> TextCell {
    let front = isBold && basicForeground < 8 ? Self.palette(basicForeground &+ 8) : foreground
    return TextCell(
      character: scalar.value, isUnderlined: isUnderlined,
      foreground: isInverse ? background : front, background: isInverse ? front : background)
  }

  /// What a cell is that has been erased: as terminals do, it keeps the background.
  var blank: TextCell {
    TextCell(character: 0x20, foreground: Self.palette(7), background: background)
  }

  /// Applies one of the simple parameters of SGR; one that is unknown changes nothing.
  mutating func apply(_ parameter: Int) {
    switch parameter {
    case 0: self = TextStyle()
    case 1: isBold = true
    case 4: isUnderlined = true
    case 7: isInverse = true
    case 22: isBold = false
    case 24: isUnderlined = false
    case 27: isInverse = false
    case 30...37: setForeground(basic: parameter &- 30)
    case 39: setForeground(basic: 7)
    case 40...47: background = Self.palette(UInt8(truncatingIfNeeded: parameter &- 40))
    case 49: background = Self.palette(0)
    case 90...97: setForeground(basic: parameter &- 82)
    case 100...107: background = Self.palette(UInt8(truncatingIfNeeded: parameter &- 92))
    default: break
    }
  }

  private mutating func setForeground(basic number: Int) {
    basicForeground = UInt8(truncatingIfNeeded: number)
    foreground = Self.palette(basicForeground)
  }

  /// Sets a colour that is none of the basic ones by their names.
  mutating func set(_ color: UInt32, isForeground: Bool) {
    if isForeground {
      foreground = color
      basicForeground = 255
    } else {
      background = color
    }
  }

  /// One of the 256 colours: sixteen by name, a cube of six steps each way, 24 greys.
  static func palette(_ number: UInt8) -> UInt32 {
    let number = UInt32(number)
    if number < 16 { return basic(number) }
    if number >= 232 { return (8 &+ (number &- 232) &* 10) &* 0x01_0101 }
    let place = number &- 16
    return step(place / 36) << 16 | step(place / 6 % 6) << 8 | step(place % 6)
  }

  private static func step(_ place: UInt32) -> UInt32 { place == 0 ? 0 : 55 &+ place &* 40 }

  /// The colours of the VGA's text mode: dark yellow is brown.
  private static func basic(_ number: UInt32) -> UInt32 {
    let base: UInt32 = number & 8 == 0 ? 0 : 0x55
    if number == 3 { return 0xAA_5500 }
    let (red, green, blue) = (number & 1, number >> 1 & 1, number >> 2 & 1)
    return (red &* 0xAA &+ base) << 16 | (green &* 0xAA &+ base) << 8 | (blue &* 0xAA &+ base)
  }
}
