import Testing
import VirtIOGPU

/// Which blocks of an EDID are believed.
@Suite struct EDIDBlockTests {
  private static let cta = EDIDBytes.cta(dataBlocks: [0x41, 16])
  private static let whole = EDIDBytes.base(with: [cta, EDIDBytes.displayID([])])

  @Test("each block is believed by itself")
  func blocks() {
    let edid = EDID(Self.whole.span)
    #expect(edid.isValid && edid.blocks.claimedCount == 3 && edid.blocks.presentCount == 3)
    #expect(edid.blocks.believedCount == 3)
    #expect((-1...8).filter { edid.blocks.isBelieved($0) } == [0, 1, 2])
    var bytes = Self.whole
    bytes[128 + 5] ^= 1
    let blocks = EDID(bytes.span).blocks
    #expect((0..<8).filter { blocks.isBelieved($0) } == [0, 2] && blocks.claimedCount == 3)
    #expect(EDIDBytes.modes(Self.whole).count == 1 && EDIDBytes.modes(bytes).isEmpty)
  }

  @Test("without a base block that is believed, no other is")
  func base() {
    var bytes = Self.whole
    bytes[30] ^= 1
    let edid = EDID(bytes.span)
    #expect(!edid.isValid && edid.blocks.believedCount == 0 && edid.blocks.claimedCount == 0)
    #expect(edid.blocks.presentCount == 3 && EDIDBytes.modes(bytes).isEmpty)
    #expect(edid.manufacturer == nil && edid.productCode == nil && edid.version == nil)
    #expect(edid.preferredMode == nil && edid.modes.count == 0 && edid.physicalSize == nil)
    #expect(edid.serialNumber == nil && edid.displayName == nil && edid.serialText == nil)
  }

  @Test(
    "G23: an EDID shorter than a block says nothing", arguments: [0, 1, 127])
  func short(_ count: Int) {
    let edid = EDID(Array(Self.whole.prefix(count)).span)
    #expect(!edid.isValid && edid.bytes.count == count && edid.blocks.presentCount == 0)
    #expect(edid.modes.count == 0)
  }

  @Test("G25: a base block with a wrong header is not believed", arguments: 0..<8)
  func header(_ index: Int) {
    var bytes = Self.whole
    bytes[index] ^= 0x10
    #expect(!EDID(EDIDBytes.repaired(bytes).span).isValid)
  }

  @Test("G25: a base block of another version than 1 is not believed", arguments: [0, 2, 255])
  func version(_ version: UInt8) {
    #expect(!EDID(EDIDBytes.base { $0[18] = version }.span).isValid)
  }

  @Test("G25: any revision of version 1 is", arguments: [0, 3, 4, 255])
  func revision(_ revision: UInt8) {
    let edid = EDID(EDIDBytes.base { $0[19] = revision }.span)
    #expect(edid.version == EDID.Version(major: 1, minor: revision))
  }

  @Test("G25: a block that does not add up to 0 is not believed")
  func checksums() {
    for index in Self.whole.indices {
      for bit in 0..<8 {
        var bytes = Self.whole
        bytes[index] ^= 1 << UInt8(bit)
        let blocks = EDID(bytes.span).blocks
        #expect(!blocks.isBelieved(index / 128))
        if index >= 128 { #expect(blocks.believedCount == 2) }
      }
    }
  }

  @Test("G25: a section of DisplayID has to add up too")
  func section() {
    var block = EDIDBytes.displayID(EDIDBytes.block(0x06, [4]))
    block[9] ^= 1
    let bytes = EDIDBytes.base(with: [EDIDBytes.summed(block)])
    let blocks = EDID(bytes.span).blocks
    #expect(blocks.isBelieved(0) && !blocks.isBelieved(1) && EDIDBytes.modes(bytes).isEmpty)
  }

  @Test(
    "G26: of the blocks that are claimed those are looked at that are there",
    arguments: [(255, 0), (255, 1), (255, 7), (1, 0), (0, 7), (3, 7), (254, 2)])
  func claims(claimed: Int, present: Int) {
    let blocks = [[UInt8]](repeating: Self.cta, count: present).flatMap { $0 }
    let edid = EDID((EDIDBytes.base { $0[126] = UInt8(claimed) } + blocks).span)
    #expect(edid.blocks.claimedCount == claimed + 1 && edid.blocks.presentCount == present + 1)
    #expect(edid.blocks.believedCount == min(claimed, present) + 1)
  }

  @Test("G26: half a block is none")
  func partial() {
    let edid = EDID(Array(Self.whole.prefix(383)).span)
    #expect(edid.blocks.presentCount == 2 && edid.blocks.believedCount == 2)
    #expect(edid.blocks.claimedCount == 3)
  }

  @Test("G24: of more than 1024 bytes the first 1024 are kept")
  func long() {
    let bytes =
      EDIDBytes.base { $0[126] = 255 }
      + [[UInt8]](repeating: Self.cta, count: 255).flatMap { $0 }
    let edid = EDID(bytes.span)
    #expect(edid.bytes.count == 1024 && edid.blocks.believedCount == 8)
  }
}
