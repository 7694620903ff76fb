import VirtIO
public import VirtIOGraphics

/// A picture in the making: pixels that the CPU owns until it presents them.
///
/// The pixels lie in the memory that the device reads, so nothing is copied on the way. A frame that
/// is dropped goes back to its display, unseen. It can be drawn in and dropped in any context.
public struct Frame: ~Copyable {
  // What is known of it is noted with its slot: so it is passed on in a register.
  var loan: Loan<SlotNote>

  init(_ loan: consuming Loan<SlotNote>) { self.loan = loan }

  /// The scanout that it is for.
  public var scanout: ScanoutID { ScanoutID(rawValue: UInt32(loan.note.scanout)) }
  /// How wide it is, in pixels.
  public var width: Int { Int(loan.note.width) }
  /// How high it is, in pixels.
  public var height: Int { Int(loan.note.height) }
  /// How a pixel lies in memory.
  public var format: PixelFormat { loan.note.format }
  /// All of the frame.
  public var bounds: Rectangle { Rectangle(x: 0, y: 0, width: width, height: height) }

  /// What these pixels lack of the picture that was presented last; to be drawn anew, besides what is to
  /// be new.
  ///
  /// It is all of the frame at first, and after a frame was dropped; nothing if it can be drawn on where
  /// the last picture left off; and otherwise what was damaged in the pictures that were presented since
  /// these pixels were.
  public var staleRegion: DamageList { loan.note.isUnknown ? DamageList(bounds) : loan.note.stale }

  /// Which slot of a surface these pixels are; nil if they are of another surface or another display.
  func slot<Region: DMARegion>(in buffer: borrowing LendingBuffer<Region, SlotNote>) -> Int? {
    buffer.slot(of: loan)
  }

  /// The pixels, row after row without gaps: ``width`` times ``height`` words in ``format``.
  public var pixels: MutableSpan<UInt32> {
    @_lifetime(&self) mutating get {
      loan.words
    }
  }
}

/// What is noted of a slot and its pixels.
struct SlotNote: BitwiseCopyable, Sendable {
  /// The scanout that it is for.
  var scanout: UInt8 = 0
  /// Which slot of the surface it is.
  var slot: UInt8 = 0
  /// Which commands its last frame had.
  var commands: UInt8 = 0
  /// Whether nothing is known of the pixels of the frame that has been handed out.
  var isUnknown = true
  /// How wide it is, in pixels.
  var width: UInt32
  /// How high it is, in pixels.
  var height: UInt32
  /// How a pixel lies in memory.
  var format: PixelFormat
  /// The number of the frame of its scanout that had been presented last when it was handed out.
  var predecessor: UInt64 = 0
  /// What they lack of the picture that was presented last.
  var stale = DamageList()
  /// What of them the device has not got yet.
  var due = DamageList()

  /// A slot of such a surface.
  init(_ shape: SurfaceShape) {
    width = shape.width
    height = shape.height
    format = shape.format
  }
}

/// A promise that a frame will be on its scanout, or a newer one in its place, or that there will be an
/// error instead.
public struct Presentation: Equatable, Sendable {
  /// Where it will be.
  public let scanout: ScanoutID
  /// The frame's number on its scanout; 0 if there was nothing to do.
  let number: UInt64
}
