import VirtIOGraphics
import VirtIOTesting

extension Picture {
  /// What a canvas shows when `body` has drawn on it.
  init?(width: Int, height: Int, drawing body: (inout Canvas) -> Void) {
    var pixels = [UInt32](repeating: 0, count: width * height)
    var canvas = Canvas(
      width: width, height: height, format: .b8g8r8x8, pixels: pixels.mutableSpan)
    body(&canvas)
    self.init(width: width, height: height, pixels: pixels)
  }

  /// A picture of pixels in the format `b8g8r8x8`.
  init?(width: Int, height: Int, pixels: [UInt32]) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(3 * pixels.count)
    for pixel in pixels {
      bytes.append(UInt8(truncatingIfNeeded: pixel >> 16))
      bytes.append(UInt8(truncatingIfNeeded: pixel >> 8))
      bytes.append(UInt8(truncatingIfNeeded: pixel))
    }
    self.init(width: width, height: height, bytes: bytes)
  }

  /// Whether it is another; as a function, for a list of all pixels that differ would take a minute.
  func isSame(as other: Picture?) -> Bool { self == other }

  /// A part as high as the whole.
  func columns(_ range: Range<Int>) -> Picture? {
    var part: [UInt8] = []
    for row in 0..<height {
      let start = 3 * row * width
      part += bytes[start + 3 * range.lowerBound..<start + 3 * range.upperBound]
    }
    return Picture(width: range.count, height: height, bytes: part)
  }
}
