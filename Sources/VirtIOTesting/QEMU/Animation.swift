/// An animation in the form of APNG, made of the PNG files of its pictures.
///
/// Their pixels stay compressed as they are: an animation has the same data in chunks of other names. So all
/// have to be of the first one's size and kind; others are left out.
///
/// - Spec: Portable Network Graphics (PNG) Specification (Third Edition) §11.3.6 "Animation information"
package struct Animation: Sendable {
  /// A chunk of a PNG file.
  private struct Chunk {
    let type: [UInt8]
    let data: ArraySlice<UInt8>
  }

  private var header: [UInt8]?
  /// The compressed pixels of each picture.
  package private(set) var pictures: [[UInt8]] = []
  private static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  package init() {}

  /// The number of pictures.
  package var count: Int { pictures.count }

  /// Adds a picture.
  ///
  /// - Returns: Whether it suits the others.
  @discardableResult
  package mutating func add(png file: [UInt8]) -> Bool {
    let chunks = Self.chunks(file)
    guard let first = chunks.first, first.type == Array("IHDR".utf8), first.data.count == 13,
      header == nil || header == Array(first.data)
    else { return false }
    let pixels = chunks.filter { $0.type == Array("IDAT".utf8) }.flatMap(\.data)
    guard !pixels.isEmpty else { return false }
    header = Array(first.data)
    pictures.append(pixels)
    return true
  }

  /// The file, which repeats for ever; nil if there is no picture.
  ///
  /// - Parameter milliseconds: How long each picture is seen.
  package func file(milliseconds: UInt16) -> [UInt8]? {
    guard let header else { return nil }
    var file = Self.signature + Self.chunk("IHDR", header)
    file += Self.chunk("acTL", Self.bytes(UInt32(pictures.count)) + Self.bytes(0))
    var sequence: UInt32 = 0
    for (index, pixels) in pictures.enumerated() {
      var control = Self.bytes(sequence) + header.prefix(8) + Self.bytes(0) + Self.bytes(0)
      control += [UInt8(milliseconds >> 8), UInt8(milliseconds & 255), 0x03, 0xe8, 0, 0]
      file += Self.chunk("fcTL", control)
      sequence += 1
      if index == 0 {
        file += Self.chunk("IDAT", pixels)
      } else {
        file += Self.chunk("fdAT", Self.bytes(sequence) + pixels)
        sequence += 1
      }
    }
    return file + Self.chunk("IEND", [])
  }

  private static func chunks(_ file: [UInt8]) -> [Chunk] {
    guard file.starts(with: signature) else { return [] }
    var chunks: [Chunk] = []
    var rest = file[signature.count...]
    while rest.count >= 12 {
      let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      guard count <= rest.count - 12 else { return [] }
      let start = rest.startIndex
      chunks.append(
        Chunk(type: Array(rest[start + 4..<start + 8]), data: rest[start + 8..<start + 8 + count]))
      rest = rest[(start + 12 + count)...]
    }
    return chunks
  }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return bytes(UInt32(data.count)) + body + bytes(checksum(body))
  }

  private static func bytes(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
  }

  /// The CRC of a chunk's type and data.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { table[Int(($0 ^ UInt32($1)) & 255)] ^ $0 >> 8 }
  }

  private static let table: [UInt32] = (0..<256 as Range<UInt32>).map { byte in
    (0..<8).reduce(byte) { value, _ in value & 1 != 0 ? 0xedb8_8320 ^ value >> 1 : value >> 1 }
  }
}
