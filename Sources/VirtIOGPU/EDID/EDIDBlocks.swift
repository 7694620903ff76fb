/// Which blocks of an EDID are there, and which of them are believed.
public struct EDIDBlocks: Equatable, Sendable {
  /// How many blocks there are by the base block's own words, itself included: 1 to 256. If the base
  /// block is not believed, 0.
  public let claimedCount: Int
  /// How many whole blocks there are in the data, claimed or not: 0 to 8.
  public let presentCount: Int
  /// A bit for each believed block.
  private let believed: UInt8

  init(of edid: EDID) {
    presentCount = edid.presentBlockCount
    guard edid.isValid else {
      claimedCount = 0
      believed = 0
      return
    }
    claimedCount = edid.block(0).byte(126) &+ 1
    var believed: UInt8 = 1
    // A count is a claim: what is not there is not looked for.
    for index in 1..<8 where index < min(claimedCount, presentCount) {
      if EDID.isExtension(edid.block(index)) {
        believed |= 1 &<< UInt8(truncatingIfNeeded: index)
      }
    }
    self.believed = believed
  }

  /// Whether a block is believed: it is claimed, all of it is there, and what it must begin with and
  /// add up to is right. Block 0 is the base block; without it no other is believed.
  public func isBelieved(_ index: Int) -> Bool {
    0..<8 ~= index && believed &>> UInt8(truncatingIfNeeded: index) & 1 != 0
  }

  /// How many blocks are believed: 0 to 8. If less than ``claimedCount``, some are missing or wrong.
  public var believedCount: Int { believed.nonzeroBitCount }
}

extension EDID {
  /// Which blocks there are, and which of them are believed. Looks at every byte.
  public var blocks: EDIDBlocks { EDIDBlocks(of: self) }

  /// Whether the base block is believed. If not, everything here but ``bytes`` is nil or nothing.
  public var isValid: Bool { presentBlockCount > 0 && Self.isBase(block(0)) }

  /// Whether a block is a base block: by its header, its version 1 and its checksum.
  private static func isBase(_ block: EDIDBlock) -> Bool {
    for index in 0..<8 where block.byte(index) != (index == 0 || index == 7 ? 0 : 0xff) {
      return false
    }
    return block.byte(18) == 1 && block.sum(from: 0, to: EDIDBlock.byteCount) == 0
  }

  /// Whether a block adds up to 0; in one of DisplayID, its section has to do so too.
  static func isExtension(_ block: EDIDBlock) -> Bool {
    guard block.sum(from: 0, to: EDIDBlock.byteCount) == 0 else { return false }
    return block.byte(0) != displayIDTag || sectionEnd(ofDisplayID: block) != nil
  }

  /// The tag of a CTA-861 extension block.
  static var ctaTag: Int { 0x02 }
  /// The tag of an extension block that holds a section of DisplayID.
  static var displayIDTag: Int { 0x70 }
}
