/// Which blocks of an EDID are there, and which of them are believed.
public struct EDIDBlocks: Equatable, Sendable {
  /// How many blocks there are by the base block's own words, itself included: 1 to 256. If the base
  /// block is not believed, 0.
  public let claimedCount: Int
  /// How many whole blocks there are in the data, claimed or not: 0 to 8.
  public let presentCount: Int
  /// A bit for each believed block.
  private let believed: UInt8

  init(_ bytes: Span<UInt8>) {
    presentCount = bytes.count / EDID.blockByteCount
    guard presentCount > 0, EDID.isBase(bytes) else {
      claimedCount = 0
      believed = 0
      return
    }
    claimedCount = bytes.byte(126) &+ 1
    var believed: UInt8 = 1
    // A count is a claim: what is not there is not looked for.
    for index in 1..<max(min(claimedCount, presentCount), 1) {
      let start = index &* EDID.blockByteCount
      if EDID.isExtension(bytes.extracting(start..<start &+ EDID.blockByteCount)) {
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
  static var blockByteCount: Int { 128 }

  /// Which blocks there are, and which of them are believed. Looks at every byte.
  public var blocks: EDIDBlocks { EDIDBlocks(bytes) }

  /// Whether the base block is believed. If not, everything here but ``bytes`` is nil or nothing.
  public var isValid: Bool { Self.isBase(bytes) }

  /// Whether the data begins with a base block: by its header, its version 1 and its checksum.
  static func isBase(_ bytes: Span<UInt8>) -> Bool {
    guard bytes.count >= blockByteCount else { return false }
    for index in 0..<8 where bytes.byte(index) != (index == 0 || index == 7 ? 0 : 0xff) {
      return false
    }
    return bytes.byte(18) == 1 && bytes.sum(0..<blockByteCount) == 0
  }

  /// Whether a block adds up to 0; in one of DisplayID, its section has to do so too.
  static func isExtension(_ block: Span<UInt8>) -> Bool {
    guard block.count == blockByteCount, block.sum(0..<blockByteCount) == 0 else { return false }
    return block.byte(0) != displayIDTag || displayIDSection(in: block) != nil
  }

  /// The tag of a CTA-861 extension block.
  static var ctaTag: Int { 0x02 }
  /// The tag of an extension block that holds a section of DisplayID.
  static var displayIDTag: Int { 0x70 }
}

extension Span<UInt8> {
  /// The byte at `index`; 0 where there is none.
  func byte(_ index: Int) -> Int { indices.contains(index) ? Int(self[index]) : 0 }

  /// The two bytes at `index`, the lower first.
  func word(_ index: Int) -> Int { byte(index) | byte(index &+ 1) &<< 8 }

  /// What the bytes of a range add up to, modulo 256.
  func sum(_ range: Range<Int>) -> UInt8 {
    var sum: UInt8 = 0
    for index in range { sum &+= UInt8(truncatingIfNeeded: byte(index)) }
    return sum
  }
}
