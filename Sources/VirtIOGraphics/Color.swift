/// A colour of eight bits a channel, not premultiplied.
///
/// An `alpha` of 255 is opaque, 0 invisible.
@frozen
public struct Color: Equatable, Sendable, BitwiseCopyable {
  /// The red part.
  public var red: UInt8

  /// The green part.
  public var green: UInt8

  /// The blue part.
  public var blue: UInt8

  /// How much covers what lies below.
  public var alpha: UInt8

  /// Creates a colour from its parts, opaque unless told otherwise.
  @inlinable
  public init(red: UInt8, green: UInt8, blue: UInt8, alpha: UInt8 = 255) {
    self.red = red
    self.green = green
    self.blue = blue
    self.alpha = alpha
  }

  /// Creates an opaque colour from its usual notation, `0xRRGGBB`.
  @inlinable
  public init(rgb: UInt32) {
    self.init(
      red: UInt8(truncatingIfNeeded: rgb >> 16), green: UInt8(truncatingIfNeeded: rgb >> 8),
      blue: UInt8(truncatingIfNeeded: rgb))
  }

  /// Opaque black.
  @inlinable
  public static var black: Self { Self(rgb: 0x000000) }

  /// Opaque white.
  @inlinable
  public static var white: Self { Self(rgb: 0xFF_FFFF) }

  /// The same colour with another alpha.
  @inlinable
  public func withAlpha(_ alpha: UInt8) -> Color {
    Color(red: red, green: green, blue: blue, alpha: alpha)
  }

  /// The mixture with `other`: 0 gives this colour exactly, 255 gives `other` exactly.
  @inlinable
  public func mixed(with other: Color, weight: UInt8) -> Color {
    Color(
      red: Self.mix(red, other.red, weight), green: Self.mix(green, other.green, weight),
      blue: Self.mix(blue, other.blue, weight), alpha: Self.mix(alpha, other.alpha, weight))
  }

  /// This colour laid over `below` by its alpha; what lies below keeps its own alpha or gains.
  @inlinable
  public func over(_ below: Color) -> Color {
    Color(
      red: Self.mix(below.red, red, alpha), green: Self.mix(below.green, green, alpha),
      blue: Self.mix(below.blue, blue, alpha), alpha: Self.mix(below.alpha, 255, alpha))
  }

  /// This colour plus `light` scaled by `weight` in 255ths, each channel stopping at 255.
  @inlinable
  public func adding(_ light: Color, weight: UInt8 = 255) -> Color {
    Color(
      red: Self.add(red, light.red, weight), green: Self.add(green, light.green, weight),
      blue: Self.add(blue, light.blue, weight), alpha: alpha)
  }

  /// `from` + (`to` - `from`) * `weight` / 255, rounded to nearest.
  @inlinable
  static func mix(_ from: UInt8, _ to: UInt8, _ weight: UInt8) -> UInt8 {
    let weight = UInt32(weight)
    return scale(UInt32(from) &* (255 &- weight) &+ UInt32(to) &* weight)
  }

  @inlinable
  static func add(_ base: UInt8, _ light: UInt8, _ weight: UInt8) -> UInt8 {
    let sum = UInt32(base) &+ UInt32(scale(UInt32(light) &* UInt32(weight)))
    return UInt8(truncatingIfNeeded: min(255, sum))
  }

  /// `value` / 255, rounded to nearest; exact for `value` up to 255 * 255.
  @inlinable
  static func scale(_ value: UInt32) -> UInt8 {
    let biased = value &+ 128
    return UInt8(truncatingIfNeeded: (biased &+ (biased >> 8)) >> 8)
  }
}
