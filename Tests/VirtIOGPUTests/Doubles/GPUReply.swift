/// What the device answers to a command.
struct GPUReply {
  var type: UInt32
  var fence: UInt64?
  /// Flags beside that of the fence.
  var otherFlags: UInt32 = 0
  /// `ring_idx` and the padding behind it.
  var padding: UInt32 = 0
  /// What follows the header.
  var body: [UInt8] = []
  /// How many bytes it claims to have written; all of them, unless told otherwise.
  var claimedByteCount: UInt32?

  var bytes: [UInt8] {
    let flags: UInt32 = (fence == nil ? 0 : 1) | otherFlags
    let context: UInt32 = 0
    return Self.bytes(type) + Self.bytes(flags) + Self.bytes(fence ?? 0) + Self.bytes(context)
      + Self.bytes(padding) + body
  }

  static func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
