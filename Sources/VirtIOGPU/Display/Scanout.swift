import VirtIO

/// What the device says about one of its outputs.
public struct Scanout: Equatable, Sendable {
  /// Which one.
  public let id: ScanoutID
  /// Whether a display is connected.
  public let isEnabled: Bool
  /// Where the display is placed among the others, in pixels.
  public let x: UInt32
  /// Where the display is placed among the others, in pixels.
  public let y: UInt32
  /// The width that suits the display, in pixels.
  public let width: UInt32
  /// The height that suits the display, in pixels.
  public let height: UInt32

  init(_ id: ScanoutID, _ one: DisplayOne?) {
    self.id = id
    isEnabled = (one?.enabled.value ?? 0) != 0
    x = one?.rectangle.x.value ?? 0
    y = one?.rectangle.y.value ?? 0
    width = one?.rectangle.width.value ?? 0
    height = one?.rectangle.height.value ?? 0
  }
}
