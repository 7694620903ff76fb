import Testing

@testable import KernelAArch64

@Suite("Page window")
struct PageWindowTests {
  private static let range: Range<UInt64> = 0x70_0000_0000..<0x70_0040_0000

  @Test(
    "pages from anywhere are one behind the other, read and write, and gone when they are unmapped")
  func mapping() throws {
    try AddressSpaceTests.withTables(8) { space, walker in
      let window = try space.makeWindow(Self.range)
      #expect(walker.look(up: Self.range.lowerBound) == nil)
      let pages: [UInt64] = [0x4800_0000, 0x4700_3000, 0x4700_4000, 0x4100_0000]
      // Across two tables.
      let start = Self.range.lowerBound + 0x1f_e000
      for (index, page) in pages.enumerated() {
        window.map(page, at: start + UInt64(index) * 4096, startsRun: index != 2)
      }
      window.publish()
      for (index, page) in pages.enumerated() {
        let address = start + UInt64(index) * 4096
        #expect(
          walker.look(up: address + 0xabc)
            == .init(
              output: page + 0xabc, memory: .writeBackInnerShareable, isWritable: true,
              isExecutable: false))
        let found = try #require(window.page(at: address))
        #expect(found.address == page && found.startsRun == (index != 2))
      }
      #expect(window.page(at: start - 4096) == nil && window.page(at: start + 4 * 4096) == nil)
      for index in 0..<4 { window.unmap(start + UInt64(index) * 4096) }
      #expect(walker.look(up: start) == nil && window.page(at: start) == nil)
    }
  }

  @Test("a gap is as long as it has to be, and a page longer")
  func gaps() throws {
    try AddressSpaceTests.withTables(8) { space, _ in
      let window = try space.makeWindow(Self.range)
      let first = Self.range.lowerBound
      #expect(window.gap(pageCount: 1023) == first && window.gap(pageCount: 1024) == nil)
      #expect(window.gap(pageCount: 0) == nil)
      window.map(0x4800_0000, at: first + 3 * 4096, startsRun: true)
      #expect(window.gap(pageCount: 2) == first)
      #expect(window.gap(pageCount: 3) == first + 4 * 4096)
    }
  }

  @Test("a window lies where nothing is, in whole tables, and has them all or says so")
  func making() throws {
    try AddressSpaceTests.withTables(4) { space, _ in
      try space.map(0x70_0020_0000..<0x70_0020_1000, as: .memory)
      let window = try? space.makeWindow(Self.range.lowerBound..<Self.range.lowerBound + 0x20_0000)
      #expect(window != nil)
      var errors: [AddressSpace.MappingError] = []
      for range in [
        0x70_0000_1000..<0x70_0020_0000, 0..<0x20_0000, 0x70_0020_0000..<0x70_0080_0000,
        0x71_0000_0000..<0x71_0040_0000,
      ] as [Range<UInt64>] {
        do throws(AddressSpace.MappingError) {
          _ = try space.makeWindow(range)
        } catch {
          errors.append(error)
        }
      }
      #expect(
        errors.prefix(2) == [.outOfRange, .outOfRange] && errors.last == .noTables, "\(errors)")
    }
  }
}
