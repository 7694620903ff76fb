import Testing
import VirtIO

@Suite("LittleEndian")
struct LittleEndianTests {
  @Test("the lowest byte is first in memory, whatever the CPU")
  func order() {
    #expect(bytes(LE16(0x1122)) == [0x22, 0x11])
    #expect(bytes(LE32(0x1122_3344)) == [0x44, 0x33, 0x22, 0x11])
    #expect(bytes(LE64(0x1122_3344_5566_7788)) == [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11])
  }

  @Test("what was stored comes back", arguments: [0, 1, 0x80, 0x1234_5678, UInt32.max])
  func roundTrip(_ value: UInt32) {
    #expect(LE32(value).value == value)
    #expect(LE64(UInt64(value) << 16).value == UInt64(value) << 16)
  }

  @Test("it is as long and as aligned as its value")
  func layout() {
    #expect(MemoryLayout<LE16>.size == 2 && MemoryLayout<LE16>.alignment == 2)
    #expect(MemoryLayout<LE32>.size == 4 && MemoryLayout<LE32>.alignment == 4)
    #expect(MemoryLayout<LE64>.size == 8 && MemoryLayout<LE64>.alignment == 8)
  }

  private func bytes<Value: BitwiseCopyable>(_ value: Value) -> [UInt8] {
    let one: InlineArray<1, Value> = [value]
    let raw = unsafe one.span.bytes
    var result: [UInt8] = []
    for offset in 0..<raw.byteCount {
      if let byte = raw.wire(LittleEndian<UInt8>.self, at: offset) { result.append(byte.value) }
    }
    return result
  }
}
