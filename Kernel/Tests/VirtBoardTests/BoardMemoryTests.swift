import KernelMemory
import Testing
import VirtIO

@testable import KernelDeviceTree
@testable import VirtBoard

/// What the board hands out to drivers, by the ids of the catalogue of hostile devices.
@Suite("Memory of the board", .serialized)
struct BoardMemoryTests {
  private static let pageCount = 64

  /// Memory that stands for RAM, and holds what nobody should see.
  @safe private final class RAM {
    private let bytes: UnsafeMutableRawBufferPointer
    let start: UInt64

    init() {
      unsafe bytes = .allocate(byteCount: BoardMemoryTests.pageCount * 4096, alignment: 4096)
      unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0xA5)
      start = unsafe UInt64(UInt(bitPattern: bytes.baseAddress))
    }

    deinit { unsafe bytes.deallocate() }

    subscript(offset: Int) -> UInt8 {
      get { unsafe bytes[offset] }
      set { unsafe bytes[offset] = newValue }
    }

    /// Where a region begins.
    func offset(of region: CoherentRegion) -> Int { Int(region.deviceAddress.rawValue - start) }
  }

  /// Sets RAM aside, with a device tree in it.
  private func withRAM(tree: Range<Int>, _ body: (RAM) -> Void) {
    let ram = RAM()
    var machine = MachineDescription()
    machine.memory.append(
      AddressRange(base: ram.start, byteCount: UInt64(Self.pageCount * 4096)))
    Board.setAside(
      machine, image: 0..<0,
      tree: ram.start + UInt64(tree.lowerBound)..<ram.start + UInt64(tree.upperBound))
    defer { unsafe Pages.allocator = nil }
    body(ram)
  }

  /// Takes pages until there are none.
  private func takeAll() -> [CoherentRegion] {
    var regions: [CoherentRegion] = []
    while let region = BoardPlatform.allocate(byteCount: 100, alignment: 64) {
      regions.append(region)
    }
    return regions
  }

  @Test(
    "F29: where the device tree lies nothing is handed out, not even the rest of its pages",
    arguments: [100..<101, 4096 * 10 + 100..<4096 * 12 + 8, 4096 * 60..<4096 * 64, 4095..<4097])
  func tree(_ tree: Range<Int>) {
    withRAM(tree: tree) { ram in
      let pages = tree.lowerBound / 4096..<(tree.upperBound + 4095) / 4096
      let regions = takeAll()
      let taken = Set(regions.map { ram.offset(of: $0) / 4096 })
      // All but the tree and the page of the records.
      #expect(taken.count == regions.count && taken.count == Self.pageCount - pages.count - 1)
      #expect(taken.isDisjoint(with: pages))
      #expect(tree.allSatisfy { ram[$0] == 0xA5 })
    }
  }

  @Test("M13: of what lay in memory before, a device sees nothing: pages are zeroed as a whole")
  func stale() {
    withRAM(tree: 0..<1) { ram in
      // Fresh from what was there, and again from what a driver left.
      for _ in 0..<3 {
        let regions = takeAll()
        #expect(regions.count == Self.pageCount - 2)
        for region in regions {
          let first = ram.offset(of: region)
          #expect((first..<first + 4096).allSatisfy { ram[$0] == 0 })
          for index in first..<first + 4096 { ram[index] = 0x5A }
        }
        for region in regions { BoardPlatform.free(region) }
      }
    }
  }
}
