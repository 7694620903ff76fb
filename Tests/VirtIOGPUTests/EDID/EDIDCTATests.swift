import Testing

@testable import VirtIOGPU

/// The modes of an extension of CTA-861.
@Suite struct EDIDCTATests {
  private static let timing = EDIDBytes.detailed(640, blank: 160, 480, blank: 45, clock: 2518)
  private static let found = DisplayMode(640, 480, 59_952, 25_180)

  private func modes(_ block: [UInt8]) -> [DisplayMode] {
    EDIDBytes.modes(EDIDBytes.base(with: [block]))
  }

  @Test("short video descriptors name a format; bit 7 of those up to 64 says that it is native")
  func formats() {
    let found = modes(EDIDBytes.cta(dataBlocks: [0x46, 16, 0x90, 5, 97, 219, 193]))
    let full = DisplayMode(1920, 1080, 60_000, 148_500)
    #expect(
      found == [
        full, full, DisplayMode(1920, 1080, 60_000, 74_250, interlaced: true),
        DisplayMode(3840, 2160, 60_000, 594_000), DisplayMode(4096, 2160, 120_000, 1_188_000),
        DisplayMode(5120, 2160, 120_000, 1_485_000),
      ])
    #expect(
      modes(EDIDBytes.cta(dataBlocks: [0x41, 0xc0]))
        == modes(EDIDBytes.cta(dataBlocks: [0x41, 64])))
  }

  @Test("a code that no format has is left out")
  func noFormat() {
    for code: UInt8 in [0, 128, 220, 253, 254, 255] {
      #expect(modes(EDIDBytes.cta(dataBlocks: [0x42, code, 1])).count == 1)
    }
  }

  @Test("the list of formats has a sensible one for each code from 1 to 127 and 193 to 219")
  func table() throws {
    for code in -1...1000 {
      guard 1...127 ~= code || 193...219 ~= code else {
        #expect(DisplayMode(vic: code) == nil)
        continue
      }
      let mode = try #require(DisplayMode(vic: code))
      let clock = try #require(mode.pixelClock)
      #expect(640...10240 ~= mode.width && 240...4320 ~= mode.height)
      // Between 1.02 and 4 times as many pixels pass by as are shown.
      let shown = UInt64(mode.width) * UInt64(mode.height) * UInt64(mode.refreshRate)
      let passing = UInt64(clock) * 1_000_000 * (mode.isInterlaced ? 2 : 1)
      #expect(passing * 50 > shown * 51 && passing < shown * 4, "VIC \(code)")
    }
  }

  @Test("VESA's list has a sensible timing for each id from 1 to 88")
  func vesa() throws {
    for id in -1...1000 {
      guard 1...88 ~= id else {
        #expect(DisplayMode(dmt: id) == nil)
        continue
      }
      let mode = try #require(DisplayMode(dmt: id))
      let clock = try #require(mode.pixelClock)
      let shown = UInt64(mode.width) * UInt64(mode.height) * UInt64(mode.refreshRate)
      let passing = UInt64(clock) * 1_000_000 * (mode.isInterlaced ? 2 : 1)
      #expect(passing * 50 > shown * 51 && passing < shown * 2, "DMT \(id)")
    }
  }

  @Test("detailed timings come before the formats, and none of them is preferred")
  func detailed() {
    let block = EDIDBytes.cta(
      dataBlocks: [0x41, 4],
      descriptors: [Self.timing, EDIDBytes.descriptor(0xfc, []), Self.timing])
    #expect(
      modes(block) == [Self.found, Self.found, DisplayMode(1280, 720, 60_000, 74_250)])
  }

  @Test("data blocks of another kind are stepped over")
  func otherBlocks() {
    let found = modes(
      EDIDBytes.cta(dataBlocks: [0x23, 9, 7, 7, 0x65, 3, 0x0c, 0, 0x10, 0, 0xe2, 0, 0x0f, 0x41, 4]))
    #expect(found == [DisplayMode(1280, 720, 60_000, 74_250)])
  }

  @Test("before revision 3 there were no data blocks")
  func revisions() {
    for revision: UInt8 in 0...4 {
      let found = modes(
        EDIDBytes.cta(revision: revision, dataBlocks: [0x41, 4], descriptors: [Self.timing]))
      #expect(found.count == (revision >= 3 ? 2 : 1))
    }
  }

  @Test(
    "G27: descriptors that would begin before 4 or after 127 are none, nor are data blocks then")
  func offsets() {
    for offset: UInt8 in 0...255 {
      let block = EDIDBytes.cta(
        dataBlocks: [0x41, 4], descriptors: [Self.timing, Self.timing, Self.timing, Self.timing],
        descriptorsAt: offset)
      let found = modes(block)
      guard 4...127 ~= offset else {
        #expect(found.isEmpty, "offset \(offset)")
        continue
      }
      // At 4 there is no room for the data block, at 5 only for half of it.
      let formats = found.filter { $0.width == 1280 && $0.refreshRate == 60_000 }
      #expect((formats.count == 1) == (offset >= 6), "offset \(offset)")
      if offset == 6 { #expect(found.count == 5) }
      if offset > 109 { #expect(found.allSatisfy { $0.pixelClock == 74_250 }) }
    }
  }

  @Test("G27: the last descriptor ends before the checksum")
  func lastDescriptor() {
    let fitting = EDIDBytes.cta(
      dataBlocks: [UInt8](repeating: 0, count: 15),
      descriptors: [[UInt8]](repeating: Self.timing, count: 6))
    #expect(modes(fitting) == [DisplayMode](repeating: Self.found, count: 6))
    let late = EDIDBytes.cta(
      dataBlocks: [UInt8](repeating: 0, count: 16),
      descriptors: [[UInt8]](repeating: Self.timing, count: 6))
    #expect(modes(late).count == 5)
  }

  @Test("G27: a data block that goes beyond the data blocks ends the walk")
  func lengths() {
    #expect(modes(EDIDBytes.cta(dataBlocks: [0x41, 4, 0x43, 16, 16])).count == 1)
    #expect(modes(EDIDBytes.cta(dataBlocks: [0x41, 4, 0x5f])).count == 1)
    #expect(modes(EDIDBytes.cta(dataBlocks: [0x41, 4, 0x42, 16, 16])).count == 3)
    // Blocks without content: 123 of them, and the walk ends.
    #expect(modes(EDIDBytes.cta(dataBlocks: [UInt8](repeating: 0x40, count: 123))).isEmpty)
    // Every length, in every place.
    for first in 0..<32 {
      for second in 0..<32 {
        let content = [UInt8](repeating: 4, count: 60)
        var blocks = [0x40 | UInt8(first)] + content
        if first < 60 { blocks[first + 1] = 0x40 | UInt8(second) }
        let found = modes(EDIDBytes.cta(dataBlocks: blocks))
        #expect(found.count == (first + second < 60 ? first + second : first))
      }
    }
  }

  @Test("DisplayID's timings in extended data blocks")
  func extended() {
    let long: [UInt8] = [
      0xcf, 0x87, 0x11, 0x04, 0xff, 0x1d, 0x4f, 0x00, 0x07, 0x80, 0x1f, 0, 0x37, 0x04, 0x77, 0x00,
      2,
      0, 4, 0,
    ]
    let found = modes(EDIDBytes.cta(dataBlocks: [0xf6, 0x22, 0x02] + long))
    #expect(
      found
        == EDIDBytes.modes(
          EDIDBytes.base(with: [EDIDBytes.displayID(EDIDBytes.block(0x22, revision: 2, long))])))
    #expect(found.count == 1 && found[0].width == 7680 && found[0].height == 1080)
    #expect(
      modes(EDIDBytes.cta(dataBlocks: [0xe4, 0x23, 0x00, 4, 9]))
        == [DisplayMode(640, 480, 59_940, 25_175), DisplayMode(800, 600, 60_317, 40_000)])
    #expect(
      modes(EDIDBytes.cta(dataBlocks: [0xe8, 0x2a, 0x00, 0, 0x1f, 3, 0x57, 2, 59]))
        == [DisplayMode(800, 600, 60_000, nil)])
    // No room for a revision, and no timing.
    #expect(modes(EDIDBytes.cta(dataBlocks: [0xe1, 0x23, 0xe2, 0x23, 0, 0xe0])).isEmpty)
  }
}
