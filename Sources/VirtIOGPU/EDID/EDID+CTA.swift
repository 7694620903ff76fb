/// What is in an extension block of CTA-861.
extension EDID {
  /// Where its detailed timings and other descriptors begin: none if what the block says of that cannot
  /// be.
  static func descriptors(ofCTA block: EDIDBlock) -> StrideTo<Int> {
    let first = block.byte(2)
    // The last byte of the block is its checksum.
    return stride(from: 4...127 ~= first ? first : 127, to: 127 &- 17, by: 18)
  }

  /// Calls `body` with each detailed timing and then with each short video descriptor.
  static func forEachMode(ofCTA block: EDIDBlock, _ body: (DisplayMode) -> Void) {
    for start in descriptors(ofCTA: block) {
      if let mode = detailedMode(block, at: start, isPreferred: false) { body(mode) }
    }
    // Data blocks came with revision 3; they end where the descriptors begin.
    let end = block.byte(2)
    if block.byte(1) >= 3, 4...127 ~= end {
      forEachMode(ofCTADataBlocks: block, from: 4, to: end, body)
    }
  }

  /// Calls `body` with each mode of the data blocks from `start` to before `end`. One that would go beyond
  /// that ends the walk.
  static func forEachMode(
    ofCTADataBlocks block: EDIDBlock, from start: Int, to end: Int, _ body: (DisplayMode) -> Void
  ) {
    var place = start
    while place < end {
      let header = block.byte(place)
      let contentEnd = place &+ 1 &+ (header & 0x1f)
      guard contentEnd <= end else { return }
      place &+= 1
      switch header &>> 5 {
      case 2:
        while place < contentEnd {
          if let mode = DisplayMode(vic: vic(block.byte(place))) { body(mode) }
          place &+= 1
        }
      case 7 where place &+ 2 <= contentEnd:
        forEachMode(ofExtended: block, from: place, to: contentEnd, body)
      default: break
      }
      place = contentEnd
    }
  }

  /// Calls `body` with each mode of a data block with an extended tag. The three that hold timings are as
  /// in DisplayID, behind that tag and their revision.
  private static func forEachMode(
    ofExtended block: EDIDBlock, from start: Int, to end: Int, _ body: (DisplayMode) -> Void
  ) {
    switch block.byte(start) {
    case 0x22, 0x23, 0x2a:
      forEachMode(
        ofType: block.byte(start), revision: block.byte(start &+ 1), block,
        from: start &+ 2, to: end, body)
    default: break
    }
  }

  /// The code in a short video descriptor: for those up to 64, bit 7 says that the format is native.
  private static func vic(_ descriptor: Int) -> Int {
    129...192 ~= descriptor ? descriptor & 0x7f : descriptor
  }
}
