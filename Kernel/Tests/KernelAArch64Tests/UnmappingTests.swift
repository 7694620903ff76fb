import Testing

@testable import KernelAArch64

@Suite("Address space: taking mappings away")
struct UnmappingTests {
  /// A page, the middle of a block, the edges of blocks, more than there is.
  static let ranges: [Range<UInt64>] = [
    0x4001_0000..<0x4001_1000, 0x7fff_f000..<0x8000_0000, 0x8000_0000..<0x8000_0001,
    0x8010_0000..<0x8070_0000, 0x8000_0000..<0xc000_0000, 0x9fff_ffff..<0xa000_0001,
    0x7fe0_0000..<0xc000_1000, 0x5000_0000..<0x1_4000_0000,
  ]

  @Test("exactly the pages of the range go, whatever the entries' sizes", arguments: ranges)
  func exact(range: Range<UInt64>) throws {
    try AddressSpaceTests.withTables(12) { space, walker in
      // Pages, blocks of 2 MiB, blocks of 1 GiB.
      let mapped: Range<UInt64> = 0x6000_1000..<0x1_0000_0000
      try space.map(mapped, as: .device)
      try space.unmap(range, as: .device)
      let first = range.lowerBound & ~0xfff
      let end = (range.upperBound + 0xfff) & ~0xfff
      var addresses = [first, first - 1, end, end - 1, (first + end) / 2]
      addresses += [mapped.lowerBound, mapped.lowerBound - 1, mapped.upperBound - 1]
      addresses += stride(from: 0x6000_0000, through: 0x1_0000_0000, by: 0x3f_f800)
      for address in addresses {
        let expected = mapped.contains(address) && !(first..<end).contains(address)
        let found = walker.look(up: address)
        #expect((found != nil) == expected, "\(String(address, radix: 16))")
        if let found { #expect(found.output == address && found.memory == .deviceNGnRnE) }
      }
    }
  }

  @Test("tables with nothing left to say are used again")
  func reuse() throws {
    // The root's table, and three for each of these ranges.
    try AddressSpaceTests.withTables(4) { space, walker in
      for round: UInt64 in 0..<100 {
        let start = 0x4_0000_0000 + round * 0x8000_1000
        try space.map(start..<start + 0x1000, as: .device)
        #expect(walker.look(up: start)?.output == start)
        try space.unmap(start..<start + 0x1000, as: .device)
        #expect(walker.look(up: start) == nil)
        // A block that is divided twice, down to a page.
        let block = 0x8_0000_0000 + round * 0x4000_0000
        try space.map(block..<block + 0x4000_0000, as: .device)
        try space.unmap(block..<block + 0x2000_0000, as: .device)
        try space.unmap(block + 0x2000_1000..<block + 0x4000_0000, as: .device)
        #expect(walker.look(up: block + 0x2000_0fff)?.output == block + 0x2000_0fff)
        try space.unmap(block..<block + 0x4000_0000, as: .device)
        #expect(walker.look(up: block + 0x2000_0000) == nil)
      }
    }
  }

  @Test("what is mapped in another way is not unmapped, nor anything else of the range")
  func conflict() throws {
    try AddressSpaceTests.withTables(8) { space, walker in
      try space.map(0x4400_0000..<0x4400_1000, as: .device)
      try space.map(0x4400_1000..<0x4400_2000, as: .memory)
      #expect(throws: AddressSpace.MappingError.conflict(address: 0x4400_1000)) {
        try space.unmap(0x4400_0000..<0x4400_2000, as: .device)
      }
      #expect(walker.look(up: 0x4400_0000) != nil && walker.look(up: 0x4400_1000) != nil)
    }
  }

  @Test("memory is not unmapped any more once tables may lie in it")
  func supplied() throws {
    let page = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 4096)
    defer { unsafe page.deallocate() }
    try AddressSpaceTests.withTables(8) { space, walker in
      try space.map(0x4400_0000..<0x4480_0000, as: .memory)
      try space.unmap(0x4400_0000..<0x4400_1000, as: .memory)
      #expect(walker.look(up: 0x4400_0000) == nil)
      let start = UInt64(UInt(bitPattern: page))
      unsafe space.supply(start..<start + 4096)
      #expect(throws: AddressSpace.MappingError.conflict(address: 0x4440_0000)) {
        try space.unmap(0x4440_0000..<0x4440_1000, as: .memory)
      }
      #expect(walker.look(up: 0x4440_0000) != nil)
    }
  }

  @Test("dividing an entry without a table for it is refused, and the rest stays as it was")
  func noTables() throws {
    try AddressSpaceTests.withTables(1) { space, walker in
      try space.map(0x8000_0000..<0xc000_0000, as: .device)
      #expect(throws: AddressSpace.MappingError.noTables) {
        try space.unmap(0x8000_0000..<0x8000_1000, as: .device)
      }
      #expect(walker.look(up: 0x8000_0000)?.output == 0x8000_0000)
    }
  }
}
