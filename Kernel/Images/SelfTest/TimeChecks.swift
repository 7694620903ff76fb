import KernelAArch64
import VirtBoard

/// Time passes, in one direction, and as fast as it is said to.
enum TimeChecks {
  /// A delay is never shorter than told, and at best not twice as long: QEMU may be held up at any time.
  static func delay() -> SelfTest.Result {
    let counter = Counter()
    let times: InlineArray<4, UInt64> = [0, 100_000, 1_000_000, 20_000_000]
    for index in times.indices {
      let time = times[index]
      var shortest = UInt64.max
      for _ in 0..<10 {
        let start = counter.ticks
        guard counter.delay(nanoseconds: time) else { return .failed("the counter stands still") }
        // By ticks, and rounded up, lest the check round as what it checks does.
        let ticks = (counter.ticks - start) * 1_000_000_000
        guard ticks >= time * counter.frequency else { return .failed("less than \(time) ns") }
        shortest = min(shortest, ticks / counter.frequency)
      }
      guard shortest <= max(2 * time, 100_000) else {
        return .failed("\(shortest) ns instead of \(time)")
      }
    }
    return .passed(times.count)
  }

  static func isMonotonic() -> SelfTest.Result {
    let counter = Counter()
    let first = counter.nanoseconds
    var last = first
    for _ in 0..<100_000 {
      let now = counter.nanoseconds
      guard now >= last else { return .failed("\(now) ns after \(last)") }
      last = now
    }
    return last > first ? .passed(100_000) : .failed("the clock stands still")
  }
}
