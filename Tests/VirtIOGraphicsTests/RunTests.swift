import Testing
import VirtIOGraphics

/// Fills and copies go by blocks of vector registers: whatever the length of a run and wherever it
/// starts, what comes out is what storing word by word would leave.
@Suite struct RunTests {
  /// Rows a little longer than what is drawn, so that a word too many is seen.
  private static let stride = 1100
  private static let offsets = [0, 1, 2, 3, 5, 15, 16, 17, 63, 64, 65]
  private static let lengths =
    Array(0...18) + [
      31, 32, 47, 63, 64, 65, 79, 80, 81, 127, 128, 255, 256, 257, 271, 319, 335, 511, 512, 1031,
    ]

  /// Words that no fill writes, each another.
  private static func background(_ rowCount: Int) -> [UInt32] {
    (0..<UInt32(stride * rowCount)).map { $0 &* 2_654_435_761 }
  }

  private static func draw(
    on words: inout [UInt32], _ body: (inout Canvas) -> Void
  ) {
    let height = words.count / stride
    var canvas = Canvas(
      width: stride, height: height, format: .b8g8r8x8, pixels: words.mutableSpan)
    body(&canvas)
  }

  @Test("a fill stores each word of its run, and no other", arguments: offsets)
  func fill(offset: Int) {
    let word = PixelFormat.b8g8r8x8.encode(.pureGreen)
    for length in Self.lengths where offset + length <= Self.stride {
      var words = Self.background(3)
      var expected = words
      for index in 0..<length { expected[Self.stride + offset + index] = word }
      Self.draw(on: &words) {
        $0.fill(Rectangle(x: offset, y: 1, width: length, height: 1), with: .pureGreen)
      }
      #expect(words == expected, "\(length) words")
    }
  }

  @Test("rows without a gap are one run", arguments: [1, 2, 3])
  func wholeRows(height: Int) {
    let word = PixelFormat.b8g8r8x8.encode(.white)
    var words = Self.background(5)
    let filled = Self.stride..<Self.stride * (1 + height)
    var expected = words
    for index in filled { expected[index] = word }
    Self.draw(on: &words) {
      $0.fill(Rectangle(x: -9, y: 1, width: 5000, height: height), with: .white)
    }
    #expect(words == expected)
  }

  @Test("a pattern keeps its place across blocks", arguments: offsets)
  func pattern(offset: Int) {
    let gradient = Gradient(from: .black, to: .white, isDithered: true)
    let format = PixelFormat.b8g8r8x8
    for length in Self.lengths where offset + length <= Self.stride {
      var words = Self.background(3)
      var expected = words
      for (row, fraction) in [0, 32_768, 65_536].enumerated() {
        for x in offset..<offset + length {
          let bias = Gradient.ditherBias(x: x, y: row)
          expected[row * Self.stride + x] = format.encode(
            gradient.color(at: fraction, bias: bias))
        }
      }
      Self.draw(on: &words) {
        $0.fill(Rectangle(x: offset, y: 0, width: length, height: 3), with: gradient)
      }
      #expect(words == expected, "\(length) words")
    }
  }

  @Test("a copy moves each word of its rows, clipped, and no other", arguments: offsets)
  func copy(offset: Int) {
    for length in Self.lengths where length > 0 && offset + length <= Self.stride {
      let source = (0..<UInt32(2 * length)).map { 0xC0DE_0000 | $0 }
      // From the left edge, and from beyond it.
      for x in [offset, -offset] {
        var words = Self.background(4)
        var expected = words
        for row in 0..<2 {
          for column in 0..<length where x + column >= 0 {
            expected[(row + 1) * Self.stride + x + column] = source[row * length + column]
          }
        }
        Self.draw(on: &words) { $0.copy(source.span, width: length, x: x, y: 1) }
        #expect(words == expected, "\(length) words to \(x)")
      }
    }
  }
}
