import Testing
import VirtIO
import VirtIOTestDoubles

@Suite("MMIO")
struct MMIOTests {
  @Test("each access reaches exactly its bytes")
  func accesses() {
    let memory = MemoryView(allocating: 16, alignment: 16)
    let base = unsafe UInt(bitPattern: memory.base)
    let access = MMIO()
    access.write8(base + 1, 0xab)
    access.write16(base + 4, 0x1122)
    access.write32(base + 8, 0x3344_5566)
    let expected: [UInt8] = [
      0, 0xab, 0, 0, 0x22, 0x11, 0, 0, 0x66, 0x55, 0x44, 0x33, 0, 0, 0, 0,
    ]
    #expect(memory.bytes == expected)
    #expect(access.read8(base + 1) == 0xab && access.read8(base + 2) == 0)
    #expect(access.read16(base + 4) == 0x1122)
    #expect(access.read32(base + 8) == 0x3344_5566)
  }
}
