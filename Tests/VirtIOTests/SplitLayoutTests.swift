import Testing
import VirtIO

@testable import struct VirtIO.QueuePlan
@testable import struct VirtIO.SplitLayout

@Suite("SplitLayout")
struct SplitLayoutTests {
  static let sizes = (0...15).map { 1 << $0 }

  private static func plan(_ capacity: Int, _ lineByteCount: Int = 1) -> QueuePlan {
    QueuePlan(
      capacity: capacity, maximumSize: 32768, lineByteCount: lineByteCount, .version1)
  }

  @Test(
    "H18, H19, SPLIT-D-1: the size is the largest power of two that both sides can have, at most 32768"
  )
  func powersOfTwo() {
    for limit in 1...70_000 {
      let size = SplitLayout(capacity: .max, lineByteCount: 1).size(atMost: limit)
      guard size <= limit, size * 2 > min(limit, 32768), size & (size - 1) == 0, size <= 32768,
        SplitLayout(capacity: limit, lineByteCount: 1).size(atMost: .max) == size
      else {
        Issue.record("size \(size) for a limit of \(limit)")
        return
      }
    }
    #expect(SplitLayout(capacity: 0, lineByteCount: 1).size(atMost: 8) == 1)
    #expect(SplitLayout(capacity: 8, lineByteCount: 1).size(atMost: 0) == 1)
  }

  @Test(
    "SPLIT-ALIGN-1, SPLIT-ALIGN-2, SPLIT-ALIGN-3: each part is aligned as its kind wants",
    arguments: sizes)
  func alignment(_ size: Int) {
    let layout = SplitLayout(capacity: size, lineByteCount: 1)
    // The block itself is aligned to a page.
    let placement = Self.plan(size).placement(
      of: 3, at: DeviceAddress(rawValue: 0x8000_1000), .version1, interrupts: false)
    #expect(placement.descriptorArea.rawValue % 16 == 0)
    #expect(placement.driverArea.rawValue % 2 == 0)
    #expect(placement.deviceArea.rawValue % 4 == 0)
    #expect(placement.descriptorArea.rawValue == 0x8000_1000 + UInt64(layout.descriptorOffset))
    #expect(placement.driverArea.rawValue == 0x8000_1000 + UInt64(layout.availableOffset))
    #expect(placement.deviceArea.rawValue == 0x8000_1000 + UInt64(layout.usedOffset))
    #expect(placement.index == 3 && placement.size == size && placement.maximumSize == 32768)
    #expect(layout.tableOffset % 16 == 0)
  }

  @Test("SPLIT-D-2: no part overlaps another, and the block holds all of them", arguments: sizes)
  func areas(_ size: Int) {
    let layout = SplitLayout(capacity: size, lineByteCount: 1)
    #expect(layout.descriptorOffset >= layout.availableOffset + 6 + 2 * size)
    #expect(layout.usedOffset >= layout.descriptorOffset + 16 * size)
    let plain = layout.byteCount(withTables: false)
    #expect(plain >= layout.usedOffset + 6 + 8 * size)
    #expect(plain <= 26 * size + 12 + 64 + 16, "no more than the parts and the gaps")
    #expect(layout.tableOffset >= plain)
    #expect(layout.byteCount(withTables: true) == layout.tableOffset + 32 * size)
  }

  @Test(
    "S9: the used ring shares no cache line with what the driver writes",
    arguments: sizes, [1, 16, 64, 128, 256, 2048])
  func cacheLines(_ size: Int, _ lineByteCount: Int) {
    let layout = SplitLayout(capacity: size, lineByteCount: lineByteCount)
    let line = max(64, lineByteCount)
    #expect((layout.descriptorOffset + 16 * size - 1) / line < layout.usedOffset / line)
    // The block itself is aligned to a page.
    #expect(layout.usedOffset % line == 4 && layout.usedRingOffset % 8 == 0)
    #expect((layout.usedOffset + 6 + 8 * size - 1) / line < layout.tableOffset / line)
  }

  @Test("SPLIT-D-6, SPLIT-D-8: fields lie where the specification draws them", arguments: sizes)
  func fields(_ size: Int) {
    let layout = SplitLayout(capacity: size, lineByteCount: 1)
    #expect(layout.availableFlagsOffset == layout.availableOffset)
    #expect(layout.availableIndexOffset == layout.availableOffset + 2)
    #expect(layout.availableRingOffset == layout.availableOffset + 4)
    #expect(layout.usedEventOffset(size: size) == layout.availableOffset + 4 + 2 * size)
    #expect(layout.usedFlagsOffset == layout.usedOffset)
    #expect(layout.usedIndexOffset == layout.usedOffset + 2)
    #expect(layout.usedRingOffset == layout.usedOffset + 4)
    #expect(layout.availableEventOffset(size: size) == layout.usedOffset + 4 + 8 * size)
  }
}
