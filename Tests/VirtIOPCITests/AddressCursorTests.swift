import Testing

@testable import VirtIOPCI

@Suite("AddressCursor")
struct AddressCursorTests {
  private func cursor(_ base: UInt64, _ byteCount: UInt64, limit: UInt64 = .max) -> AddressCursor {
    AddressCursor(PCIWindow(pciBase: base, cpuBase: 0, byteCount: byteCount), limit: limit)
  }

  @Test("addresses are aligned to what is taken, and go upwards")
  func taking() {
    var cursor = cursor(0x1000_0010, 0x10_0000)
    #expect(cursor.take(0x10) == 0x1000_0010)
    #expect(cursor.take(0x1000) == 0x1000_1000)
    #expect(cursor.take(0x10) == 0x1000_2000)
    #expect(cursor.take(0x8_0000) == 0x1008_0000)
  }

  @Test("what does not fit is not taken, and takes no room")
  func exhausted() {
    var cursor = cursor(0x1000_0000, 0x3000)
    #expect(cursor.take(0x4000) == nil)
    #expect(cursor.take(0x2000) == 0x1000_0000)
    #expect(cursor.take(0x2000) == nil)
    #expect(cursor.take(0x1000) == 0x1000_2000)
    #expect(cursor.take(0x10) == nil)
  }

  @Test("address 0 is never given")
  func zero() {
    var cursor = cursor(0, 0x10_0000)
    #expect(cursor.take(0x1000) == 0x1000)
    var tiny = AddressCursor(PCIWindow(pciBase: 0, cpuBase: 0, byteCount: 0x1000))
    #expect(tiny.take(0x1000) == nil)
  }

  @Test("no window, no address")
  func none() {
    var cursor = AddressCursor(nil)
    #expect(cursor.take(16) == nil)
    cursor.align(to: 1 << 20)
    cursor.skip(0..<0x1000)
    #expect(cursor.next == 0 && cursor.take(16) == nil)
  }

  @Test("no address from the limit on is given")
  func limit() {
    var cursor = cursor(0xffff_0000, 0x10_0000, limit: 1 << 32)
    #expect(cursor.take(0x8000) == 0xffff_0000)
    #expect(cursor.take(0x8000) == 0xffff_8000)
    #expect(cursor.take(0x1000) == nil)
    var above = self.cursor(1 << 32, 0x10_0000, limit: 1 << 32)
    #expect(above.take(16) == nil)
  }

  @Test("sums that wrap give nothing", arguments: [0x1000, 1 << 63] as [UInt64])
  func wrapping(_ byteCount: UInt64) {
    var cursor = cursor(.max - 0xfff, 0x1000)
    #expect(cursor.take(0x800) == UInt64.max - 0xfff)
    #expect(cursor.take(byteCount) == nil)
    cursor.align(to: 1 << 20)
    #expect(cursor.take(16) == nil)
  }

  @Test("what is in use is skipped, if it lies ahead")
  func skipping() {
    var cursor = cursor(0x1000_0000, 0x10_0000)
    cursor.skip(0x1000_4000..<0x1000_5000)
    #expect(cursor.next == 0x1000_5000)
    cursor.skip(0x1000_1000..<0x1000_2000)
    #expect(cursor.next == 0x1000_5000)
    cursor.skip(0x2000_0000..<0x2000_1000)
    #expect(cursor.next == 0x1000_5000)
    cursor.skip(0x1000_f000..<0x2000_0000)
    #expect(cursor.next == 0x1010_0000 && cursor.take(16) == nil)
  }

  @Test("a window is neither empty nor past the end of an address space")
  func windows() {
    #expect(PCIWindow(pciBase: 0, cpuBase: 0, byteCount: 0) == nil)
    #expect(PCIWindow(pciBase: .max, cpuBase: 0, byteCount: 2) == nil)
    #expect(PCIWindow(pciBase: 0, cpuBase: .max, byteCount: 2) == nil)
    #expect(PCIWindow(pciBase: .max, cpuBase: .max, byteCount: 1) != nil)
  }

  @Test("an address is the CPU's only if all of it lies in the window")
  func cpuAddresses() {
    let window = PCIWindow(pciBase: 0x1000_0000, cpuBase: 0x5000_0000, byteCount: 0x1_0000)
    #expect(window?.cpuAddress(of: 0x1000_0000, byteCount: 0x1_0000) == 0x5000_0000)
    #expect(window?.cpuAddress(of: 0x1000_f000, byteCount: 0x1000) == 0x5000_f000)
    #expect(window?.cpuAddress(of: 0x1000_f000, byteCount: 0x1001) == nil)
    #expect(window?.cpuAddress(of: 0xfff_f000, byteCount: 0x1000) == nil)
    #expect(window?.cpuAddress(of: 0x1000_0000, byteCount: 0x1_0001) == nil)
    #expect(window?.cpuAddress(of: .max, byteCount: 1) == nil)
  }
}
