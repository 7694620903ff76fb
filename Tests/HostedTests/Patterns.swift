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
    words = (0..<width * height).map { Self.word(UInt32($0), seed: seed) }
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
    for index in pixels.indices { pixels[index] = words[index] }
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

  /// How a screenshot differs; nil if it does not.
  func difference(from picture: Picture) -> String? {
    guard picture.width == width, picture.height == height else {
      return "it is \(picture.width)x\(picture.height), not \(width)x\(height)"
    }
    var wrong = 0
    var first: String?
    for index in words.indices {
      let word = words[index]
      let bytes = picture.bytes[3 * index..<3 * index + 3]
      if bytes.elementsEqual([
        UInt8(truncatingIfNeeded: word >> 16), UInt8(truncatingIfNeeded: word >> 8),
        UInt8(truncatingIfNeeded: word),
      ]) {
        continue
      }
      wrong += 1
      first = first ?? "\(index % width), \(index / width)"
    }
    return first.map { "\(wrong) pixels differ, the first at \($0)" }
  }
}
