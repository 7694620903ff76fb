public import VirtIOGraphics

/// What a scanout shows: whose surface, and which part of it.
public struct Viewport: Equatable, Sendable {
  /// The scanout that the surface belongs to, and that its frames are for.
  public let source: ScanoutID
  /// Which part, in pixels of the surface; nil for all of it, however large it is.
  public let rectangle: Rectangle?

  init(source: ScanoutID, rectangle: Rectangle?) {
    self.source = source
    self.rectangle = rectangle
  }
}

/// The same, as it is kept.
struct View: Equatable {
  /// Which surface that is.
  let surface: Int
  // Which part; without width, all of it. In words of their own, which are compared at once.
  private let x, y, width, height: UInt32

  /// A part that lies in the surface; nil for all of it.
  init(of surface: Int, _ rectangle: Rectangle? = nil) {
    self.surface = surface & 15
    guard let rectangle else {
      (x, y, width, height) = (0, 0, 0, 0)
      return
    }
    x = UInt32(truncatingIfNeeded: rectangle.x)
    y = UInt32(truncatingIfNeeded: rectangle.y)
    width = UInt32(truncatingIfNeeded: rectangle.width)
    height = UInt32(truncatingIfNeeded: rectangle.height)
  }

  /// The part; nil for all of it.
  var rectangle: Rectangle? {
    if width == 0 { return nil }
    return Rectangle(x: Int(x), y: Int(y), width: Int(width), height: Int(height))
  }

  /// The part; all of the surface, if the part does not lie in it.
  func rectangle(in bounds: Rectangle) -> Rectangle {
    guard let rectangle, rectangle.x &+ rectangle.width <= bounds.width,
      rectangle.y &+ rectangle.height <= bounds.height
    else { return bounds }
    return rectangle
  }
}

/// How far a scanout is with what it is to show.
struct ViewProgress {
  /// What the program wants.
  var wanted: View
  /// What the device was asked for last.
  var asked: View
  /// What the device has shown last, as far as it has said so since its display was connected; else all of
  /// its own surface.
  var shown: View
  /// Whether ``shown`` is known.
  var isShown = false

  /// All of its own surface.
  init(_ index: Int) {
    wanted = View(of: index)
    asked = wanted
    shown = wanted
  }

  /// Notes that the device shows what it was asked for.
  mutating func confirm() {
    shown = asked
    isShown = true
  }

  /// Goes back to what was shown last.
  ///
  /// - Returns: Whether that is something else.
  mutating func revert() -> Bool {
    defer { wanted = shown }
    return wanted != shown
  }

  /// Forgets what was shown: the display is gone.
  mutating func forget(_ index: Int) {
    shown = View(of: index)
    isShown = false
  }
}

/// How a surface over several scanouts is cut.
public enum SpanArrangement: Sendable {
  /// Each scanout shows what lies where the device has placed its display. Where displays overlap, they
  /// show the same.
  case asPlaced
  /// From left to right, in the order in which they are named, with their upper edges in line.
  case sideBySide
}
