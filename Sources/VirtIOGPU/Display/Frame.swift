import VirtIO
public import VirtIOGraphics

/// A picture in the making: pixels that the CPU owns until it presents them.
///
/// The pixels lie in the memory that the device reads, so nothing is copied on the way. A frame that
/// is dropped goes back to its display, unseen.
public struct Frame: ~Copyable {
  private var loan: Loan
  /// The scanout that it is for.
  public let scanout: ScanoutID
  /// How wide it is, in pixels.
  public let width: Int
  /// How high it is, in pixels.
  public let height: Int
  /// How a pixel lies in memory.
  public let format: PixelFormat
  /// What these pixels lack of the picture that was presented last; to be drawn anew.
  ///
  /// All of the frame at first, and after a frame was dropped; nothing if it can be drawn on where the
  /// last picture left off.
  public let staleRegion: Rectangle

  init(
    _ loan: consuming Loan, scanout: ScanoutID, width: Int, height: Int, format: PixelFormat,
    isStale: Bool
  ) {
    self.loan = loan
    self.scanout = scanout
    self.width = width
    self.height = height
    self.format = format
    staleRegion = isStale ? Rectangle(x: 0, y: 0, width: width, height: height) : .empty
  }

  /// Whether these pixels belong to a surface, of this display and no other.
  func belongs<Region: DMARegion>(to buffer: borrowing LendingBuffer<Region>) -> Bool {
    buffer.isSource(of: loan)
  }

  /// All of the frame.
  public var bounds: Rectangle { Rectangle(x: 0, y: 0, width: width, height: height) }

  /// The pixels, row after row without gaps: ``width`` times ``height`` words in ``format``.
  public var pixels: MutableSpan<UInt32> {
    @_lifetime(&self) mutating get {
      loan.words
    }
  }
}

/// A promise that a frame will be on its scanout, or that there will be an error instead.
public struct Presentation: Equatable, Sendable {
  /// Where it will be.
  public let scanout: ScanoutID
  /// The fence of its last command; 0 if there was nothing to do.
  let fence: UInt64
}
