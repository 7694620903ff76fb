/// What went over the serial line, for whoever shows it in another place too: a terminal on a display, for one.
///
/// ```swift
/// BoardLog.keep()
/// let board = Board()
/// var log = BoardLog()
/// while let byte = log.nextByte() { console.write(byte: byte) }
/// ```
///
/// The last 4 KiB are kept. Who reads too seldom misses the oldest lines, and goes on at the beginning of one.
/// An image that keeps no log has neither the memory nor the code for it.
public struct BoardLog: Sendable {
  private var place: UInt64 = 0

  /// The log from its beginning, as far as it is still there.
  public init() {}

  // One CPU runs this kernel, and no interrupt handler prints.
  nonisolated(unsafe) private static var isKept = false
  nonisolated(unsafe) private static var text = TextTail()

  /// Keeps what is printed from now on; to be called before there is a board, so that its lines are there too.
  public static func keep() { unsafe isKept = true }

  /// The next byte of the log; nil if there is none yet. Does not block.
  public mutating func nextByte() -> UInt8? { unsafe Self.text.nextByte(at: &place) }

  /// Keeps a part of a line.
  static func note(_ part: Span<UInt8>) {
    if unsafe isKept { unsafe text.append(part) }
  }
}

/// The end of a text to which more and more is added.
struct TextTail {
  private var bytes = InlineArray<4096, UInt8>(repeating: 0)
  /// How many bytes there have ever been.
  private var end: UInt64 = 0

  /// How many of them are kept.
  static var capacity: UInt64 { 4096 }

  private static func index(_ place: UInt64) -> Int {
    Int(truncatingIfNeeded: place & (capacity &- 1))
  }

  @inline(never)
  mutating func append(_ part: Span<UInt8>) {
    for index in part.indices {
      bytes[Self.index(end)] = part[index]
      end &+= 1
    }
  }

  /// The byte at a place, counted from the beginning of the text; from a place that is not kept any more it
  /// goes on to the first whole line.
  func nextByte(at place: inout UInt64) -> UInt8? {
    if end &- place > Self.capacity {
      place = end &- Self.capacity
      while place < end, bytes[Self.index(place)] != UInt8(ascii: "\n") { place &+= 1 }
      if place < end { place &+= 1 }
    }
    guard place < end else { return nil }
    defer { place &+= 1 }
    return bytes[Self.index(place)]
  }
}
