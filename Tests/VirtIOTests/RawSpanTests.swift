import Testing
import VirtIO

@Suite("Reading wire structures out of a span")
struct RawSpanTests {
  private let bytes: [UInt8] = [0x10, 0x11, 0x12, 0x13, 0x14, 0x15]

  @Test("a structure is read at any offset, aligned or not")
  func anyOffset() {
    let span = unsafe bytes.span.bytes
    #expect(span.wire(LE32.self)?.value == 0x1312_1110)
    #expect(span.wire(LE32.self, at: 1)?.value == 0x1413_1211)
    #expect(span.wire(LE32.self, at: 2)?.value == 0x1514_1312)
    #expect(span.wire(LE16.self, at: 4)?.value == 0x1514)
  }

  @Test(
    "nothing is read that is not wholly inside",
    arguments: [-1, Int.min, 3, 5, 6, 7, Int.max - 3, Int.max])
  func outside(_ offset: Int) {
    let found = unsafe bytes.span.bytes.wire(LE32.self, at: offset)
    #expect(found?.value == nil)
  }

  @Test("an empty span holds nothing")
  func empty() {
    let none: [UInt8] = []
    let found = unsafe none.span.bytes.wire(LE16.self)
    #expect(found?.value == nil)
  }
}
