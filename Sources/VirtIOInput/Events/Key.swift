/// A key or a button, with the numbers of Linux: where it is on a keyboard, not what is printed on it.
public struct Key: RawRepresentable, Hashable, Sendable {
  /// The number.
  public let rawValue: UInt16

  /// The key of that number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }
}

// MARK: Keys

extension Key {
  /// `KEY_ESC`.
  public static var escape: Self { Self(rawValue: 1) }
  /// `KEY_1`.
  public static var digit1: Self { Self(rawValue: 2) }
  /// `KEY_2`.
  public static var digit2: Self { Self(rawValue: 3) }
  /// `KEY_3`.
  public static var digit3: Self { Self(rawValue: 4) }
  /// `KEY_4`.
  public static var digit4: Self { Self(rawValue: 5) }
  /// `KEY_5`.
  public static var digit5: Self { Self(rawValue: 6) }
  /// `KEY_6`.
  public static var digit6: Self { Self(rawValue: 7) }
  /// `KEY_7`.
  public static var digit7: Self { Self(rawValue: 8) }
  /// `KEY_8`.
  public static var digit8: Self { Self(rawValue: 9) }
  /// `KEY_9`.
  public static var digit9: Self { Self(rawValue: 10) }
  /// `KEY_0`.
  public static var digit0: Self { Self(rawValue: 11) }
  /// `KEY_MINUS`.
  public static var minus: Self { Self(rawValue: 12) }
  /// `KEY_EQUAL`.
  public static var equal: Self { Self(rawValue: 13) }
  /// `KEY_BACKSPACE`.
  public static var backspace: Self { Self(rawValue: 14) }
  /// `KEY_TAB`.
  public static var tab: Self { Self(rawValue: 15) }
  /// `KEY_Q`.
  public static var q: Self { Self(rawValue: 16) }
  /// `KEY_W`.
  public static var w: Self { Self(rawValue: 17) }
  /// `KEY_E`.
  public static var e: Self { Self(rawValue: 18) }
  /// `KEY_R`.
  public static var r: Self { Self(rawValue: 19) }
  /// `KEY_T`.
  public static var t: Self { Self(rawValue: 20) }
  /// `KEY_Y`.
  public static var y: Self { Self(rawValue: 21) }
  /// `KEY_U`.
  public static var u: Self { Self(rawValue: 22) }
  /// `KEY_I`.
  public static var i: Self { Self(rawValue: 23) }
  /// `KEY_O`.
  public static var o: Self { Self(rawValue: 24) }
  /// `KEY_P`.
  public static var p: Self { Self(rawValue: 25) }
  /// `KEY_LEFTBRACE`.
  public static var leftBrace: Self { Self(rawValue: 26) }
  /// `KEY_RIGHTBRACE`.
  public static var rightBrace: Self { Self(rawValue: 27) }
  /// `KEY_ENTER`.
  public static var enter: Self { Self(rawValue: 28) }
  /// `KEY_LEFTCTRL`.
  public static var leftControl: Self { Self(rawValue: 29) }
  /// `KEY_A`.
  public static var a: Self { Self(rawValue: 30) }
  /// `KEY_S`.
  public static var s: Self { Self(rawValue: 31) }
  /// `KEY_D`.
  public static var d: Self { Self(rawValue: 32) }
  /// `KEY_F`.
  public static var f: Self { Self(rawValue: 33) }
  /// `KEY_G`.
  public static var g: Self { Self(rawValue: 34) }
  /// `KEY_H`.
  public static var h: Self { Self(rawValue: 35) }
  /// `KEY_J`.
  public static var j: Self { Self(rawValue: 36) }
  /// `KEY_K`.
  public static var k: Self { Self(rawValue: 37) }
  /// `KEY_L`.
  public static var l: Self { Self(rawValue: 38) }
  /// `KEY_SEMICOLON`.
  public static var semicolon: Self { Self(rawValue: 39) }
  /// `KEY_APOSTROPHE`.
  public static var apostrophe: Self { Self(rawValue: 40) }
  /// `KEY_GRAVE`.
  public static var grave: Self { Self(rawValue: 41) }
  /// `KEY_LEFTSHIFT`.
  public static var leftShift: Self { Self(rawValue: 42) }
  /// `KEY_BACKSLASH`.
  public static var backslash: Self { Self(rawValue: 43) }
  /// `KEY_Z`.
  public static var z: Self { Self(rawValue: 44) }
  /// `KEY_X`.
  public static var x: Self { Self(rawValue: 45) }
  /// `KEY_C`.
  public static var c: Self { Self(rawValue: 46) }
  /// `KEY_V`.
  public static var v: Self { Self(rawValue: 47) }
  /// `KEY_B`.
  public static var b: Self { Self(rawValue: 48) }
  /// `KEY_N`.
  public static var n: Self { Self(rawValue: 49) }
  /// `KEY_M`.
  public static var m: Self { Self(rawValue: 50) }
  /// `KEY_COMMA`.
  public static var comma: Self { Self(rawValue: 51) }
  /// `KEY_DOT`.
  public static var dot: Self { Self(rawValue: 52) }
  /// `KEY_SLASH`.
  public static var slash: Self { Self(rawValue: 53) }
  /// `KEY_RIGHTSHIFT`.
  public static var rightShift: Self { Self(rawValue: 54) }
  /// `KEY_LEFTALT`.
  public static var leftAlt: Self { Self(rawValue: 56) }
  /// `KEY_SPACE`.
  public static var space: Self { Self(rawValue: 57) }
  /// `KEY_CAPSLOCK`.
  public static var capsLock: Self { Self(rawValue: 58) }
  /// `KEY_F1`.
  public static var f1: Self { Self(rawValue: 59) }
  /// `KEY_F2`.
  public static var f2: Self { Self(rawValue: 60) }
  /// `KEY_F3`.
  public static var f3: Self { Self(rawValue: 61) }
  /// `KEY_F4`.
  public static var f4: Self { Self(rawValue: 62) }
  /// `KEY_F5`.
  public static var f5: Self { Self(rawValue: 63) }
  /// `KEY_F6`.
  public static var f6: Self { Self(rawValue: 64) }
  /// `KEY_F7`.
  public static var f7: Self { Self(rawValue: 65) }
  /// `KEY_F8`.
  public static var f8: Self { Self(rawValue: 66) }
  /// `KEY_F9`.
  public static var f9: Self { Self(rawValue: 67) }
  /// `KEY_F10`.
  public static var f10: Self { Self(rawValue: 68) }
  /// `KEY_F11`.
  public static var f11: Self { Self(rawValue: 87) }
  /// `KEY_F12`.
  public static var f12: Self { Self(rawValue: 88) }
  /// `KEY_RIGHTCTRL`.
  public static var rightControl: Self { Self(rawValue: 97) }
  /// `KEY_RIGHTALT`.
  public static var rightAlt: Self { Self(rawValue: 100) }
  /// `KEY_HOME`.
  public static var home: Self { Self(rawValue: 102) }
  /// `KEY_UP`.
  public static var up: Self { Self(rawValue: 103) }
  /// `KEY_PAGEUP`.
  public static var pageUp: Self { Self(rawValue: 104) }
  /// `KEY_LEFT`.
  public static var left: Self { Self(rawValue: 105) }
  /// `KEY_RIGHT`.
  public static var right: Self { Self(rawValue: 106) }
  /// `KEY_END`.
  public static var end: Self { Self(rawValue: 107) }
  /// `KEY_DOWN`.
  public static var down: Self { Self(rawValue: 108) }
  /// `KEY_PAGEDOWN`.
  public static var pageDown: Self { Self(rawValue: 109) }
  /// `KEY_INSERT`.
  public static var insert: Self { Self(rawValue: 110) }
  /// `KEY_DELETE`.
  public static var delete: Self { Self(rawValue: 111) }
}

// MARK: Buttons

extension Key {
  /// `BTN_LEFT`.
  public static var leftButton: Self { Self(rawValue: 0x110) }
  /// `BTN_RIGHT`.
  public static var rightButton: Self { Self(rawValue: 0x111) }
  /// `BTN_MIDDLE`.
  public static var middleButton: Self { Self(rawValue: 0x112) }
  /// `BTN_SIDE`.
  public static var sideButton: Self { Self(rawValue: 0x113) }
  /// `BTN_EXTRA`.
  public static var extraButton: Self { Self(rawValue: 0x114) }
}
