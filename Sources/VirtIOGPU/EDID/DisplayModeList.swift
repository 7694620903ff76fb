import VirtIO

/// The modes of a display, each once: the first 64 of them, stored in place.
public struct DisplayModeList: Sendable {
  private var storage: FixedArray<64, DisplayMode>
  /// How many modes the list holds: up to 64.
  public var count: Int { Int(heldCount) }
  private var heldCount: UInt8 = 0
  /// Whether there were more than the list holds.
  public private(set) var isTruncated = false
  /// The first mode that the display would rather have than others, whether the list had room for it or
  /// not; nil if it does not say.
  public private(set) var preferred: DisplayMode?

  /// A list without modes.
  init() {
    storage = FixedArray(repeating: DisplayMode(width: 0, height: 0))
  }

  /// The modes. What the display says exactly comes before what it only names.
  public var modes: Span<DisplayMode> {
    @_lifetime(borrow self) get { storage.span.extracting(first: count) }
  }

  /// Adds a mode, or to the same one in the list what is known of it now.
  mutating func append(_ mode: DisplayMode) {
    if mode.isPreferred, preferred == nil { preferred = mode }
    for index in 0..<count where storage[index].isSame(as: mode) {
      storage[index].isPreferred = storage[index].isPreferred || mode.isPreferred
      storage[index].pixelClock = storage[index].pixelClock ?? mode.pixelClock
      return
    }
    guard count < storage.count else {
      isTruncated = true
      return
    }
    storage[count] = mode
    heldCount &+= 1
  }
}
