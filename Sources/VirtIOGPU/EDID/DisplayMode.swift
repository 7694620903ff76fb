/// A way to drive a display: how large a picture is, and how often one is shown.
public struct DisplayMode: Hashable, Sendable {
  /// The width in pixels.
  public var width: UInt32
  /// The height of a whole picture in pixels, interlaced or not.
  public var height: UInt32
  /// How often a picture, or one of its two fields if it is interlaced, is shown: in millihertz. 0 if
  /// that is not known.
  public var refreshRate: UInt32
  /// The pixel clock in kilohertz; nil if only the rate is known.
  public var pixelClock: UInt32?
  /// Whether every other line is shown by turns.
  public var isInterlaced: Bool
  /// Whether the display would have this one rather than others.
  public var isPreferred: Bool

  /// A mode of this size.
  public init(
    width: UInt32, height: UInt32, refreshRate: UInt32 = 0, pixelClock: UInt32? = nil,
    isInterlaced: Bool = false, isPreferred: Bool = false
  ) {
    self.width = width
    self.height = height
    self.refreshRate = refreshRate
    self.pixelClock = pixelClock
    self.isInterlaced = isInterlaced
    self.isPreferred = isPreferred
  }

  /// A mode of which all is known but the rate.
  ///
  /// - Parameters:
  ///   - clock: The pixel clock in kilohertz.
  ///   - linePixelCount: How many pixels a line has, blank ones included.
  ///   - frameLineCount: How many lines a whole picture has, blank ones included.
  /// - Returns: Nil if there are no pixels or no clock, or a picture takes half an hour.
  init?(
    _ width: Int, _ height: Int, clock: Int, linePixelCount: Int, frameLineCount: Int,
    isInterlaced: Bool, isPreferred: Bool
  ) {
    // From fields of at most 24 bits each, so that nothing overflows.
    let pixelCount = UInt(bitPattern: linePixelCount &* frameLineCount)
    guard width > 0, height > 0, clock > 0, pixelCount > 0 else { return nil }
    let perSecond = UInt(bitPattern: clock) &* 1_000_000 &* (isInterlaced ? 2 : 1)
    let rate = (perSecond &+ pixelCount / 2) / pixelCount
    guard rate > 0 else { return nil }
    self.init(
      width: UInt32(clamping: width), height: UInt32(clamping: height),
      refreshRate: UInt32(clamping: rate), pixelClock: UInt32(clamping: clock),
      isInterlaced: isInterlaced, isPreferred: isPreferred)
  }

  /// Whether a program that sets one or the other gets the same picture.
  func isSame(as other: Self) -> Bool {
    width == other.width && height == other.height && refreshRate == other.refreshRate
      && isInterlaced == other.isInterlaced
  }
}
