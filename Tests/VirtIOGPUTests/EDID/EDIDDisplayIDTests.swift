import Testing
import VirtIOGPU

/// The modes of a section of DisplayID.
@Suite struct EDIDDisplayIDTests {
  private func modes(version: UInt8 = 0x13, _ dataBlocks: [UInt8]) -> [DisplayMode] {
    EDIDBytes.modes(EDIDBytes.base(with: [EDIDBytes.displayID(version: version, dataBlocks)]))
  }

  /// Type I and VII: width 2560 with 160 blank, 1440 lines with 41 blank.
  private static func long(_ clock: Int, flags: UInt8) -> [UInt8] {
    let less = clock - 1
    return [UInt8(less & 0xff), UInt8(less >> 8 & 0xff), UInt8(less >> 16), flags]
      + [0xff, 0x09, 0x9f, 0x00, 0x2f, 0x00, 0x1f, 0x00, 0x9f, 0x05, 0x28, 0x00, 2, 0, 4, 0]
  }

  @Test("type I: all numbers, the clock in units of 10 kHz")
  func typeI() {
    var first = DisplayMode(2560, 1440, 59_951, 241_500)
    #expect(modes(EDIDBytes.block(0x03, Self.long(24150, flags: 0x04))) == [first])
    let preferred = EDIDBytes.block(0x03, Self.long(24150, flags: 0x84))
    first.isPreferred = true
    #expect(modes(preferred) == [first])
    let bytes = EDIDBytes.base(with: [EDIDBytes.displayID(preferred)])
    #expect(EDID(bytes.span).preferredMode == first)
    let two = Self.long(24150, flags: 0) + Self.long(1 << 24, flags: 0)
    #expect(
      modes(EDIDBytes.block(0x03, two)).last
        == DisplayMode(2560, 1440, 41_648_171, 167_772_160))
  }

  @Test("type I, interlaced: the lines are those of a picture")
  func interlaced() {
    #expect(
      modes(EDIDBytes.block(0x03, Self.long(24150, flags: 0x10)))
        == [DisplayMode(2560, 1440, 119_901, 241_500, interlaced: true)])
  }

  @Test("type II: fewer bits, the width in units of 8")
  func typeII() {
    // 1920 with 280 blank, 1080 with 45 blank.
    let timing: [UInt8] = [0x01, 0x3a, 0, 0x80, 0xef, 34 << 1, 0x34, 0x37, 0x04, 44, 0x34]
    var expected = DisplayMode(1920, 1080, 60_000, 148_500)
    expected.isPreferred = true
    #expect(modes(EDIDBytes.block(0x04, timing)) == [expected])
    // The ninth bit of the width.
    var wide = timing
    wide[3] = 0
    wide[5] |= 1
    #expect(modes(EDIDBytes.block(0x04, wide)).map(\.width) == [3968])
  }

  @Test("type III: width, shape and rate")
  func typeIII() {
    let heights: [UInt32?] = [1280, 1024, 960, 768, 720, 800, 540, 675, nil, nil]
    for (shape, height) in heights.enumerated() {
      let found = modes(EDIDBytes.block(0x05, [UInt8(shape), 159, 59]))
      #expect(found.map(\.height) == (height.map { [$0] } ?? []))
      #expect(found.allSatisfy { $0.width == 1280 && $0.refreshRate == 60_000 })
    }
    let other = modes(EDIDBytes.block(0x05, [0x84, 159, 0x80 | 49]))
    #expect(other.map(\.isPreferred) == [true] && other.map(\.isInterlaced) == [true])
    #expect(other.map(\.refreshRate) == [50_000])
  }

  @Test("types IV and VIII name timings of VESA, CTA-861 and HDMI")
  func codes() {
    let vga = DisplayMode(640, 480, 59_940, 25_175)
    let full = DisplayMode(1920, 1080, 60_000, 148_500)
    #expect(modes(EDIDBytes.block(0x06, [4, 0, 89, 0x52])) == [vga, full])
    #expect(modes(EDIDBytes.block(0x06, revision: 0x40, [1, 16])) == [vga, full])
    #expect(modes(EDIDBytes.block(0x23, [4, 0x52])) == [vga, full])
    #expect(modes(EDIDBytes.block(0x23, revision: 0x48, [1, 0, 16, 0, 1, 1, 9])) == [vga, full])
    #expect(
      modes(EDIDBytes.block(0x23, revision: 0x80, [0, 1, 2, 3, 4, 5]))
        == [
          DisplayMode(3840, 2160, 30_000, 297_000), DisplayMode(3840, 2160, 25_000, 297_000),
          DisplayMode(3840, 2160, 24_000, 297_000), DisplayMode(4096, 2160, 24_000, 297_000),
        ])
    #expect(modes(EDIDBytes.block(0x23, revision: 0xc0, [1, 4, 16])).isEmpty)
  }

  @Test("a bit for each timing of VESA or of CTA-861")
  func bits() {
    let all = [UInt8](repeating: 0xff, count: 11)
    #expect(modes(EDIDBytes.block(0x07, all)).count == 88)
    #expect(modes(EDIDBytes.block(0x07, [0x08])) == [DisplayMode(640, 480, 59_940, 25_175)])
    #expect(modes(EDIDBytes.block(0x08, [0, 0x80])) == [DisplayMode(1920, 1080, 60_000, 148_500)])
  }

  @Test("type V: width, height and rate")
  func typeV() {
    var expected = DisplayMode(1366, 768, 75_000, nil)
    expected.isPreferred = true
    #expect(modes(EDIDBytes.block(0x11, [0x80, 0, 0x55, 0x05, 0xff, 0x02, 74])) == [expected])
  }

  @Test("type VII: all numbers, the clock in kilohertz; its revision 2 has no bit for preference")
  func typeVII() {
    var expected = DisplayMode(2560, 1440, 59_951, 241_500)
    let timing = Self.long(241_500, flags: 0x84)
    #expect(modes(version: 0x20, EDIDBytes.block(0x22, revision: 2, timing)) == [expected])
    // Timings with more bytes each.
    let longer = timing + [9, 9] + timing + [9, 9]
    #expect(
      modes(version: 0x20, EDIDBytes.block(0x22, revision: 0x22, longer)) == [expected, expected])
    expected.isPreferred = true
    #expect(modes(version: 0x20, EDIDBytes.block(0x22, timing)) == [expected])
    #expect(modes(version: 0x20, EDIDBytes.block(0x22, revision: 1, timing)) == [expected])
  }

  @Test("types IX and X: width, height and rate")
  func formulas() {
    let timing: [UInt8] = [0, 0x55, 0x05, 0xff, 0x02, 59]
    let expected = DisplayMode(1366, 768, 60_000, nil)
    #expect(modes(version: 0x20, EDIDBytes.block(0x24, timing + timing)) == [expected, expected])
    #expect(modes(version: 0x21, EDIDBytes.block(0x2a, timing)) == [expected])
    #expect(
      modes(version: 0x21, EDIDBytes.block(0x2a, revision: 0x10, timing + [0xfd]))
        == [DisplayMode(1366, 768, 316_000, nil)])
  }

  @Test("data blocks of CTA-861")
  func embedded() {
    #expect(
      modes(version: 0x20, EDIDBytes.block(0x81, [0x23, 1, 2, 3, 0x41, 16]))
        == [DisplayMode(1920, 1080, 60_000, 148_500)])
    // They end with the data block that holds them, whatever they say.
    #expect(
      modes(version: 0x20, EDIDBytes.block(0x81, [0x42, 16]) + EDIDBytes.block(0x06, [4])).count
        == 1)
  }

  @Test("data blocks of another kind are stepped over")
  func others() {
    #expect(
      modes(EDIDBytes.block(0x01, [1, 2, 3]) + [0, 0, 0] + EDIDBytes.block(0x06, [4])).count == 1)
  }

  @Test("G27: a data block that goes beyond its section ends the walk; a timing is never cut short")
  func lengths() {
    for length in 0...121 {
      let blocks =
        EDIDBytes.block(0x06, [4, 4]) + [0x03, 0, UInt8(length)] + Self.long(24150, flags: 0)
      let found = modes(blocks)
      #expect(found.count == (length == 20 ? 3 : 2), "length \(length)")
    }
    #expect(modes([0x06, 0]).isEmpty && modes([0x06]).isEmpty && modes([0x06, 0, 1]).isEmpty)
  }

  @Test("G27: a section that does not fit its block is not believed", arguments: 0...255)
  func sections(_ length: Int) {
    var block = EDIDBytes.displayID(EDIDBytes.block(0x06, [4]))
    block[2] = UInt8(length)
    let bytes = EDIDBytes.repaired(EDIDBytes.base(with: [block]))
    #expect(EDID(bytes.span).blocks.isBelieved(1) == (length <= 121))
    #expect(EDIDBytes.modes(bytes).count == (4...121 ~= length ? 1 : 0))
  }
}
