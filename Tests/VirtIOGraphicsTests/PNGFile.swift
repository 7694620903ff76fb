/// A PNG file of eight bits a channel, red, green and blue, whose pixels are stored and not compressed: so
/// that writing and reading it needs nothing else.
///
/// - Spec: Portable Network Graphics (PNG) Specification (Third Edition) §5 "Datastream structure"
struct PNGFile: Equatable {
  let width: Int
  let height: Int
  /// Three bytes a pixel, row by row.
  let bytes: [UInt8]

  init(width: Int, height: Int, bytes: [UInt8]) {
    self.width = width
    self.height = height
    self.bytes = bytes
  }

  /// Reads a file that ``encoded`` has made; nil if it is any other.
  init?(_ file: [UInt8]) {
    guard file.count > Self.pixels else { return nil }
    func number(_ place: Int) -> Int { file[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
    let (width, height) = (number(16), number(20))
    let row = 3 * width + 1
    guard width < 256, height < 256, file.count == Self.pixels + height * row + 20 else {
      return nil
    }
    var bytes: [UInt8] = []
    for y in 0..<height {
      let start = Self.pixels + y * row + 1
      bytes += file[start..<start + 3 * width]
    }
    self.init(width: width, height: height, bytes: bytes)
    guard encoded == file else { return nil }
  }

  /// Where the first row begins.
  private static let pixels = 8 + 25 + 8 + 2 + 5

  /// The file.
  var encoded: [UInt8] {
    var rows: [UInt8] = []
    for y in 0..<height {
      rows.append(0)
      rows += bytes[3 * width * y..<3 * width * (y + 1)]
    }
    let count: [UInt8] = [UInt8(rows.count & 255), UInt8(rows.count >> 8 & 255)]
    var stream: [UInt8] = [0x78, 0x01, 0x01]
    stream += count
    stream += count.map { ~$0 }
    stream += rows
    stream += Self.adler(rows)
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    file += Self.chunk("IHDR", Self.word(width) + Self.word(height) + [8, 2, 0, 0, 0])
    file += Self.chunk("IDAT", stream)
    file += Self.chunk("IEND", [])
    return file
  }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return word(data.count) + body + word(Int(crc(body)))
  }

  private static func word(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  private static func crc(_ bytes: [UInt8]) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 != 0 ? 0xEDB8_8320 ^ sum >> 1 : sum >> 1 }
    }
    return ~sum
  }

  private static func adler(_ bytes: [UInt8]) -> [UInt8] {
    var (low, high) = (1, 0)
    for byte in bytes {
      low = (low + Int(byte)) % 65_521
      high = (high + low) % 65_521
    }
    return word(high << 16 | low)
  }
}
