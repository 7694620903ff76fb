/// A command as the device finds it.
struct GPURequest {
  /// Which queue it came by.
  let queue: UInt16
  /// All bytes that the device may read.
  let bytes: [UInt8]
  /// How many bytes the device may write.
  let room: Int

  func word(at offset: Int) -> UInt32 {
    guard offset + 4 <= bytes.count else { return 0 }
    return (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * $1) }
  }

  func long(at offset: Int) -> UInt64 {
    UInt64(word(at: offset)) | UInt64(word(at: offset + 4)) << 32
  }

  /// `x`, `y`, `width` and `height` of a `struct virtio_gpu_rect`.
  func rectangle(at offset: Int) -> [UInt32] {
    (0..<4).map { word(at: offset + 4 * $0) }
  }

  var type: UInt32 { word(at: 0) }
  /// The fence that the answer has to echo, if there is one.
  var fence: UInt64? { word(at: 4) & 1 != 0 ? long(at: 8) : nil }
}
