import Testing
import VirtIO

@Suite("Memory whose index and offset are checked before they are used")
struct FixedArrayTests {
  @Test("elements of a power of two and of any other count are where they were put")
  func elements() {
    var four = FixedArray<4, Int>(repeating: 7)
    var three = FixedArray<3, Int> { $0 * 10 }
    for index in three.indices {
      four[index] = three[index]
      three[index] += 1
    }
    #expect(four.indices.map { four[$0] } == [0, 10, 20, 7])
    #expect(three.indices.map { three[$0] } == [1, 11, 21])
    #expect(three.count == 3 && three.span[2] == 21)
  }

  @Test("a part of some bytes is none if it would pass the end", arguments: 0...9, 0...9)
  func parts(offset: Int, byteCount: Int) {
    let bytes: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7]
    let part = unsafe bytes.span.bytes.part(at: offset, byteCount: byteCount)
    #expect(part.byteCount == (offset + byteCount <= 8 ? byteCount : 0))
    if part.byteCount > 0 { #expect(part.wire(LittleEndian<UInt8>.self)?.value == UInt8(offset)) }
  }

  @Test("a part of negative place or length is none", arguments: [(-1, 1), (1, -1), (.min, .max)])
  func noParts(offset: Int, byteCount: Int) {
    let bytes: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7]
    let part = unsafe bytes.span.bytes.part(at: offset, byteCount: byteCount)
    #expect(part.byteCount == 0)
  }

  @Test("a structure is stored where it is meant to be, up to the last place", arguments: 0...4)
  func store(offset: Int) {
    var bytes = [UInt8](repeating: 0xaa, count: 8)
    var words = bytes.mutableSpan
    var span = unsafe words.mutableBytes
    span.store(LE32(0x0403_0201), at: offset)
    #expect(bytes[offset..<offset + 4] == [1, 2, 3, 4])
    #expect(bytes.count { $0 == 0xaa } == 4)
  }
}
