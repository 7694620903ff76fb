import VirtIOGraphics
import VirtIOTesting

/// What a scanout is expected to show: words of `b8g8r8x8`, row after row.
struct ExpectedPicture {
  let width: Int
  let height: Int
  var words: [UInt32]

  /// A picture whose every pixel differs from its neighbours, and from those of another seed.
  init(width: Int, height: Int, seed: UInt32) {
    self.width = width
    self.height = height
    words = []
    words.reserveCapacity(width * height)
    var index: UInt32 = 0
    while index < width * height {
      words.append(Self.word(index, seed: seed))
      index += 1
    }
  }

  /// A picture of these words.
  init(width: Int, height: Int, words: [UInt32]) {
    self.width = width
    self.height = height
    self.words = words
  }

  /// A word that tells where it belongs; its unused byte is full of nonsense on purpose.
  static func word(_ index: UInt32, seed: UInt32) -> UInt32 {
    var mixed = (index &+ seed &* 0x9e37_79b9) &* 0x85eb_ca6b
    mixed ^= mixed >> 13
    return mixed &* 0xc2b2_ae35
  }

  /// Draws all of it.
  func draw(in pixels: inout MutableSpan<UInt32>) {
    var index = 0
    while index < pixels.count {
      pixels[index] = words[index]
      index += 1
    }
  }

  /// Draws a part of it.
  func draw(_ part: Rectangle, in pixels: inout MutableSpan<UInt32>) {
    for y in part.y..<part.maxY {
      for x in part.x..<part.maxX { pixels[y * width + x] = words[y * width + x] }
    }
  }

  /// Takes over a part of another picture of this size.
  mutating func copy(_ rectangle: Rectangle, from other: ExpectedPicture) {
    let bounds = Rectangle(x: 0, y: 0, width: width, height: height)
    let part = rectangle.intersection(bounds)
    for y in part.y..<part.y + part.height {
      for x in part.x..<part.x + part.width {
        words[y * width + x] = other.words[y * width + x]
      }
    }
  }

  /// What a screenshot of it holds. Without what is slow where nothing is optimised.
  private var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(3 * words.count)
    var index = 0
    while index < words.count {
      let word = words[index]
      bytes.append(UInt8(truncatingIfNeeded: word >> 16))
      bytes.append(UInt8(truncatingIfNeeded: word >> 8))
      bytes.append(UInt8(truncatingIfNeeded: word))
      index += 1
    }
    return bytes
  }

  /// How a screenshot differs; nil if it does not.
  func difference(from picture: Picture) -> String? {
    guard picture.width == width, picture.height == height else {
      return "it is \(picture.width)x\(picture.height), not \(width)x\(height)"
    }
    let expected = bytes
    if expected == picture.bytes { return nil }
    let wrong = words.indices.filter {
      expected[3 * $0..<3 * $0 + 3] != picture.bytes[3 * $0..<3 * $0 + 3]
    }
    return wrong.first.map {
      "\(wrong.count) pixels differ, the first at \($0 % width), \($0 / width)"
    }
  }
}
