import Testing
import VirtIO
import VirtIOTestDoubles

@Suite("PollingWaiter")
struct PollingWaiterTests {
  @Test("S12: it goes on until the time is up, counted from the first look")
  func deadline() {
    let clock = TestClock(.forwards(100))
    let platform = TestPlatform(clock: clock)
    _ = platform.now
    // Looks at 0, 100, ... 900 are before the end; the one at 1000 is not.
    #expect(count(PollingWaiter(timeout: Nanoseconds(rawValue: 1000)), on: platform) == 10)
    #expect(clock.lookCount == 12)
  }

  @Test("once it gave up it stays so, without another look at the clock")
  func latched() {
    let clock = TestClock(.forwards(10_000))
    let platform = TestPlatform(clock: clock)
    var waiter = PollingWaiter(timeout: .microseconds(10))
    let first = waiter.wait(on: platform)
    let second = waiter.wait(on: platform)
    #expect(first && !second)
    clock.pace = .backwards(20_000)
    let looks = clock.lookCount
    let third = waiter.wait(on: platform)
    #expect(!third && clock.lookCount == looks)
  }

  @Test("T08: with a clock that stands still it ends all the same")
  func still() {
    let platform = TestPlatform(clock: TestClock(.still))
    #expect(count(PollingWaiter(timeout: .seconds(5)), on: platform) <= 1_000_000)
  }

  @Test("T08: with a clock that runs backwards to zero it ends all the same")
  func backwards() {
    let platform = TestPlatform(clock: TestClock(.backwards(7), from: 700_000))
    #expect(count(PollingWaiter(timeout: .seconds(5)), on: platform) <= 1_100_001)
  }

  @Test(
    "T09: near the end of the clock, and beyond it, a wait is as long as ever, or ends all the same"
  )
  func end() {
    // It lasts ten looks, all of them before the end.
    let near = TestPlatform(clock: TestClock(.forwards(100), from: .max - 5000))
    #expect(count(PollingWaiter(timeout: Nanoseconds(rawValue: 1000)), on: near) == 10)
    // The clock starts over: no time passes any more, as far as can be told.
    for timeout in [1000, 1 << 63, .max] as [UInt64] {
      let beyond = TestPlatform(clock: TestClock(.forwards(100), from: .max - 500))
      let looks = count(PollingWaiter(timeout: Nanoseconds(rawValue: timeout)), on: beyond)
      #expect(looks >= 5 && looks <= 1_100_000)
    }
    let longest = TestPlatform(clock: TestClock(.forwards(100)))
    var waiter = PollingWaiter(timeout: .seconds(.max))
    for _ in 0..<1000 {
      let goesOn = waiter.wait(on: longest)
      #expect(goesOn)
    }
  }

  @Test("no time at all is no wait")
  func zero() {
    let platform = TestPlatform()
    #expect(count(.polling(Nanoseconds(rawValue: 0)), on: platform) == 0)
  }

  @Test("a copy waits afresh")
  func copies() {
    let platform = TestPlatform(clock: TestClock(.forwards(100)))
    let waiter = PollingWaiter(timeout: Nanoseconds(rawValue: 300))
    #expect(count(waiter, on: platform) == 3)
    #expect(count(waiter, on: platform) == 3)
  }

  private func count(_ waiter: PollingWaiter, on platform: TestPlatform) -> Int {
    var waiter = waiter
    var count = 0
    while count < 2_000_000, waiter.wait(on: platform) { count += 1 }
    return count
  }
}
