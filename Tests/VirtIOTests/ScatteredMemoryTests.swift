import Testing
import VirtIO
import VirtIOTestDoubles

@Suite("Scattered memory")
struct ScatteredMemoryTests {
  private static let page: UInt64 = 4096

  /// A platform whose memory lies where a test says, whatever else it is.
  private struct Pieces: Platform {
    let base = TestPlatform()
    /// Where the pieces lie, and how long they are.
    let pieces: [Segment]

    func allocate(byteCount: Int, alignment: Int) -> JournaledRegion? {
      base.allocate(byteCount: byteCount, alignment: alignment)
    }

    func free(_ region: JournaledRegion) { base.free(region) }

    func segment(of region: JournaledRegion, at offset: Int) -> Segment {
      var rest = offset
      for piece in pieces {
        if rest < piece.byteCount {
          return Segment(
            address: piece.address.advanced(by: rest), byteCount: piece.byteCount - UInt32(rest))
        }
        rest -= Int(piece.byteCount)
      }
      return Segment(address: DeviceAddress(rawValue: 0), byteCount: 0)
    }

    var now: Nanoseconds { base.now }

    /// The pieces that a device is told of, as numbers. Nobody looks at the memory itself.
    func told(_ range: Range<Int>) throws -> [[UInt64]] {
      let buffer = try DMABuffer(scattering: 4096, from: self)
      var result: [[UInt64]] = []
      buffer.forEachSegment(from: range.lowerBound, byteCount: range.count, on: self) {
        result.append([$0.address.rawValue, UInt64($0.byteCount)])
      }
      buffer.free(to: self)
      return result
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
  func pages(seed: UInt64) throws {
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
    let platform = Pieces(
      pieces: addresses.map {
        Segment(address: DeviceAddress(rawValue: $0), byteCount: UInt32(Self.page))
      })
    #expect(try platform.told(0..<40 * 4096) == Self.model(addresses))
    // From the middle of a page to the middle of another.
    var part = Self.model(Array(addresses[3...17]))
    part[0][0] += 100
    part[0][1] -= 100
    part[part.count - 1][1] -= 4096 - 200
    #expect(try platform.told(3 * 4096 + 100..<17 * 4096 + 200) == part)
  }

  @Test("a run that is longer than a length can say is cut between pages")
  func longRun() throws {
    let platform = Pieces(pieces: [
      Segment(address: DeviceAddress(rawValue: 0x1000), byteCount: 0xffff_e000),
      Segment(address: DeviceAddress(rawValue: 0xffff_f000), byteCount: 0xffff_f000),
      Segment(address: DeviceAddress(rawValue: 0x1_ffff_e000), byteCount: 0x1000),
    ])
    let told = try platform.told(0..<0x1_ffff_e000)
    #expect(told.allSatisfy { $0[1] <= 0xffff_f000 && $0[1] % 4096 == 0 })
    #expect(told.reduce(0) { $0 + $1[1] } == 0x1_ffff_e000)
    #expect(zip(told, told.dropFirst()).allSatisfy { $0[0] + $0[1] == $1[0] })
  }

  @Test("a platform that names no piece is asked to the end, and no further")
  func nothing() throws {
    #expect(try Pieces(pieces: []).told(0..<3) == [[0, 1], [0, 1], [0, 1]])
  }
}
