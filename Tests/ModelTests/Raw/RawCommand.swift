/// Requests of the GPU as bytes.
enum RawCommand {
  static func words(_ words: [UInt32]) -> [UInt8] {
    words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
  }

  static func header(
    _ type: UInt32, flags: UInt32 = 0, fence: UInt64 = 0, context: UInt32 = 0, ring: UInt32 = 0
  ) -> [UInt8] {
    words([
      type, flags, UInt32(truncatingIfNeeded: fence), UInt32(truncatingIfNeeded: fence >> 32),
      context, ring,
    ])
  }

  static func of(_ type: UInt32, _ body: [UInt32] = []) -> [UInt8] { header(type) + words(body) }

  static func fenced(_ type: UInt32, _ fence: UInt64, _ body: [UInt32]) -> [UInt8] {
    header(type, flags: 1, fence: fence) + words(body)
  }

  static let displayInfo = of(0x100)
  static func edid(_ scanout: UInt32) -> [UInt8] { of(0x10a, [scanout, 0]) }
  static func create(_ id: UInt32, _ width: UInt32, _ height: UInt32, format: UInt32 = 2)
    -> [UInt8]
  {
    of(0x101, [id, format, width, height])
  }
  static func attach(_ id: UInt32, _ address: UInt64, _ byteCount: UInt32) -> [UInt8] {
    of(
      0x106,
      [
        id, 1, UInt32(truncatingIfNeeded: address), UInt32(truncatingIfNeeded: address >> 32),
        byteCount, 0,
      ])
  }
  static func transfer(_ id: UInt32, _ width: UInt32, _ height: UInt32, fence: UInt64 = 0)
    -> [UInt8]
  {
    header(0x105, flags: fence == 0 ? 0 : 1, fence: fence)
      + words([0, 0, width, height, 0, 0, id, 0])
  }
  static func setScanout(_ scanout: UInt32, _ id: UInt32, _ width: UInt32, _ height: UInt32)
    -> [UInt8]
  {
    of(0x103, [0, 0, width, height, scanout, id])
  }
  static func flush(_ id: UInt32, _ width: UInt32, _ height: UInt32) -> [UInt8] {
    of(0x104, [0, 0, width, height, id, 0])
  }
  static func updateCursor(_ id: UInt32, scanout: UInt32 = 0) -> [UInt8] {
    of(0x300, [scanout, 1, 2, 0, id, 0, 0, 0])
  }
}
