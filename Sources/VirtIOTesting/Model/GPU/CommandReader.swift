/// A request as its bytes; what is missing reads as 0.
///
/// - Spec: VirtIO 1.4 §5.7.6.7 "Device Operation: Request header"
struct CommandReader {
  let bytes: [UInt8]

  static var headerByteCount: Int { 24 }

  func number(at offset: Int, _ width: Int) -> UInt64 {
    (0..<width).reduce(0) { sum, index in
      let byte = bytes.indices.contains(offset + index) ? bytes[offset + index] : 0
      return sum | UInt64(byte) << (8 * index)
    }
  }
  func word(_ offset: Int) -> UInt32 { UInt32(truncatingIfNeeded: number(at: offset, 4)) }

  var type: UInt32 { word(0) }
  var flags: UInt32 { word(4) }
  var fence: UInt64 { number(at: 8, 8) }
  var context: UInt32 { word(16) }
  var ringIndex: UInt8 { UInt8(truncatingIfNeeded: number(at: 20, 1)) }
  var isFenced: Bool { flags & 1 != 0 }
  func rectangle(_ offset: Int) -> ModelRectangle {
    ModelRectangle(
      x: UInt64(word(offset)), y: UInt64(word(offset + 4)), width: UInt64(word(offset + 8)),
      height: UInt64(word(offset + 12)))
  }

  /// A response of this type, with the fence of the request.
  func response(_ type: UInt32, _ body: [UInt8] = []) -> [UInt8] {
    var result: [UInt8] = []
    result.append(number: UInt64(type), 4)
    result.append(number: UInt64(flags & 3), 4)
    result.append(number: isFenced ? fence : 0, 8)
    result.append(number: UInt64(context), 4)
    result.append(number: UInt64(ringIndex), 4)
    return result + body
  }
}

extension [UInt8] {
  /// Appends a little-endian number.
  mutating func append(number: UInt64, _ width: Int) {
    for index in 0..<width { append(UInt8(truncatingIfNeeded: number >> (8 * index))) }
  }
}

/// `struct virtio_gpu_rect`, in numbers that do not overflow.
struct ModelRectangle: Equatable {
  var x: UInt64
  var y: UInt64
  var width: UInt64
  var height: UInt64

  func fits(_ width: UInt32, _ height: UInt32) -> Bool {
    x &+ self.width <= UInt64(width) && y &+ self.height <= UInt64(height)
  }

  func intersection(_ other: Self) -> Self? {
    let left = max(x, other.x)
    let top = max(y, other.y)
    let right = min(x &+ width, other.x &+ other.width)
    let bottom = min(y &+ height, other.y &+ other.height)
    guard left < right, top < bottom else { return nil }
    return Self(x: left, y: top, width: right &- left, height: bottom &- top)
  }
}
