import Testing
import VirtIO

@Suite("Nanoseconds")
struct NanosecondsTests {
  @Test("units")
  func units() {
    #expect(Nanoseconds.microseconds(3).rawValue == 3000)
    #expect(Nanoseconds.milliseconds(3).rawValue == 3_000_000)
    #expect(Nanoseconds.seconds(3).rawValue == 3_000_000_000)
  }

  @Test("times too long to count are the longest there is")
  func saturation() {
    #expect(Nanoseconds.seconds(18_446_744_073).rawValue == 18_446_744_073_000_000_000)
    #expect(Nanoseconds.seconds(18_446_744_074).rawValue == .max)
    #expect(Nanoseconds.seconds(.max).rawValue == .max)
    #expect(Nanoseconds.milliseconds(.max / 1_000_000 + 1).rawValue == .max)
    #expect(Nanoseconds.microseconds(.max / 1000 + 1).rawValue == .max)
    #expect(Nanoseconds.microseconds(.max / 1000).rawValue == UInt64.max / 1000 * 1000)
  }

  @Test("a moment that is not after another is no time after it")
  func since() {
    let early = Nanoseconds(rawValue: 10)
    let late = Nanoseconds(rawValue: 25)
    #expect(late.since(early).rawValue == 15)
    #expect(early.since(late).rawValue == 0)
    #expect(early.since(early).rawValue == 0)
    #expect(early < late && !(late < early) && !(late < late))
  }
}
