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
      var x: UInt32 = 0
      while row.count &- Int(x) >= 16 {
        var block = row._mutatingExtracting(Int(x)..<Int(x) &+ 16)
        let words = Self.pattern(Self.steps &+ x, down)
        var bytes = MutableRawSpan(_elements: &block)
        bytes.storeBytes(of: words, as: SIMD16<UInt32>.self)
        x &+= 16
      }
      let words = Self.pattern(Self.steps &+ x, down)
      for index in Int(x)..<row.count { row[index] = words[index & 15] }
    }
  }

  /// 0 to 15.
  private static var steps: SIMD16<UInt32> {
    SIMD16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  }

  /// The pixels of sixteen columns in a row.
  @inline(__always)
  private static func pattern(_ x: SIMD16<UInt32>, _ down: UInt32) -> SIMD16<UInt32> {
    x & 255 | SIMD16(repeating: down << 8) | ((x &+ down) & 255) &<< 16
  }
}
