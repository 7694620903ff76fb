import Testing

@testable import KernelAArch64

@Suite("Cache lines")
struct CacheLinesTests {
  private func lines(_ address: UInt, _ byteCount: Int, line: UInt = 64, granule: UInt? = nil)
    -> CacheLines
  {
    CacheLines(
      address: address, byteCount: byteCount, lineByteCount: line, granule: granule ?? line)
  }

  @Test("S14: the lines of a range are those that hold a byte of it, and whole those with no other")
  func exhaustive() {
    for line: UInt in [16, 64] {
      for granule in [line, 2 * line, 4 * line] {
        for address in UInt(4096)..<4096 + 2 * granule {
          for count in 0..<Int(3 * granule) {
            let found = lines(address, count, line: line, granule: granule)
            let range = address..<address + UInt(count)
            // By looking at each granule and each line of it, rather than by arithmetic.
            var expected = CacheLines(
              address: address, byteCount: 0, lineByteCount: line, granule: granule)
            var wholes: [UInt] = []
            var start: UInt = 4096
            while start < range.upperBound, !range.isEmpty {
              if range.overlaps(start..<start + line) {
                let first = start - start % granule
                if range.contains(first), range.contains(first + granule - 1) {
                  wholes.append(expected.count)
                }
                expected.count += 1
              }
              start += line
            }
            if let first = wholes.first, let last = wholes.last {
              expected.whole = first..<last + 1
            }
            guard found == expected else {
              Issue.record("\(count) bytes at \(address), line \(line), granule \(granule)")
              return
            }
          }
        }
      }
    }
  }

  @Test("nothing, or less than that, has no lines")
  func empty() {
    for address: UInt in [0, 1, 4096, .max] {
      for count in [0, -1, .min] {
        #expect(lines(address, count).count == 0)
        #expect(lines(address, count).whole.isEmpty)
      }
    }
  }

  @Test("a range ends where addresses end")
  func end() {
    let last = UInt.max - 63
    #expect(lines(last, 64) == lines(last, .max))
    #expect(lines(last, 64).first == last)
    #expect(lines(last, 64).count == 1)
    #expect(lines(last, 64).whole == 0..<1)
    #expect(lines(last - 64, 128).whole == 0..<2)
    #expect(lines(last - 1, 64).count == 2)
    #expect(lines(last - 1, 64).whole.isEmpty)
    #expect(lines(last - 1, 65).whole == 1..<2)
    #expect(lines(last - 1, 66) == lines(last - 1, 65))
    #expect(lines(.max, 1).count == 1)
    #expect(lines(.max, 1).whole.isEmpty)
    #expect(lines(last - 64, 128, granule: 256).whole.isEmpty)
    #expect(lines(1, .max).count == UInt(Int.max) / 64 + 1)
    #expect(lines(UInt.max / 2, .max).count == UInt(Int.max) / 64 + 2)
  }
}
