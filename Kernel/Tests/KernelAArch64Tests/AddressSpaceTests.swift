import Testing

@testable import KernelAArch64

@Suite("Address space")
struct AddressSpaceTests {
  static let image: Range<UInt64> = 0x4020_0000..<0x402a_0000

  /// Tables of our own, thrown away at the end.
  static func withTables(
    _ count: Int, _ body: (inout AddressSpace, TableWalker) throws -> Void
  ) rethrows {
    let root = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 4096)
    let spare = UnsafeMutableRawPointer.allocate(byteCount: 4096 * max(count, 1), alignment: 4096)
    defer {
      unsafe root.deallocate()
      unsafe spare.deallocate()
    }
    let rootTable = unsafe root.initializeMemory(as: UInt64.self, repeating: 0, count: 512)
    let spareTables = unsafe spare.initializeMemory(
      as: UInt64.self, repeating: 0, count: 512 * max(count, 1))
    var space = unsafe AddressSpace(
      root: rootTable, spare: spareTables, spareCount: count, image: image)
    try body(&space, unsafe TableWalker(root: rootTable))
  }

  static let ranges: [Range<UInt64>] = [
    0x900_0000..<0x900_1000, 0x4040_0000..<0x8000_0000, 0x402a_3000..<0x4080_1000,
    0x40_1000_0000..<0x40_2000_0000, 0x80_0000_0000..<0x100_0000_0000,
    0x3fff_f000..<0x4000_1000, 0x7fff_ffff..<0x8000_0001, 0x1_0000..<0x1_0001,
  ]

  @Test("every page of a range leads to itself, and its neighbours nowhere", arguments: ranges)
  func identity(range: Range<UInt64>) throws {
    try Self.withTables(8) { space, walker in
      try space.map(range, as: .memory)
      let first = range.lowerBound & ~0xfff
      let last = (range.upperBound - 1) & ~0xfff
      for address in [first, first + 0xabc, (first + last) / 2, last, last + 0xfff] {
        var found = try #require(walker.look(up: address))
        found.shift = 12
        #expect(
          found
            == .init(
              output: address, memory: .writeBackInnerShareable, isWritable: true,
              isExecutable: false))
      }
      #expect(walker.look(up: first - 1) == nil)
      if last + 0x1000 < 1 << 40 { #expect(walker.look(up: last + 0x1000) == nil) }
    }
  }

  @Test("registers are device memory that is never executed")
  func device() throws {
    try Self.withTables(8) { space, walker in
      try space.map(0x900_0000..<0x900_1000, as: .device)
      #expect(
        walker.look(up: 0x900_0018)
          == .init(output: 0x900_0018, memory: .deviceNGnRnE, isWritable: true, shift: 12))
    }
  }

  @Test("the largest entries that fit")
  func sizes() throws {
    try Self.withTables(8) { space, walker in
      try space.map(0x8000_0000 - 0x20_1000..<0xc020_1000, as: .memory)
      let places: [UInt64: UInt64] = [
        0x8000_0000 - 0x20_1000: 12, 0x8000_0000 - 0x20_0000: 21, 0x8000_0000: 30,
        0xc000_0000: 21, 0xc020_0000: 12,
      ]
      for (address, shift) in places { #expect(walker.look(up: address)?.shift == shift) }
    }
  }

  @Test(
    "F28, SMP18: mapping again in the same way changes nothing, in another way is refused as a whole"
  )
  func conflict() throws {
    try Self.withTables(8) { space, walker in
      try space.map(0x4400_0000..<0x4440_0000, as: .memory)
      try space.map(0x4410_0000..<0x4460_0000, as: .memory)
      #expect(walker.look(up: 0x445f_ffff)?.output == 0x445f_ffff)
      #expect(throws: AddressSpace.MappingError.conflict(address: 0x4400_0000)) {
        try space.map(0x43ff_0000..<0x4400_1000, as: .device)
      }
      #expect(walker.look(up: 0x43ff_0000) == nil)
      try space.map(0x900_0000..<0x920_0000, as: .device)
      #expect(throws: AddressSpace.MappingError.conflict(address: 0x900_1000)) {
        try space.map(0x900_1000..<0x900_2000, as: .memory)
      }
      #expect(walker.look(up: 0x900_1000)?.memory == .deviceNGnRnE)
    }
  }

  @Test("the image, its guards included, is left to the boot code")
  func image() {
    Self.withTables(8) { space, walker in
      let image = Self.image
      for range in [
        image, 0x4000_0000..<0x8000_0000, image.lowerBound - 1..<image.lowerBound + 1,
        image.upperBound - 1..<image.upperBound, 0x4025_0000..<0x4025_1000,
      ] {
        for kind in [AddressSpace.Kind.device, .memory] {
          let error = AddressSpace.MappingError.conflict(
            address: max(range.lowerBound & ~0xfff, image.lowerBound))
          #expect(throws: error) { try space.map(range, as: kind) }
          #expect(throws: error) { try space.unmap(range, as: kind) }
        }
      }
      #expect(walker.look(up: 0x4025_0000) == nil)
    }
  }

  @Test("what does not fit in 40 bits, or in the tables there are, or is at 0, is refused")
  func limits() {
    Self.withTables(2) { space, walker in
      let ranges: [Range<UInt64>] = [
        0xff_ffff_f000..<0x100_0000_1000, 0..<0x1000, 0xffff..<0x1_0001, 0..<0x4000_0000,
        UInt64.max - 1..<UInt64.max, 0..<UInt64.max,
      ]
      for range in ranges {
        #expect(throws: AddressSpace.MappingError.outOfRange) { try space.map(range, as: .device) }
        #expect(throws: AddressSpace.MappingError.outOfRange) {
          try space.unmap(range, as: .device)
        }
      }
      #expect(throws: AddressSpace.MappingError.noTables) {
        try space.map(0x1_1000..<0x1_2000, as: .device)
      }
      #expect(walker.look(up: 0) == nil)
    }
  }

  @Test("M07: with too few tables nothing is mapped and none is used up", arguments: ranges)
  func noTables(range: Range<UInt64>) throws {
    let first = range.lowerBound & ~0xfff
    let last = (range.upperBound - 1) & ~0xfff
    // The fewest that do, and with one less there is not one page of it, but what there was before.
    var needed = 0
    var isEnough = false
    while !isEnough, needed < 8 {
      needed += 1
      Self.withTables(needed) { space, _ in isEnough = (try? space.map(range, as: .device)) != nil }
    }
    try #require(isEnough)
    for count in 0..<needed {
      try Self.withTables(count) { space, walker in
        for _ in 0..<2 {
          #expect(throws: AddressSpace.MappingError.noTables) {
            try space.map(range, as: .device)
          }
        }
        for address in [first, (first + last) / 2, last] {
          #expect(walker.look(up: address) == nil)
        }
        // Each of the tables is there still.
        let pages = UnsafeMutableRawPointer.allocate(
          byteCount: (needed - count) * 4096, alignment: 4096)
        defer { unsafe pages.deallocate() }
        let start = UInt64(UInt(bitPattern: pages))
        unsafe space.supply(start..<start + UInt64(needed - count) * 4096)
        try space.map(range, as: .device)
        for address in [first, (first + last) / 2, last] {
          #expect(walker.look(up: address)?.output == address)
        }
      }
    }
  }

  @Test("M07: what was mapped before stays when there are too few tables for more")
  func neighbours() throws {
    try Self.withTables(3) { space, walker in
      try space.map(0x900_0000..<0x900_1000, as: .device)
      #expect(throws: AddressSpace.MappingError.noTables) {
        try space.map(0x8ff_f000..<0x900_2000, as: .device)
      }
      #expect(walker.look(up: 0x8ff_f000) == nil && walker.look(up: 0x900_1000) == nil)
      #expect(walker.look(up: 0x900_0000)?.output == 0x900_0000)
      // What needs none is mapped.
      try space.map(0x900_0000..<0x920_0000, as: .device)
      #expect(walker.look(up: 0x91f_ffff)?.output == 0x91f_ffff)
    }
  }

  @Test("an empty range is nothing to do, wherever it is")
  func empty() throws {
    try Self.withTables(0) { space, _ in
      for address: UInt64 in [0, 0x4020_0000, 1 << 40, .max] {
        try space.map(address..<address, as: .device)
        try space.unmap(address..<address, as: .memory)
      }
    }
  }

  @Test("more tables come from pages that the caller supplies, whole ones only")
  func supply() throws {
    let pages = UnsafeMutableRawPointer.allocate(byteCount: 4 * 4096, alignment: 4096)
    defer { unsafe pages.deallocate() }
    unsafe pages.initializeMemory(as: UInt8.self, repeating: 0xff, count: 4 * 4096)
    try Self.withTables(1) { space, walker in
      let range: Range<UInt64> = 0x900_0000..<0x900_1000
      #expect(throws: AddressSpace.MappingError.noTables) { try space.map(range, as: .device) }
      let start = UInt64(UInt(bitPattern: pages))
      unsafe space.supply(start + 1..<start + 8191)
      #expect(throws: AddressSpace.MappingError.noTables) { try space.map(range, as: .device) }
      unsafe space.supply(start + 1..<start + 3 * 4096)
      try space.map(range, as: .device)
      #expect(walker.look(up: 0x900_0000)?.output == 0x900_0000)
      #expect(walker.look(up: 0x900_1000) == nil)
    }
  }

  @Test("holes of a range are left out, however they lie")
  func holes() throws {
    try Self.withTables(16) { space, walker in
      let holes: [Range<UInt64>] = [
        0..<0x1_0000, Self.image, 0x4800_0000..<0x4820_0000, 0x4810_0000..<0x4830_0000,
        0x4830_0000..<0x4830_1000, 0x4fff_f000..<0x6000_0000, 0x4900_0000..<0x4900_0000,
        0x4a00_0000..<0x4a00_1000,
      ]
      try space.map(0..<0x5000_0000, except: holes.span, as: .memory)
      let addresses: [UInt64] = [
        0, 0xffff, 0x1_0000, 0x4000_0000, 0x401f_ffff, 0x4020_0000, 0x4029_ffff, 0x402a_0000,
        0x47ff_ffff, 0x4800_0000, 0x4815_0000, 0x482f_ffff, 0x4830_0fff, 0x4830_1000, 0x4900_0000,
        0x49ff_ffff, 0x4a00_0000, 0x4a00_1000, 0x4fff_efff, 0x4fff_f000, 0x5000_0000,
      ]
      for address in addresses {
        let isMapped = address < 0x5000_0000 && !holes.contains { $0.contains(address) }
        #expect((walker.look(up: address) != nil) == isMapped, "\(String(address, radix: 16))")
      }
    }
  }
}
