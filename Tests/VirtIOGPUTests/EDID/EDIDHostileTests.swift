import Foundation
import Testing
import VirtIOGPU
import VirtIOTestDoubles

/// Any bytes at all are an EDID, and reading one ends.
@Suite struct EDIDHostileTests {
  /// All that there is, in four blocks.
  private static let whole: [UInt8] = {
    let timing = EDIDBytes.detailed(
      1920, blank: 280, 1080, blank: 45, clock: 14850, size: (520, 290))
    let cta = EDIDBytes.cta(
      dataBlocks: [0x43, 16, 0x84, 97, 0xe4, 0x23, 0, 4, 9, 0x23, 9, 7, 7],
      descriptors: [timing, EDIDBytes.descriptor(0xff, Array("123\n".utf8))])
    let one = EDIDBytes.displayID(
      EDIDBytes.block(0x03, [UInt8](repeating: 7, count: 20))
        + EDIDBytes.block(0x04, [UInt8](repeating: 7, count: 22))
        + EDIDBytes.block(0x05, [0, 1, 2, 3, 4, 5]) + EDIDBytes.block(0x11, [1, 2, 3, 4, 5, 6, 7]))
    let two = EDIDBytes.displayID(
      version: 0x20,
      EDIDBytes.block(0x22, revision: 0x12, [UInt8](repeating: 9, count: 42))
        + EDIDBytes.block(0x23, revision: 0x48, [1, 0, 2, 0]) + EDIDBytes.block(0x81, [0x41, 16])
        + EDIDBytes.block(0x2a, revision: 0x10, [1, 2, 3, 4, 5, 6, 7]))
    return EDIDBytes.base(with: [cta, one, two]) {
      $0.replaceSubrange(35..<54, with: [UInt8](repeating: 0x61, count: 19))
      $0.replaceSubrange(54..<72, with: timing)
      $0.replaceSubrange(72..<90, with: EDIDBytes.descriptor(0xf7, [0x0a, 0xff, 0xff]))
      $0.replaceSubrange(90..<108, with: EDIDBytes.descriptor(0xfa, [0x61, 0x40]))
      $0.replaceSubrange(108..<126, with: EDIDBytes.descriptor(0xfc, Array("Name\n".utf8)))
    }
  }()

  /// Reads all that can be read, and sees that it is within bounds.
  private static func read(_ bytes: [UInt8]) -> Int {
    let edid = EDID(bytes.span)
    var count = 0
    var isSensible = true
    edid.forEachMode { mode in
      count += 1
      isSensible =
        isSensible && mode.width > 0 && mode.height > 0 && mode.pixelClock != 0
        && mode.refreshRate > 0 && mode.width <= 65536 && mode.height <= 65536
    }
    let blocks = edid.blocks
    #expect(isSensible && count < 2000 && (count == 0 || edid.isValid))
    #expect(blocks.believedCount <= min(blocks.claimedCount, blocks.presentCount))
    #expect(blocks.isBelieved(0) == edid.isValid)
    let list = edid.modes
    #expect(list.count <= min(count, 64) && (count == 0) == (list.count == 0))
    if let preferred = edid.preferredMode { #expect(preferred.isPreferred) }
    for text in [edid.displayName, edid.serialText, edid.manufacturer] {
      if let text { #expect(1...13 ~= text.string.count) }
    }
    if let size = edid.physicalSize { #expect(1...4095 ~= size.width && 1...4095 ~= size.height) }
    #expect((edid.productCode == nil) == !edid.isValid)
    _ = edid.serialNumber
    return count
  }

  @Test("all of it is read")
  func everything() {
    let edid = EDID(Self.whole.span)
    #expect(edid.blocks.believedCount == 4 && edid.serialText?.string == "123")
    #expect(Self.read(Self.whole) > 40)
    #expect(edid.preferredMode?.width == 1920)
  }

  @Test("G23: wherever an EDID is cut off, what is whole before that is read")
  func truncations() {
    for count in 0..<Self.whole.count {
      let bytes = Array(Self.whole.prefix(count))
      #expect((Self.read(bytes) > 0) == (count >= 128))
      #expect(EDID(bytes.span).blocks.believedCount == count / 128)
      // The same where the block that is cut off was the only one, or claims none.
      var alone = bytes
      if count > 127 {
        alone[126] = 0
        _ = Self.read(EDIDBytes.repaired(alone))
      }
    }
  }

  @Test("G25, G27: every byte with each bit flipped, its block made to add up again, and not")
  func everyByte() {
    var changed = 0
    for index in Self.whole.indices {
      var bytes = Self.whole
      for flip: UInt8 in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
        bytes[index] = Self.whole[index] ^ flip
        #expect(!EDID(bytes.span).blocks.isBelieved(index / 128))
        if Self.read(EDIDBytes.repaired(bytes)) != 0 { changed += 1 }
      }
    }
    // Without header and version there is nothing; with all others something is left.
    #expect(changed > (Self.whole.count - 16) * 9)
  }

  /// As many as there is time for: a quarter, unless SWEEP=all asks for all.
  private static let seeds: Range<UInt64> =
    ProcessInfo.processInfo.environment["SWEEP"] == "all" ? 0..<8 : 0..<2

  @Test("G25, G26, G27: random blocks behind a header, with right sums", arguments: seeds)
  func random(_ seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    var count = 0
    var blockCount = 0
    for _ in 0..<600 {
      var bytes = Array(Self.whole.prefix(20))
      let byteCount = Int.random(in: 0...1024, using: &generator)
      while bytes.count < byteCount {
        let word = generator.next()
        bytes += (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
      }
      bytes = Array(bytes.prefix(byteCount))
      for block in stride(from: 128, to: byteCount, by: 128) {
        bytes[block] = [0x02, 0x70, 0x02, 0x70, bytes[block]][Int(generator.next() % 5)]
        // Lengths that often fit, so that what is behind them is reached.
        if block + 2 < byteCount { bytes[block + 2] &= 0x7f }
      }
      blockCount += byteCount / 128
      count += Self.read(EDIDBytes.repaired(bytes))
    }
    // 16,000 blocks in all.
    #expect(blockCount > 16_000 / 8 && count > 6000)
  }

  @Test("G25: random bytes", arguments: 0..<4)
  func noise(_ seed: UInt64) {
    var generator = SplitMix64(seed: seed &+ 99)
    for _ in 0..<1000 {
      let byteCount = Int.random(in: 0...1100, using: &generator)
      let bytes = (0..<byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
      #expect(Self.read(bytes) == 0)
    }
  }

  @Test("G27: random data blocks of DisplayID and CTA-861 with lengths that lie", arguments: 0..<4)
  func lies(_ seed: UInt64) {
    var generator = SplitMix64(seed: seed &+ 777)
    let tags: [UInt8] = [0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x11, 0x22, 0x23, 0x24, 0x2a, 0x81]
    for _ in 0..<2000 {
      var content: [UInt8] = []
      while content.count < 100 {
        let length = Int.random(in: 0...24, using: &generator)
        let lie = Int.random(in: 0..<8, using: &generator) == 0
        content.append(tags.randomElement(using: &generator) ?? 0)
        content.append(UInt8.random(in: 0...255, using: &generator))
        content.append(lie ? UInt8.random(in: 0...255, using: &generator) : UInt8(length))
        content += (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
      }
      let blocks = Array(content.prefix(Int.random(in: 0...121, using: &generator)))
      let cta = EDIDBytes.cta(dataBlocks: Array(content.prefix(100)))
      _ = Self.read(EDIDBytes.base(with: [EDIDBytes.displayID(blocks), cta]))
    }
  }
}
