import Testing
import VirtIO

@testable import struct VirtIO.SplitLayout

@Suite("SplitLayout")
struct SplitLayoutTests {
  static let sizes = (0...15).map { 1 << $0 }

  @Test("SPLIT-D-1: the size is the largest power of two up to the limit, at most 32768")
  func powersOfTwo() {
    for limit in 1...70_000 {
      let size = SplitLayout(atMost: limit, lineByteCount: 1).size
      guard size <= limit, size * 2 > min(limit, 32768), size & (size - 1) == 0, size <= 32768
      else {
        Issue.record("size \(size) for a limit of \(limit)")
        return
      }
    }
    #expect(SplitLayout(atMost: 0, lineByteCount: 1).size == 1)
    #expect(SplitLayout(atMost: .max, lineByteCount: 1).size == 32768)
    #expect(SplitLayout(atMost: 32768, lineByteCount: 1).size == 32768)
  }

  @Test(
    "SPLIT-ALIGN-1, SPLIT-ALIGN-2, SPLIT-ALIGN-3: each part is aligned as its kind wants",
    arguments: sizes)
  func alignment(_ size: Int) {
    let layout = SplitLayout(atMost: size, lineByteCount: 1)
    // The block itself is aligned to a page.
    let placement = layout.placement(
      of: 3, maximumSize: 32768, at: DeviceAddress(rawValue: 0x8000_1000))
    #expect(placement.descriptorArea.rawValue % 16 == 0)
    #expect(placement.driverArea.rawValue % 2 == 0)
    #expect(placement.deviceArea.rawValue % 4 == 0)
    #expect(placement.descriptorArea.rawValue == 0x8000_1000)
    #expect(placement.driverArea.rawValue == 0x8000_1000 + UInt64(layout.availableOffset))
    #expect(placement.deviceArea.rawValue == 0x8000_1000 + UInt64(layout.usedOffset))
    #expect(placement.index == 3 && placement.size == size && placement.maximumSize == 32768)
  }

  @Test("SPLIT-D-2: no part overlaps another, and the block holds all of them", arguments: sizes)
  func areas(_ size: Int) {
    let layout = SplitLayout(atMost: size, lineByteCount: 1)
    #expect(layout.availableOffset >= 16 * size)
    #expect(layout.usedOffset >= layout.availableOffset + 6 + 2 * size)
    #expect(layout.byteCount >= layout.usedOffset + 6 + 8 * size)
    #expect(layout.byteCount <= 26 * size + 12 + 64, "no more than the parts and one cache line")
  }

  @Test(
    "S9: the used ring shares no cache line with what the driver writes",
    arguments: sizes, [1, 16, 64, 128, 256, 2048])
  func cacheLines(_ size: Int, _ lineByteCount: Int) {
    let layout = SplitLayout(atMost: size, lineByteCount: lineByteCount)
    let line = max(64, lineByteCount)
    #expect((layout.availableOffset + 6 + 2 * size - 1) / line < layout.usedOffset / line)
    #expect(layout.usedOffset % line == 0, "the block itself is aligned to a page")
  }

  @Test("fields lie where the specification draws them", arguments: sizes)
  func fields(_ size: Int) {
    let layout = SplitLayout(atMost: size, lineByteCount: 1)
    #expect(layout.availableFlagsOffset == layout.availableOffset)
    #expect(layout.availableIndexOffset == layout.availableOffset + 2)
    #expect(layout.availableRingOffset == layout.availableOffset + 4)
    #expect(layout.usedFlagsOffset == layout.usedOffset)
    #expect(layout.usedIndexOffset == layout.usedOffset + 2)
    #expect(layout.usedRingOffset == layout.usedOffset + 4)
    #expect(Int(layout.mask) == size - 1)
  }
}
