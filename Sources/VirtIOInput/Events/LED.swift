/// A light of a keyboard, with the numbers of Linux.
public struct LED: RawRepresentable, Hashable, Sendable {
  /// The number.
  public let rawValue: UInt16

  /// The light of that number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// `LED_NUML`.
  public static var numLock: Self { Self(rawValue: 0x00) }
  /// `LED_CAPSL`.
  public static var capsLock: Self { Self(rawValue: 0x01) }
  /// `LED_SCROLLL`.
  public static var scrollLock: Self { Self(rawValue: 0x02) }
}
