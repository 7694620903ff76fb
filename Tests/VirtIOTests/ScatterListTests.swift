import Testing
import VirtIO
import VirtIOTestDoubles

@Suite("ScatterList")
struct ScatterListTests {
  private static let page: UInt64 = 4096

  /// The pieces as numbers.
  private static func pieces<let capacity: Int>(_ list: ScatterList<capacity>) -> [[UInt64]] {
    list.segments.indices.map {
      [list.segments[$0].address.rawValue, UInt64(list.segments[$0].byteCount)]
    }
  }

  /// The same by the plainest way: every page by itself, neighbours joined.
  private static func model(_ pages: [UInt64]) -> [[UInt64]] {
    var result: [[UInt64]] = []
    for address in pages {
      if let last = result.last, last[0] + last[1] == address {
        result[result.count - 1][1] += page
      } else {
        result.append([address, page])
      }
    }
    return result
  }

  @Test(
    "S9: pages are coalesced into as few pieces as there can be",
    arguments: 0..<200 as Range<UInt64>)
  func pages(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var addresses: [UInt64] = []
    for _ in 0..<40 {
      // Mostly the next page, sometimes the one before, or any.
      let last = addresses.last ?? 0x4000_0000
      switch random.next() % 4 {
      case 0: addresses.append(0x4000_0000 + random.next() % 64 * Self.page)
      case 1: addresses.append(last - Self.page)
      default: addresses.append(last + Self.page)
      }
    }
    let expected = Self.model(addresses)
    var list = ScatterList<24>()
    var taken: [UInt64] = []
    for address in addresses {
      do {
        try list.append(DeviceAddress(rawValue: address), byteCount: Self.page)
        taken.append(address)
      } catch {
        #expect(error == .full(capacity: 24))
        #expect(Self.model(taken + [address]).count == 25)
        break
      }
    }
    #expect(Self.pieces(list) == Self.model(taken))
    #expect(list.byteCount == UInt64(taken.count) * Self.page)
    #expect(taken.count == 40 || expected.count > 24)
  }

  @Test("a run that is longer than a length can say is cut between pages")
  func longRun() throws {
    var list = ScatterList<2>()
    try list.append(DeviceAddress(rawValue: 0x1000), byteCount: 0xffff_e000)
    try list.append(DeviceAddress(rawValue: 0xffff_f000), byteCount: 0x1_0000_0000)
    let expected: [[UInt64]] = [[0x1000, 0xffff_f000], [0x1_0000_0000, 0xffff_f000]]
    #expect(Self.pieces(list) == expected)
    #expect(list.byteCount == 0x1_ffff_e000)
    #expect(throws: ScatterListError.full(capacity: 2)) {
      try list.append(DeviceAddress(rawValue: 0x1_ffff_f000), byteCount: 1)
    }
  }

  @Test("what does not fit changes nothing, and nothing takes no piece")
  func limits() throws {
    var list = ScatterList<2>()
    try list.append(DeviceAddress(rawValue: 8), byteCount: 0)
    #expect(list.count == 0 && list.segments.count == 0)
    try list.append(DeviceAddress(rawValue: 8), byteCount: 8)
    #expect(throws: ScatterListError.full(capacity: 2)) {
      try list.append(DeviceAddress(rawValue: 16), byteCount: 3 << 32)
    }
    #expect(throws: ScatterListError.outOfRange) {
      try list.append(DeviceAddress(rawValue: .max - 3), byteCount: 5)
    }
    #expect(throws: ScatterListError.outOfRange) {
      try list.append(DeviceAddress(rawValue: 0), byteCount: .max)
    }
    #expect(Self.pieces(list) == [[8, 8]] && list.byteCount == 8)
    // The last address there is, behind which comes no other.
    try list.append(DeviceAddress(rawValue: .max - 3), byteCount: 4)
    #expect(throws: ScatterListError.full(capacity: 2)) {
      try list.append(DeviceAddress(rawValue: 0), byteCount: 4)
    }
  }
}
