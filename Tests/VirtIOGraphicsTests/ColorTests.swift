import Testing
import VirtIOGraphics

@Suite("Color and PixelFormat")
struct ColorTests {
  /// Every layout, and what bytes 1, 2, 3, 4 in memory then mean.
  static let layouts: [(PixelFormat, red: UInt8, green: UInt8, blue: UInt8, alpha: UInt8)] = [
    (.b8g8r8a8, 3, 2, 1, 4), (.b8g8r8x8, 3, 2, 1, 255),
    (.a8r8g8b8, 2, 3, 4, 1), (.x8r8g8b8, 2, 3, 4, 255),
    (.r8g8b8a8, 1, 2, 3, 4), (.x8b8g8r8, 4, 3, 2, 255),
    (.a8b8g8r8, 4, 3, 2, 1), (.r8g8b8x8, 1, 2, 3, 255),
  ]

  @Test("bytes in memory are in the order of the name", arguments: layouts)
  func order(_ layout: (PixelFormat, red: UInt8, green: UInt8, blue: UInt8, alpha: UInt8)) {
    let (format, red, green, blue, alpha) = layout
    let color = Color(red: red, green: green, blue: blue, alpha: alpha)
    let word = UInt32(littleEndian: 0x0403_0201)
    #expect(format.decode(word) == color)
    #expect(format.hasAlpha == (alpha != 255))
    // An unused byte is written as 255.
    let unused: UInt32 =
      switch format {
      case .x8r8g8b8, .x8b8g8r8: 0x0000_00FF
      case .b8g8r8x8, .r8g8b8x8: 0xFF00_0000
      default: 0
      }
    #expect(format.encode(color) == (word & ~UInt32(littleEndian: unused) | unused.littleEndian))
  }

  @Test("every value of every channel comes back", arguments: layouts.map(\.0))
  func roundTrip(format: PixelFormat) {
    for value in UInt8.min...UInt8.max {
      let color = Color(red: value, green: ~value, blue: value &* 7, alpha: value &+ 9)
      let back = format.decode(format.encode(color))
      #expect(back == (format.hasAlpha ? color : color.withAlpha(255)))
    }
  }

  @Test("mixtures are exact at their ends and rounded between")
  func mixtures() {
    let (one, two) = (Color(rgb: 0x0A64FF), Color(rgb: 0xFF0A00))
    #expect(one.mixed(with: two, weight: 0) == one)
    #expect(one.mixed(with: two, weight: 255) == two)
    #expect(Color.black.mixed(with: .white, weight: 128) == Color(rgb: 0x808080))
    for weight in UInt8.min...UInt8.max {
      let exact = (255 * Int(weight) * 2 + 255) / (2 * 255)
      #expect(Int(Color.black.mixed(with: .white, weight: weight).red) == exact)
    }
  }

  @Test("laying over and adding light")
  func blending() {
    #expect(Color.white.withAlpha(0).over(.pureRed) == .pureRed)
    #expect(Color.pureGreen.withAlpha(255).over(.pureRed) == .pureGreen)
    #expect(Color.white.withAlpha(128).over(.black) == Color(rgb: 0x808080))
    #expect(Color(rgb: 0xC8C8C8).adding(Color(rgb: 0x646400)) == Color(rgb: 0xFFFFC8))
    #expect(Color.black.adding(.white, weight: 0) == .black)
  }
}
