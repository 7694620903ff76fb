/// What is in an extension block that holds a section of DisplayID, 1.x or 2.x.
extension EDID {
  /// Where the data blocks of the section begin.
  private static var sectionStart: Int { 5 }

  /// Where they end; nil if the section does not fit or does not add up to 0.
  static func sectionEnd(ofDisplayID block: EDIDBlock) -> Int? {
    // Tag of the extension; version, length, type and count of the section, its data, its checksum.
    let end = sectionStart &+ block.byte(2)
    guard end < EDIDBlock.byteCount &- 1, block.sum(from: 1, to: end &+ 1) == 0 else { return nil }
    return end
  }

  /// Calls `body` with each mode of its data blocks. One that would go beyond the section ends the walk.
  static func forEachMode(ofDisplayID block: EDIDBlock, _ body: (DisplayMode) -> Void) {
    guard let sectionEnd = sectionEnd(ofDisplayID: block) else { return }
    var start = sectionStart
    while start &+ 3 <= sectionEnd {
      let end = start &+ 3 &+ block.byte(start &+ 2)
      guard end <= sectionEnd else { return }
      forEachMode(
        ofType: block.byte(start), revision: block.byte(start &+ 1), block, from: start &+ 3,
        to: end, body)
      start = end
    }
  }

  /// Calls `body` with each mode in the content of a data block, from `first` to before `end`.
  static func forEachMode(
    ofType type: Int, revision: Int, _ block: EDIDBlock, from first: Int, to end: Int,
    _ body: (DisplayMode) -> Void
  ) {
    /// How many bytes more than usual each timing has.
    let extra = revision &>> 4 & 7
    var stride = 1
    switch type {
    case 0x03: stride = 20
    case 0x04: stride = 11
    case 0x05: stride = 3
    case 0x11: stride = 7
    case 0x22: stride = 20 &+ extra
    case 0x23: stride = revision & 8 != 0 ? 2 : 1
    case 0x24: stride = 6
    case 0x2a: stride = 6 &+ extra
    case 0x06, 0x07, 0x08: break
    case 0x81: return forEachMode(ofCTADataBlocks: block, from: first, to: end, body)
    default: return
    }
    var start = first
    while start &+ stride <= end {
      switch type {
      case 0x07, 0x08:
        let firstCode = (start &- first) &* 8 &+ 1
        for bit in 0..<8 where block.byte(start) &>> bit & 1 != 0 {
          let code = firstCode &+ bit
          let mode = type == 7 ? DisplayMode(dmt: code) : DisplayMode(vic: code)
          if let mode { body(mode) }
        }
      case 0x06, 0x23:
        let code = stride == 2 ? block.word(start) : block.byte(start)
        if let mode = enumeratedMode(code, kind: revision &>> 6) { body(mode) }
      default:
        if let mode = mode(ofType: type, revision: revision, block, at: start) { body(mode) }
      }
      start &+= stride
    }
  }

  /// The mode that a code names in one of three lists.
  private static func enumeratedMode(_ code: Int, kind: Int) -> DisplayMode? {
    switch (kind, code) {
    case (0, _): DisplayMode(dmt: code)
    case (1, _): DisplayMode(vic: code)
    // HDMI's own four have each the timing of one of CTA-861.
    case (2, 1...3): DisplayMode(vic: 96 &- code)
    case (2, 4): DisplayMode(vic: 98)
    default: nil
    }
  }

  private static func mode(
    ofType type: Int, revision: Int, _ block: EDIDBlock, at start: Int
  ) -> DisplayMode? {
    switch type {
    case 0x03: return longMode(block, at: start, unit: 10, preference: 0x80)
    // Since revision 2 the bit says something else.
    case 0x22: return longMode(block, at: start, unit: 1, preference: revision & 7 < 2 ? 0x80 : 0)
    case 0x04: return shortMode(block, at: start)
    case 0x05: return aspectMode(block, at: start)
    // Type V: width, height, rate, each less one.
    case 0x11:
      return namedMode(
        block, at: start &+ 2, rate: block.byte(start &+ 6),
        isPreferred: block.byte(start) & 0x80 != 0)
    // Types IX and X: the rate of X may have two bits more, in a seventh byte.
    default:
      let more = type == 0x2a && revision &>> 4 & 7 > 0 ? block.byte(start &+ 6) & 3 : 0
      return namedMode(
        block, at: start &+ 1, rate: block.byte(start &+ 5) | more &<< 8, isPreferred: false)
    }
  }

  /// Types I and VII: all numbers of a timing, each less one. The lines are those of a whole picture.
  private static func longMode(
    _ block: EDIDBlock, at start: Int, unit: Int, preference: Int
  ) -> DisplayMode? {
    let flags = block.byte(start &+ 3)
    let width = block.word(start &+ 4) &+ 1
    let height = block.word(start &+ 12) &+ 1
    return DisplayMode(
      width, height, clock: clock(block, at: start) &* unit,
      linePixelCount: width &+ block.word(start &+ 6) &+ 1,
      frameLineCount: height &+ block.word(start &+ 14) &+ 1,
      isInterlaced: flags & 0x10 != 0, isPreferred: flags & preference != 0)
  }

  /// Type II: the same in fewer bits, the width in units of 8.
  private static func shortMode(_ block: EDIDBlock, at start: Int) -> DisplayMode? {
    let flags = block.byte(start &+ 3)
    let horizontal = block.word(start &+ 4)
    let width = ((horizontal & 0x1ff) &+ 1) &* 8
    let height = (block.word(start &+ 7) & 0xfff) &+ 1
    return DisplayMode(
      width, height, clock: clock(block, at: start) &* 10,
      linePixelCount: width &+ ((horizontal &>> 9) &+ 1) &* 8,
      frameLineCount: height &+ block.byte(start &+ 9) &+ 1,
      isInterlaced: flags & 0x10 != 0, isPreferred: flags & 0x80 != 0)
  }

  /// Type III: width, shape and rate.
  private static func aspectMode(_ block: EDIDBlock, at start: Int) -> DisplayMode? {
    let width = (block.byte(start &+ 1) &+ 1) &* 8
    let height: Int? =
      switch block.byte(start) & 0x0f {
      case 0: width
      case 1: width &* 4 / 5
      case 2: width &* 3 / 4
      case 3: width &* 9 / 15
      case 4: width &* 9 / 16
      case 5: width &* 10 / 16
      case 6: width &* 27 / 64
      case 7: width &* 135 / 256
      default: nil
      }
    guard let height else { return nil }
    let rate = (block.byte(start &+ 2) & 0x7f) &+ 1
    return DisplayMode(
      width: UInt32(clamping: width), height: UInt32(clamping: height),
      refreshRate: UInt32(clamping: rate &* 1000),
      isInterlaced: block.byte(start &+ 2) & 0x80 != 0,
      isPreferred: block.byte(start) & 0x80 != 0)
  }

  /// A width and a height, each less one, and a rate in hertz less one.
  private static func namedMode(
    _ block: EDIDBlock, at start: Int, rate: Int, isPreferred: Bool
  ) -> DisplayMode {
    DisplayMode(
      width: UInt32(clamping: block.word(start) &+ 1),
      height: UInt32(clamping: block.word(start &+ 2) &+ 1),
      refreshRate: UInt32(clamping: (rate &+ 1) &* 1000), isPreferred: isPreferred)
  }

  /// A pixel clock in 24 bits, less one.
  private static func clock(_ block: EDIDBlock, at start: Int) -> Int {
    (block.word(start) | block.byte(start &+ 2) &<< 16) &+ 1
  }
}
