import Foundation
import Testing
import VirtIOGraphics

/// What is drawn is what was drawn when somebody looked at it.
@Suite("Golden pictures")
struct GoldenTests {
  private static let formats: [PixelFormat] = [
    .b8g8r8a8, .b8g8r8x8, .a8r8g8b8, .x8r8g8b8, .r8g8b8a8, .x8b8g8r8, .a8b8g8r8, .r8g8b8x8,
  ]

  @Test("each pixel of each kind of drawing, in every format", arguments: GoldenPicture.all)
  func pixels(_ golden: GoldenPicture) throws {
    let size = (width: GoldenPicture.width, height: GoldenPicture.height)
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
      let bytes = golden.bytes(in: .b8g8r8x8)
      let file = PNGFile(width: size.width, height: size.height, bytes: bytes)
      try Data(file.encoded).write(to: URL(fileURLWithPath: golden.path))
    }
    let data = try Data(contentsOf: URL(fileURLWithPath: golden.path))
    let expected = try #require(PNGFile([UInt8](data)), "\(golden.path) is none of our files")
    #expect(expected.width == size.width && expected.height == size.height)
    for format in Self.formats {
      let drawn = golden.bytes(in: format)
      let differing = drawn.indices.filter { drawn[$0] != expected.bytes[$0] }.map { $0 / 3 }
      let places = Set(differing).sorted().prefix(5).map { ($0 % size.width, $0 / size.width) }
      #expect(differing.isEmpty, "\(golden.name) in \(format) differs, first at \(places)")
    }
  }

  @Test("a file that is cut off or changed is none")
  func files() {
    let file = PNGFile(width: 2, height: 2, bytes: Array(0..<12)).encoded
    #expect(PNGFile(file)?.bytes == Array(0..<12))
    for count in file.indices { #expect(PNGFile(Array(file.prefix(count))) == nil) }
    for index in file.indices {
      var changed = file
      changed[index] ^= 1
      #expect(PNGFile(changed) == nil, "\(index)")
    }
  }
}
