/// What is in an extension block of CTA-861.
extension EDID {
  /// Where its detailed timings and other descriptors begin: none if what the block says of that cannot
  /// be.
  static func descriptors(ofCTA block: Span<UInt8>) -> StrideTo<Int> {
    let first = block.byte(2)
    // The last byte of the block is its checksum.
    return stride(from: 4...127 ~= first ? first : 127, to: 127 &- 17, by: 18)
  }

  /// Calls `body` with each detailed timing and then with each short video descriptor.
  static func forEachMode(ofCTA block: Span<UInt8>, _ body: (DisplayMode) -> Void) {
    for start in descriptors(ofCTA: block) {
      if let mode = detailedMode(block, at: start, isPreferred: false) { body(mode) }
    }
    // Data blocks came with revision 3; they end where the descriptors begin.
    let end = block.byte(2)
    if block.byte(1) >= 3, 4...127 ~= end { forEachMode(ofCTADataBlocks: block, 4..<end, body) }
  }

  /// Calls `body` with each mode of the data blocks in a range. One that would go beyond the range ends
  /// the walk.
  static func forEachMode(
    ofCTADataBlocks block: Span<UInt8>, _ range: Range<Int>, _ body: (DisplayMode) -> Void
  ) {
    var start = range.lowerBound
    while start < range.upperBound {
      let header = block.byte(start)
      let content = start &+ 1..<start &+ 1 &+ (header & 0x1f)
      guard content.upperBound <= range.upperBound else { return }
      switch header &>> 5 {
      case 2:
        for place in content {
          if let mode = DisplayMode(vic: vic(block.byte(place))) { body(mode) }
        }
      case 7 where content.count >= 2: forEachMode(ofExtended: block, content, body)
      default: break
      }
      start = content.upperBound
    }
  }

  /// Calls `body` with each mode of a data block with an extended tag. The three that hold timings are as
  /// in DisplayID, behind that tag and their revision.
  private static func forEachMode(
    ofExtended block: Span<UInt8>, _ content: Range<Int>, _ body: (DisplayMode) -> Void
  ) {
    let start = content.lowerBound
    switch block.byte(start) {
    case 0x22, 0x23, 0x2a:
      forEachMode(
        ofType: block.byte(start), revision: block.byte(start &+ 1), block,
        start &+ 2..<content.upperBound, body)
    default: break
    }
  }

  /// The code in a short video descriptor: for those up to 64, bit 7 says that the format is native.
  private static func vic(_ descriptor: Int) -> Int {
    129...192 ~= descriptor ? descriptor & 0x7f : descriptor
  }
}
