import VirtIO
public import VirtIOGraphics

/// A picture in the making: pixels that the CPU owns until it presents them.
///
/// The pixels lie in the memory that the device reads, so nothing is copied on the way. A frame that
/// is dropped goes back to its display, unseen. It can be drawn in and dropped in any context.
public struct Frame: ~Copyable {
  private var loan: Loan<SlotDamage>
  /// The scanout that it is for.
  public let scanout: ScanoutID
  private let size: (width: UInt32, height: UInt32)
  /// Whether nothing is known of these pixels.
  let isUnknown: Bool
  /// How many frames of its scanout had been presented when it was handed out.
  let predecessors: UInt64

  init(
    _ loan: consuming Loan<SlotDamage>, scanout: ScanoutID, width: UInt32, height: UInt32,
    isUnknown: Bool, predecessors: UInt64
  ) {
    self.loan = loan
    self.scanout = scanout
    size = (width, height)
    self.isUnknown = isUnknown
    self.predecessors = predecessors
  }

  /// How wide it is, in pixels.
  public var width: Int { Int(size.width) }
  /// How high it is, in pixels.
  public var height: Int { Int(size.height) }
  /// How a pixel lies in memory.
  public var format: PixelFormat { .frames }
  /// All of the frame.
  public var bounds: Rectangle { Rectangle(x: 0, y: 0, width: width, height: height) }

  /// What these pixels lack of the picture that was presented last; to be drawn anew, besides what is to
  /// be new.
  ///
  /// It is all of the frame at first, and after a frame was dropped; nothing if it can be drawn on where
  /// the last picture left off; and otherwise what was damaged in the pictures that were presented since
  /// these pixels were.
  public var staleRegion: DamageList { isUnknown ? DamageList(bounds) : loan.note.stale }

  /// Which slot of a surface these pixels are; nil if they are of another surface or another display.
  func slot<Region: DMARegion>(in buffer: borrowing LendingBuffer<Region, SlotDamage>) -> Int? {
    buffer.slot(of: loan)
  }

  /// The pixels, row after row without gaps: ``width`` times ``height`` words in ``format``.
  public var pixels: MutableSpan<UInt32> {
    @_lifetime(&self) mutating get {
      loan.words
    }
  }
}

/// What is noted of the pixels in a slot.
struct SlotDamage: BitwiseCopyable, Sendable {
  /// What they lack of the picture that was presented last.
  var stale = DamageList()
  /// What of them the device has not got yet.
  var due = DamageList()
}

/// A promise that a frame will be on its scanout, or a newer one in its place, or that there will be an
/// error instead.
public struct Presentation: Equatable, Sendable {
  /// Where it will be.
  public let scanout: ScanoutID
  /// The frame's number on its scanout; 0 if there was nothing to do.
  let number: UInt64
}

extension PixelFormat {
  /// How a pixel lies in memory, in every frame.
  static var frames: Self { .b8g8r8x8 }
}
