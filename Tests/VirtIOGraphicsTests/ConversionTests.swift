import Testing
import VirtIOGraphics

@Suite("Conversion between formats")
struct ConversionTests {
  private static let formats: [PixelFormat] = [
    .b8g8r8a8, .b8g8r8x8, .a8r8g8b8, .x8r8g8b8, .r8g8b8a8, .x8b8g8r8, .a8b8g8r8, .r8g8b8x8,
  ]

  private let words = (0..<200 as Range<UInt32>).map { ($0 &* 0x9e37_79b9) ^ 0x0123_4567 }

  @Test("each word becomes the one that stands for the same colour", arguments: formats, formats)
  func words(from source: PixelFormat, to target: PixelFormat) {
    let conversion = PixelConversion(from: source, to: target)
    for word in words + [0, .max, 0xff, 0xff00, 0xff_0000, 0xff00_0000] {
      #expect(conversion.convert(word) == target.encode(source.decode(word)))
    }
  }

  @Test("runs of every length up to beyond the vector block are exact", arguments: formats)
  func runs(_ target: PixelFormat) {
    let conversion = PixelConversion(from: .a8r8g8b8, to: target)
    let expected = words.map { target.encode(PixelFormat.a8r8g8b8.decode($0)) }
    for count in 0...140 {
      var found = words
      do {
        var span = found.mutableSpan
        var run = span._mutatingExtracting(3..<3 + count)
        conversion.convert(&run)
      }
      for index in words.indices {
        let isConverted = index >= 3 && index < 3 + count
        #expect(found[index] == (isConverted ? expected : words)[index])
      }
    }
  }

  @Test("rows of another format are clipped and converted, and nothing else is touched")
  func rows() {
    for target in Self.formats {
      for (x, y) in [(-3, -1), (0, 0), (70, 1), (-100, 0), (5, -9), (.max, .min)] {
        var one = Picture(90, 4, stride: 95, format: target)
        var other = Picture(90, 4, stride: 95, format: target)
        // What is in the same format stays as it is, bytes without a meaning included.
        let converted =
          target == .r8g8b8x8
          ? words : words.map { target.encode(PixelFormat.r8g8b8x8.decode($0)) }
        one.draw { $0.copy(words.span, in: .r8g8b8x8, width: 66, x: x, y: y) }
        other.draw { $0.copy(converted.span, width: 66, x: x, y: y) }
        let isSame = one.words == other.words
        #expect(isSame, "\(target) at \(x), \(y)")
      }
    }
  }
}
