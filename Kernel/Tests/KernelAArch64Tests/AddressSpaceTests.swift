import Testing

@testable import KernelAArch64

/// Walks page tables as the CPU does, knowing nothing of how they were made.
@safe
private struct Walker {
  private let root: UnsafeMutablePointer<UInt64>

  init(root: UnsafeMutablePointer<UInt64>) {
    unsafe self.root = root
  }

  /// The entry that maps an address: its attributes without address bits, and where it leads.
  func look(up address: UInt64) -> (output: UInt64, attributes: UInt64)? {
    var table = unsafe root
    for level in 0..<4 {
      let shift = UInt64(39 - 9 * level)
      let entry = unsafe table[Int(address >> shift & 0x1ff)]
      guard entry & 1 == 1 else { return nil }
      let isTable = entry & 2 == 2 && level < 3
      if isTable {
        guard
          let next = unsafe UnsafeMutablePointer<UInt64>(
            bitPattern: UInt(entry & 0xffff_ffff_f000))
        else { return nil }
        unsafe table = next
        continue
      }
      // A block at the lowest level, or a leaf at the highest, is reserved.
      if level == 0 || (level == 3 && entry & 2 == 0) { return nil }
      let offset: UInt64 = (1 << shift) - 1
      let output = entry & 0xffff_ffff_f000 & ~offset | address & offset
      return (output, entry & 0xfff0_0000_0000_0fff & ~3)
    }
    return nil
  }
}

@Suite("Address space")
struct AddressSpaceTests {
  /// Tables of our own, thrown away at the end.
  private func withTables(
    _ count: Int, _ body: (inout AddressSpace, Walker) throws -> Void
  ) rethrows {
    let root = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 4096)
    let spare = UnsafeMutableRawPointer.allocate(byteCount: 4096 * count, alignment: 4096)
    defer {
      unsafe root.deallocate()
      unsafe spare.deallocate()
    }
    let rootTable = unsafe root.initializeMemory(as: UInt64.self, repeating: 0, count: 512)
    let spareTables = unsafe spare.initializeMemory(
      as: UInt64.self, repeating: 0, count: 512 * count)
    var space = unsafe AddressSpace(root: rootTable, spare: spareTables, spareCount: count)
    try body(&space, unsafe Walker(root: rootTable))
  }

  static let ranges: [Range<UInt64>] = [
    0x900_0000..<0x900_1000, 0x4000_0000..<0x8000_0000, 0x4020_3000..<0x4080_1000,
    0x40_1000_0000..<0x40_2000_0000, 0x80_0000_0000..<0x100_0000_0000,
    0x3fff_f000..<0x4000_1000, 0x7fff_ffff..<0x8000_0001,
  ]

  @Test("every page of a range leads to itself, and its neighbours nowhere", arguments: ranges)
  func identity(range: Range<UInt64>) throws {
    try withTables(8) { space, walker in
      try space.map(range, as: .memory)
      let first = range.lowerBound & ~0xfff
      let last = (range.upperBound - 1) & ~0xfff
      for address in [first, first + 0xabc, (first + last) / 2, last, last + 0xfff] {
        let found = walker.look(up: address)
        #expect(found?.output == address)
        // Normal memory by MAIR, inner-shareable, accessed, never executed.
        #expect(found?.attributes == 0x0060_0000_0000_0704)
      }
      if first > 0 { #expect(walker.look(up: first - 1) == nil) }
      if last + 0x1000 < 1 << 40 { #expect(walker.look(up: last + 0x1000) == nil) }
    }
  }

  @Test("registers are device memory")
  func device() throws {
    try withTables(8) { space, walker in
      try space.map(0x900_0000..<0x900_1000, as: .device)
      #expect(walker.look(up: 0x900_0018)?.attributes == 0x0060_0000_0000_0400)
    }
  }

  @Test("mapping again in the same way changes nothing, in another way is refused")
  func conflict() throws {
    try withTables(8) { space, walker in
      try space.map(0x4000_0000..<0x4040_0000, as: .memory)
      try space.map(0x4010_0000..<0x4060_0000, as: .memory)
      #expect(walker.look(up: 0x405f_ffff)?.output == 0x405f_ffff)
      #expect(throws: AddressSpace.MappingError.conflict(address: 0x4020_0000)) {
        try space.map(0x4020_0000..<0x4020_1000, as: .device)
      }
    }
  }

  @Test("what does not fit in 40 bits, or in the tables there are, is refused")
  func limits() {
    withTables(2) { space, _ in
      #expect(throws: AddressSpace.MappingError.outOfRange) {
        try space.map(0xff_ffff_f000..<0x100_0000_1000, as: .device)
      }
      #expect(throws: AddressSpace.MappingError.noTables) {
        try space.map(0x1000..<0x2000, as: .device)
      }
    }
  }

  @Test("ticks become nanoseconds exactly, without overflow")
  func time() {
    #expect(Counter.nanoseconds(ticks: 62_500_000, frequency: 62_500_000) == 1_000_000_000)
    #expect(Counter.nanoseconds(ticks: 1, frequency: 62_500_000) == 16)
    #expect(Counter.nanoseconds(ticks: 3, frequency: 1_000_000_000) == 3)
    // A century at the fastest architected rate.
    let ticks: UInt64 = 1_000_000_000 * 3_155_760_000
    #expect(Counter.nanoseconds(ticks: ticks + 7, frequency: 1_000_000_000) == ticks + 7)
    #expect(Counter.nanoseconds(ticks: 5, frequency: 0) != 0)
  }
}
