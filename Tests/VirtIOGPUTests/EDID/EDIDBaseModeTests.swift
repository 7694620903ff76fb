import Testing

@testable import VirtIOGPU

/// The modes of a base block.
@Suite struct EDIDBaseModeTests {
  private static let full = EDIDBytes.detailed(1920, blank: 280, 1080, blank: 45, clock: 14850)

  private func modes(_ change: (inout [UInt8]) -> Void) -> [DisplayMode] {
    EDIDBytes.modes(EDIDBytes.base(change))
  }

  @Test("a detailed timing has size, rate and clock; the first is preferred")
  func detailed() {
    let second = EDIDBytes.detailed(640, blank: 160, 480, blank: 45, clock: 2518)
    let bytes = EDIDBytes.base {
      $0.replaceSubrange(54..<72, with: Self.full)
      $0.replaceSubrange(108..<126, with: second)
    }
    var first = DisplayMode(1920, 1080, 60_000, 148_500)
    first.isPreferred = true
    #expect(EDIDBytes.modes(bytes) == [first, DisplayMode(640, 480, 59_952, 25_180)])
    #expect(EDID(bytes.span).preferredMode == first)
  }

  @Test("before EDID 1.4 the first is preferred if a bit says so")
  func preference() {
    for (revision, features, expected) in [(3, 2, true), (3, 0, false), (4, 0, true)] {
      let found = modes {
        $0[19] = UInt8(revision)
        $0[24] = UInt8(features)
        $0.replaceSubrange(54..<72, with: Self.full)
      }
      #expect(found.map(\.isPreferred) == [expected])
    }
    // Only the first place counts.
    let late = EDIDBytes.base { $0.replaceSubrange(72..<90, with: Self.full) }
    #expect(EDIDBytes.modes(late).map(\.isPreferred) == [false])
    #expect(EDID(late.span).preferredMode == nil)
  }

