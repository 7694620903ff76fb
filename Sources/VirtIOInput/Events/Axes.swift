/// What can move, with the numbers of Linux: how far it went.
public struct RelativeAxis: RawRepresentable, Hashable, Sendable {
  /// The number.
  public let rawValue: UInt16

  /// The axis of that number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// `REL_X`: to the right.
  public static var x: Self { Self(rawValue: 0x00) }
  /// `REL_Y`: down.
  public static var y: Self { Self(rawValue: 0x01) }
  /// `REL_HWHEEL`: the wheel, to the right.
  public static var horizontalWheel: Self { Self(rawValue: 0x06) }
  /// `REL_WHEEL`: the wheel, up.
  public static var wheel: Self { Self(rawValue: 0x08) }
}

/// What has a place, with the numbers of Linux: where it is.
public struct AbsoluteAxis: RawRepresentable, Hashable, Sendable {
  /// The number.
  public let rawValue: UInt16

  /// The axis of that number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// `ABS_X`: from the left.
  public static var x: Self { Self(rawValue: 0x00) }
  /// `ABS_Y`: from the top.
  public static var y: Self { Self(rawValue: 0x01) }
}
