public import VirtIOGraphics

/// What a scanout shows: whose surface, and which part of it.
public struct Viewport: Equatable, Sendable {
  /// The scanout that the surface belongs to, and that its frames are for.
  public let source: ScanoutID
  /// Which part, in pixels of the surface; nil for all of it, however large it is.
  public let rectangle: Rectangle?

  init(of source: Int, _ rectangle: Rectangle? = nil) {
    self.source = ScanoutID(rawValue: UInt32(truncatingIfNeeded: source))
    self.rectangle = rectangle
  }

  /// Which surface that is.
  var surface: Int { Int(source.rawValue & 15) }
}

/// How far a scanout is with what it is to show.
struct ViewProgress {
  /// What the program wants.
  var wanted: Viewport
  /// What the device was asked for last.
  var asked: Viewport
  /// What the device has shown last, as far as it has said so since its display was connected.
  var shown: Viewport?

  /// All of its own surface.
  init(_ index: Int) {
    wanted = Viewport(of: index)
    asked = wanted
  }

  /// Goes back to what was shown last, or to all of its own surface.
  ///
  /// - Returns: Whether that is something else.
  mutating func revert(_ index: Int) -> Bool {
    let last = shown ?? Viewport(of: index)
    defer { wanted = last }
    return wanted != last
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
