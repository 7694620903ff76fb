import VirtIOGPU
import VirtIOGraphics

/// What the loops draw: the same as the other drivers' that they are compared with.
enum Drawing {
  case nothing
  /// One colour all over.
  case fill
  /// A pattern that moves upwards.
  case pattern

  /// Draws the picture of that number all over a frame.
  func draw(_ number: UInt32, in frame: inout Frame) {
    switch self {
    case .nothing: return
    case .fill: Self.fill(&frame, with: Color(rgb: number))
    case .pattern: Self.drawPattern(number, in: &frame)
    }
  }

  @inline(never)
  private static func fill(_ frame: inout Frame, with color: Color) {
    let (width, height, format) = (frame.width, frame.height, frame.format)
    var canvas = Canvas(width: width, height: height, format: format, pixels: frame.pixels)
    canvas.fill(color)
  }

  @inline(never)
  private static func drawPattern(_ number: UInt32, in frame: inout Frame) {
    let (width, height) = (frame.width, frame.height)
    var pixels = frame.pixels
    for y in 0..<height {
      let down = (UInt32(truncatingIfNeeded: y) &+ number) & 255
      var row = pixels._mutatingExtracting(y &* width..<(y &+ 1) &* width)
      for index in row.indices {
        let x = UInt32(truncatingIfNeeded: index)
        row[index] = x & 255 | down << 8 | (x &+ down & 255) << 16
      }
    }
  }
}
