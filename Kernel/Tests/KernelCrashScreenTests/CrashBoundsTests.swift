import Testing
import VirtIO

@testable import KernelCrashScreen

/// What bounds the work of a crash screen.
@Suite struct CrashBoundsTests {
  /// A clock that goes as it is told.
  private final class Clock: Platform {
    var time: UInt64 = 0
    let step: UInt64
    init(step: UInt64) { self.step = step }

    func allocate(byteCount: Int, alignment: Int) -> CoherentRegion? { nil }
    func free(_ region: CoherentRegion) {}
    var now: Nanoseconds {
      time &+= step
      return Nanoseconds(rawValue: time)
    }
  }

  private static func looks(step: UInt64, limit: Int) -> Int {
    let clock = Clock(step: step)
    var waiter = CrashWaiter(timeout: .milliseconds(1), looks: limit)
    var count = 0
    while waiter.wait(on: clock) { count += 1 }
    let isAgain = waiter.wait(on: clock)
    #expect(!isAgain)
    return count
  }

  @Test("a wait ends by the clock")
  func time() { #expect(Self.looks(step: 1000, limit: .max) == 1000) }

  @Test("a wait ends after so many looks, however slow the clock is", arguments: [1, 1000])
  func looks(limit: Int) { #expect(Self.looks(step: 1, limit: limit) == limit) }

  @Test("memory is handed out from the start, aligned, until there is none")
  func memory() {
    func offset(_ used: Int, _ byteCount: Int, _ alignment: Int, of total: Int = 8192) -> Int? {
      CrashMemory.offset(after: used, of: total, byteCount: byteCount, alignment: alignment)
    }
    #expect(offset(0, 16, 16) == 0)
    #expect(offset(1, 16, 64) == 64)
    #expect(offset(64, 1, 64) == 64)
    #expect(offset(1, 4096, 4096) == 4096)
    #expect(offset(1, 4097, 4096) == nil)
    #expect(offset(8192, 1, 1) == nil)
    #expect(offset(4097, 1, 4096) == nil)
    for bad in [
      (0, 0, 1), (0, -1, 1), (0, 1, 0), (0, 1, 3), (0, 1, 8192), (0, .max, 1), (9000, 1, 1),
    ] {
      #expect(offset(bad.0, bad.1, bad.2) == nil)
    }
    #expect(offset(.max, 1, 4096, of: .max) == nil)
  }
}
