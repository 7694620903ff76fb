import Testing

@testable import KernelAArch64

@Suite("Counter")
struct CounterTests {
  static let frequencies: [UInt32] = [1, 19_200_000, 62_500_000, 1_000_000_000, .max]
  static let ticks: [UInt64] = [
    0, 1, 2, 999, 62_500_000, 1 << 32, .max / 1_000_000_000, 1 << 55, 1 << 56, .max / 3, .max - 1,
    .max,
  ]

  /// `ticks * factor / divisor` by 128 bits, at most the greatest number.
  private func product(_ count: UInt64, _ factor: UInt64, _ divisor: UInt64, up: Bool) -> UInt64 {
    let wide = UInt128(count) * UInt128(factor) + UInt128(up ? divisor - 1 : 0)
    return UInt64(exactly: wide / UInt128(divisor)) ?? .max
  }

  @Test("T08, S5: ticks become nanoseconds exactly, and stay at the end of the range")
  func nanoseconds() {
    for frequency in Self.frequencies {
      var last: UInt64 = 0
      for ticks in Self.ticks {
        let found = Counter.nanoseconds(ticks: ticks, frequency: frequency)
        #expect(found == product(ticks, 1_000_000_000, UInt64(frequency), up: false))
        #expect(found >= last)
        last = found
      }
    }
    #expect(Counter.nanoseconds(ticks: 1, frequency: 62_500_000) == 16)
    #expect(Counter.nanoseconds(ticks: 1, frequency: 1) == 1_000_000_000)
    #expect(Counter.nanoseconds(ticks: .max, frequency: 62_500_000) == .max)
    #expect(Counter.nanoseconds(ticks: 5, frequency: 0) != 0)
  }

  @Test("never backwards from one tick to the next, wherever seconds and the end are")
  func monotonic() {
    for frequency in Self.frequencies {
      let second = UInt64(frequency)
      let end = product(.max, second, 1_000_000_000, up: false)
      let middles: [UInt64] = [second, 2 * second, 1_000_000 * second, end, .max]
      for middle in middles {
        var last: UInt64 = 0
        let first = middle < 200 ? 0 : middle - 200
        for ticks in first...(middle > .max - 200 ? .max : middle + 200) {
          let now = Counter.nanoseconds(ticks: ticks, frequency: frequency)
          if now < last { Issue.record("\(now) after \(last) at \(ticks), \(frequency) Hz") }
          last = now
        }
      }
    }
  }

  @Test("S5: a delay takes as many ticks as it needs, rounded up")
  func ticks() {
    for frequency in Self.frequencies {
      for time in Self.ticks {
        let found = Counter.ticks(nanoseconds: time, frequency: frequency)
        #expect(found == product(time, UInt64(frequency), 1_000_000_000, up: true))
      }
    }
  }

  @Test(
    "S5: a delay lasts as long as told from wherever in a tick it starts, and one tick more at most"
  )
  func delay() {
    for frequency in Self.frequencies.dropFirst() {
      for time: UInt64 in [0, 1, 16, 17, 1000, 1_000_000] {
        var now: UInt64 = 1000
        let isOver = Counter.delay(time, frequency: frequency) {
          defer { now += 1 }
          return now
        }
        #expect(isOver)
        // The first reading may be as late in its tick as can be: that tick has not passed.
        let passed = now - 1 - 1000
        let needed = Counter.ticks(nanoseconds: time, frequency: frequency)
        #expect(time == 0 ? passed == 0 : passed == needed + 1)
      }
    }
  }

  @Test("T08: a delay gives up on a counter that stands still, at once or later")
  func standstill() {
    for moves: UInt64 in [0, 5] {
      var readCount: UInt64 = 0
      let isOver = Counter.delay(1_000_000, frequency: 1_000_000_000) {
        readCount += 1
        return min(readCount, moves)
      }
      #expect(!isOver)
      #expect(readCount > 1_000_000 && readCount < 1_100_000)
    }
  }

  @Test("a delay across the end of the counter's range ends too")
  func wrapping() {
    var now = UInt64.max - 3
    let isOver = Counter.delay(10, frequency: 1_000_000_000) {
      defer { now &+= 1 }
      return now
    }
    #expect(isOver && now < 100)
  }
}
