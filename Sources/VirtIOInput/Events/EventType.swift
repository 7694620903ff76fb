/// Of which kind an event is, with the numbers of Linux: whatever a device says is one.
public struct EventType: RawRepresentable, Hashable, Sendable {
  /// The number.
  public let rawValue: UInt16

  /// The kind of that number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// `EV_SYN`: with code 0, what was said since the last one happened at one moment.
  public static var synchronization: Self { Self(rawValue: 0x00) }
  /// `EV_KEY`: a ``Key``.
  public static var key: Self { Self(rawValue: 0x01) }
  /// `EV_REL`: a ``RelativeAxis``.
  public static var relative: Self { Self(rawValue: 0x02) }
  /// `EV_ABS`: an ``AbsoluteAxis``.
  public static var absolute: Self { Self(rawValue: 0x03) }
  /// `EV_MSC`: anything else.
  public static var miscellaneous: Self { Self(rawValue: 0x04) }
  /// `EV_LED`: an ``LED``.
  public static var led: Self { Self(rawValue: 0x11) }
  /// `EV_REP`: that keys repeat.
  public static var repetition: Self { Self(rawValue: 0x14) }
}
