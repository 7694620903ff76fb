import VirtIOGraphics

/// A part of a letter, on a grid of half units: a line, or a quarter or more of a circle's ring.
struct Stroke: BitwiseCopyable, Sendable {
  /// The ends of a line; of an arc the centre, the radius and the quarters.
  var (a, b, c, d): (Int8, Int8, Int8, Int8)
  var isArc: Bool

  /// A line between two points, with round ends; a dot if they are one.
  static func line(_ x0: Int8, _ y0: Int8, _ x1: Int8, _ y1: Int8) -> Stroke {
    Stroke(a: x0, b: y0, c: x1, d: y1, isArc: false)
  }

  /// The quarters of a ring: bit 0 is lower right, then lower left, upper left, upper right.
  static func arc(_ x: Int8, _ y: Int8, radius: Int8, quarters: Int8) -> Stroke {
    Stroke(a: x, b: y, c: radius, d: quarters, isArc: true)
  }
}

/// The strokes of the letters that the project's name needs.
///
/// The small letters' body reaches from row 0 to row 16 (half units), ascenders from -8.
struct Letter: Sendable {
  /// The width, in units.
  let width: Int

  private(set) var strokes: InlineArray<5, Stroke>
  private(set) var count: Int

  /// The space between letters, in units.
  static var gap: Int { 3 }

  /// From the ascenders to the base line, in units.
  static var height: Int { 12 }

  /// Creates the letter for an ASCII byte; a byte without one has no strokes.
  init(_ byte: UInt8) {
    let none = Stroke.line(0, 0, 0, 0)
    switch byte {
    case 0x73:  // s
      (width, count) = (5, 5)
      strokes = [
        .line(4, 0, 9, 0), .arc(4, 4, radius: 4, quarters: 0b0110), .line(4, 8, 6, 8),
        .arc(6, 12, radius: 4, quarters: 0b1001), .line(1, 16, 6, 16),
      ]
    case 0x77:  // w
      (width, count) = (10, 4)
      strokes = [
        .line(0, 0, 5, 16), .line(5, 16, 10, 2), .line(10, 2, 15, 16), .line(15, 16, 20, 0), none,
      ]
    case 0x69:  // i
      (width, count) = (1, 2)
      strokes = [.line(1, 0, 1, 16), .line(1, -7, 1, -7), none, none, none]
    case 0x66:  // f
      (width, count) = (5, 4)
      strokes = [
        .line(3, 16, 3, -3), .arc(8, -3, radius: 5, quarters: 0b0100), .line(8, -8, 9, -8),
        .line(0, 0, 8, 0), none,
      ]
    case 0x74:  // t
      (width, count) = (5, 4)
      strokes = [
        .line(3, -6, 3, 11), .arc(8, 11, radius: 5, quarters: 0b0010), .line(8, 16, 9, 16),
        .line(0, 0, 8, 0), none,
      ]
    case 0x2D:  // -
      (width, count) = (4, 1)
      strokes = [.line(0, 8, 7, 8), none, none, none, none]
    case 0x76:  // v
      (width, count) = (7, 2)
      strokes = [.line(0, 0, 7, 16), .line(7, 16, 14, 0), none, none, none]
    case 0x72:  // r
      (width, count) = (4, 3)
      strokes = [
        .line(1, 0, 1, 16), .arc(7, 6, radius: 6, quarters: 0b0100), .line(7, 0, 8, 0), none, none,
      ]
    case 0x6F:  // o
      (width, count) = (8, 1)
      strokes = [.arc(8, 8, radius: 8, quarters: 0b1111), none, none, none, none]
    default:
      (width, count) = (4, 0)
      strokes = [none, none, none, none, none]
    }
  }
}