  @Test("G28: an interlaced timing has two fields a picture, and half a line more in each")
  func interlaced() {
    let timing = EDIDBytes.detailed(
      1920, blank: 280, 540, blank: 22, clock: 7425, isInterlaced: true)
    #expect(
      modes { $0.replaceSubrange(72..<90, with: timing) }
        == [DisplayMode(1920, 1080, 60_000, 74_250, interlaced: true)])
  }

  @Test("G28: a timing without clock, width or height is none")
  func nothing() {
    for timing in [
      EDIDBytes.detailed(640, blank: 160, 480, blank: 45, clock: 0),
      EDIDBytes.detailed(0, blank: 160, 480, blank: 45, clock: 2518),
      EDIDBytes.detailed(640, blank: 160, 0, blank: 45, clock: 2518),
      EDIDBytes.detailed(0, blank: 0, 0, blank: 0, clock: 1),
    ] {
      #expect(modes { $0.replaceSubrange(54..<72, with: timing) }.isEmpty)
    }
  }

  @Test("G28: the largest and the smallest timing are no more than that")
  func extremes() {
    let largest = EDIDBytes.detailed(4095, blank: 4095, 4095, blank: 4095, clock: 65535)
    let smallest = EDIDBytes.detailed(1, blank: 0, 1, blank: 0, clock: 65535)
    var expected = [DisplayMode(4095, 4095, 9770, 655_350), DisplayMode(1, 1, .max, 655_350)]
    expected[0].isPreferred = true
    #expect(
      modes {
        $0.replaceSubrange(54..<72, with: largest)
        $0.replaceSubrange(72..<90, with: smallest)
      } == expected)
  }

  @Test("standard timings: width, shape and rate, by VESA's list where it has them")
  func standard() {
    let found = modes {
      $0.replaceSubrange(
        38..<54,
        with: [
          0x31, 0x4c, 0x61, 0x40, 0x81, 0x80, 0xd1, 0xc0, 0x95, 0x00, 0xd9, 0x0f, 0x45, 0x7f, 0xff,
          0x00,
        ])
    }
    #expect(
      found == [
        DisplayMode(640, 480, 72_809, 31_500), DisplayMode(1024, 768, 60_004, 65_000),
        DisplayMode(1280, 1024, 60_020, 108_000), DisplayMode(1920, 1080, 60_000, 148_500),
        DisplayMode(1440, 900, 59_887, 106_500), DisplayMode(1984, 1240, 75_000, nil),
        DisplayMode(800, 600, 123_000, nil), DisplayMode(2288, 1430, 60_000, nil),
      ])
  }

  @Test("1360 pixels and 16 by 9 stand for 1360 by 768")
  func almostWide() {
    #expect(
      modes { $0.replaceSubrange(38..<40, with: [0x8b, 0xc0]) }
        == [DisplayMode(1360, 768, 60_000, nil)])
  }

  @Test("before EDID 1.3 the first of the shapes was a square")
  func square() {
    let found = modes {
      $0[19] = 2
      $0.replaceSubrange(38..<40, with: [0x61, 0x0f])
    }
    #expect(found == [DisplayMode(1024, 1024, 75_000, nil)])
  }

  @Test("G29: standard timings of 0x0000 and 0x0101 are none, and one that comes twice is one")
  func noStandard() {
    let bytes = EDIDBytes.base {
      $0.replaceSubrange(
        38..<54, with: [0, 0, 1, 1, 0x61, 0x40, 0x61, 0x40, 0, 0x40, 0, 0xff, 1, 1, 1, 1])
    }
    #expect(EDIDBytes.modes(bytes).count == 2)
    #expect(EDIDBytes.list(bytes) == [DisplayMode(1024, 768, 60_004, 65_000)])
    #expect(modes { $0[39] = 0 }.isEmpty, "some write 0x0100")
    #expect(modes { $0[38] = 2 } == [DisplayMode(264, 165, 61_000, nil)])
  }

  @Test("six more standard timings in a descriptor")
  func moreStandard() {
    let descriptor = EDIDBytes.descriptor(
      0xfa, [0x61, 0x40, 1, 1, 1, 1, 1, 1, 1, 1, 0x31, 0x40, 0x0a])
    #expect(
      modes { $0.replaceSubrange(90..<108, with: descriptor) } == [
        DisplayMode(1024, 768, 60_004, 65_000), DisplayMode(640, 480, 59_940, 25_175),
      ])
  }

  @Test("each bit of Established Timings I and II is a timing of VESA, IBM or Apple")
  func established() {
    let sizes: [(UInt32, UInt32, UInt32)] = [
      (720, 400, 70), (720, 400, 88), (640, 480, 60), (640, 480, 67), (640, 480, 73),
      (640, 480, 75), (800, 600, 56), (800, 600, 60), (800, 600, 72), (800, 600, 75),
      (832, 624, 75), (1024, 768, 87), (1024, 768, 60), (1024, 768, 70), (1024, 768, 75),
      (1280, 1024, 75), (1152, 870, 75),
    ]
    for bit in 0..<24 {
      let found = modes { $0[35 + bit / 8] = 0x80 >> UInt8(bit % 8) }
      guard bit < sizes.count else {
        #expect(found.isEmpty)
        continue
      }
      #expect(found.map(\.width) == [sizes[bit].0] && found.map(\.height) == [sizes[bit].1])
      #expect(found.map { ($0.refreshRate + 500) / 1000 } == [sizes[bit].2])
      #expect(found.map(\.isInterlaced) == [bit == 11] && found[0].pixelClock != nil)
    }
    #expect(modes { $0.replaceSubrange(35..<38, with: [0xff, 0xff, 0xff]) }.count == 17)
  }

  @Test("each bit of Established Timings III is a timing of VESA")
  func establishedThree() {
    let all = EDIDBytes.descriptor(0xf7, [0x0a] + [UInt8](repeating: 0xff, count: 12))
    let found = modes { $0.replaceSubrange(72..<90, with: all) }
    #expect(found.count == 44 && Set(found).count == 44)
    #expect(found.first == DisplayMode(640, 350, 85_080, 31_500))
    #expect(found.last == DisplayMode(1920, 1440, 75_000, 297_000))
    let one = EDIDBytes.descriptor(0xf7, [0x0a, 0, 0, 0, 0, 0, 0x20])
    #expect(
      modes { $0.replaceSubrange(72..<90, with: one) }
        == [DisplayMode(1920, 1440, 60_000, 234_000)])
  }

  @Test(
    "a mode that is described twice is preferred if one of them is, and has the clock that one has")
  func merging() {
    let bytes = EDIDBytes.base(with: [EDIDBytes.cta(dataBlocks: [0x41, 16])]) {
      $0.replaceSubrange(54..<72, with: Self.full)
      $0.replaceSubrange(38..<42, with: [0xd1, 0xc0, 0xd9, 0x0f])
    }
    #expect(EDIDBytes.modes(bytes).count == 4)
    var first = DisplayMode(1920, 1080, 60_000, 148_500)
    first.isPreferred = true
    #expect(EDIDBytes.list(bytes) == [first, DisplayMode(1984, 1240, 75_000, nil)])
  }

  @Test("a list holds the first 64 modes, and says if there were more")
  func truncation() {
    let block = EDIDBytes.displayID(EDIDBytes.block(0x05, (0..<35).flatMap { [4, UInt8($0), 59] }))
    let other = EDIDBytes.displayID(EDIDBytes.block(0x05, (0..<35).flatMap { [4, UInt8($0), 49] }))
    let list = EDID(EDIDBytes.base(with: [block, other]).span).modes
    #expect(list.count == 64 && list.isTruncated && list.modes.count == 64)
    #expect(list.preferred == nil)
    // A preferred one that comes too late is known all the same.
    let late = EDIDBytes.displayID(EDIDBytes.block(0x05, [0x84, 99, 59]))
    let full = EDID(EDIDBytes.base(with: [block, other, late]).span)
    #expect(full.modes.isTruncated && full.preferredMode?.width == 800)
    let fewer = EDID(EDIDBytes.base(with: [block]).span).modes
    #expect(fewer.count == 35 && !fewer.isTruncated)
  }
}
