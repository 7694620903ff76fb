/// What is in the base block. All places in it are VESA's, of the E-EDID standard, release A.
extension EDID {
  /// Where the four descriptors of the base block begin.
  private static var descriptors: StrideTo<Int> { stride(from: 54, to: 126, by: 18) }

  /// Calls `body` with each detailed timing among the descriptors.
  static func forEachDetailedMode(ofBase block: EDIDBlock, _ body: (DisplayMode) -> Void) {
    // Since EDID 1.4 the first is the preferred one; before, if a bit says so.
    let isFirstPreferred = block.byte(19) >= 4 || block.byte(24) & 2 != 0
    for start in descriptors {
      let isPreferred = start == 54 && isFirstPreferred
      if let mode = detailedMode(block, at: start, isPreferred: isPreferred) { body(mode) }
    }
  }

  /// The detailed timing at a place; nil if there is something else, or nothing.
  static func detailedMode(_ block: EDIDBlock, at start: Int, isPreferred: Bool) -> DisplayMode? {
    let isInterlaced = block.byte(start &+ 17) & 0x80 != 0
    let width = block.byte(start &+ 2) | (block.byte(start &+ 4) & 0xf0) &<< 4
    let blankWidth = block.byte(start &+ 3) | (block.byte(start &+ 4) & 0x0f) &<< 8
    let lines = block.byte(start &+ 5) | (block.byte(start &+ 7) & 0xf0) &<< 4
    let blankLines = block.byte(start &+ 6) | (block.byte(start &+ 7) & 0x0f) &<< 8
    // The lines are those of a field; the blank ones of a picture include half a line for each.
    let fieldLines = lines &+ blankLines
    return DisplayMode(
      width, isInterlaced ? lines &* 2 : lines, clock: block.word(start) &* 10,
      linePixelCount: width &+ blankWidth,
      frameLineCount: isInterlaced ? fieldLines &* 2 &+ 1 : fieldLines,
      isInterlaced: isInterlaced, isPreferred: isPreferred)
  }

  /// Calls `body` with each standard timing: the eight of the block and six for each such descriptor.
  static func forEachStandardMode(ofBase block: EDIDBlock, _ body: (DisplayMode) -> Void) {
    for index in 0..<8 { standardMode(block, at: 38 &+ index &* 2, body) }
    for start in descriptors where isDescriptor(block, at: start, tag: 0xfa) {
      for index in 0..<6 { standardMode(block, at: start &+ 5 &+ index &* 2, body) }
    }
  }

  private static func standardMode(
    _ block: EDIDBlock, at place: Int, _ body: (DisplayMode) -> Void
  ) {
    let (size, rest) = (block.byte(place), block.byte(place &+ 1))
    // 0x0101 is written where there is none, by some 0x0000 or 0x0100: 256 pixels are nobody's width.
    guard size > 1 else { return }
    let width = (size &+ 31) &* 8
    let height =
      switch rest &>> 6 {
      // Before EDID 1.3 this was a square.
      case 0: block.byte(19) < 3 ? width : width &* 10 / 16
      case 1: width &* 3 / 4
      case 2: width &* 4 / 5
      // What is written for a screen of 1360 by 768, though that is not quite its shape.
      default: width == 1360 ? 768 : width &* 9 / 16
      }
    body(DisplayMode(standard: width, height, rate: (rest & 0x3f) &+ 60))
  }

  /// Calls `body` with the timing of each bit that is set in Established Timings III, I and II.
  static func forEachEstablishedMode(ofBase block: EDIDBlock, _ body: (DisplayMode) -> Void) {
    for start in descriptors where isDescriptor(block, at: start, tag: 0xf7) {
      establishedModes(block, at: start &+ 6, byteCount: 6, firstBit: 24, body)
    }
    establishedModes(block, at: 35, byteCount: 3, firstBit: 0, body)
  }

  private static func establishedModes(
    _ block: EDIDBlock, at start: Int, byteCount: Int, firstBit: Int,
    _ body: (DisplayMode) -> Void
  ) {
    for bit in 0..<byteCount &* 8 where block.byte(start &+ bit / 8) &<< (bit % 8) & 0x80 != 0 {
      if let mode = DisplayMode(established: firstBit &+ bit) { body(mode) }
    }
  }

  /// Whether there is a descriptor with this tag at a place, and no timing.
  static func isDescriptor(_ block: EDIDBlock, at start: Int, tag: Int) -> Bool {
    block.word(start) == 0 && block.byte(start &+ 2) == 0 && block.byte(start &+ 3) == tag
  }

  /// The first text with this tag in the base block or, if it had no room there, in an extension of
  /// CTA-861.
  func text(tag: Int) -> EDIDText? {
    let blocks = blocks
    for index in 0..<8 where blocks.isBelieved(index) {
      let block = block(index)
      guard index == 0 || block.byte(0) == Self.ctaTag else { continue }
      for place in index == 0 ? Self.descriptors : Self.descriptors(ofCTA: block)
      where Self.isDescriptor(block, at: place, tag: tag) {
        if let text = EDIDText(block, at: place &+ 5) { return text }
      }
    }
    return nil
  }
}
