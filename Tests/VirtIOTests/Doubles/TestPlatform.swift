package import VirtIO

/// A kernel for tests: it counts what it hands out, refuses on request, and notes it all.
package final class TestPlatform: Platform, @unchecked Sendable {
  package let journal: Journal
  package let clock: TestClock
  package let memory = DeviceMemory()

  /// Which allocation fails, counted from 0; nil if none does.
  package var failingAllocation: Int?
  /// The largest block there is.
  package var largestBlock = 64 << 20
  /// How many allocations were asked for.
  package private(set) var allocationCount = 0
  /// How many times something was given back that had not been handed out, or twice.
  package private(set) var wrongFreeCount = 0
  /// How many times less or more was asked for than ``Platform`` allows.
  package private(set) var wrongRequestCount = 0

  package init(clock: TestClock = TestClock(), journal: Journal = Journal()) {
    self.clock = clock
    self.journal = journal
  }

  package func allocate(byteCount: Int, alignment: Int) -> JournaledRegion? {
    defer { allocationCount += 1 }
    let isSane =
      byteCount > 0 && alignment > 0 && alignment <= 4096 && alignment & (alignment - 1) == 0
    if !isSane { wrongRequestCount += 1 }
    guard isSane, byteCount <= largestBlock, failingAllocation != allocationCount else {
      return nil
    }
    journal.note(.allocate(byteCount, alignment: alignment))
    let (view, address) = memory.makeBlock(byteCount: byteCount, alignment: alignment)
    let region = unsafe CoherentRegion(
      base: view.base, deviceAddress: address, byteCount: byteCount)
    return JournaledRegion(region, journal: journal)
  }

  package func free(_ region: JournaledRegion) {
    journal.note(.free(region.byteCount))
    if !memory.freeBlock(at: region.deviceAddress, byteCount: region.byteCount) {
      wrongFreeCount += 1
    }
  }

  package var now: Nanoseconds { clock.look() }

  /// Whether all that was handed out came back, once.
  package var isBalanced: Bool { memory.liveCount == 0 && wrongFreeCount == 0 }
}
