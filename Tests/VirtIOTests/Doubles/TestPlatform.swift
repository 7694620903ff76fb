package import VirtIO

/// A kernel for tests: it counts what it hands out, refuses on request, and notes it all.
package final class TestPlatform: Platform, @unchecked Sendable {
  package let journal: Journal
  package let clock: TestClock
  package let memory = DeviceMemory()

  /// Which allocation fails, counted from 0; nil if none does.
  package var failingAllocation: Int?
  /// In which order the device sees the pages of so many; nil if memory is not scattered.
  package var pageOrder: ((Int) -> [Int])?
  /// Where the device sees the pages of what is scattered, by where it starts.
  private var scattered: [UInt: [DeviceAddress]] = [:]
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

  package func allocateScattered(byteCount: Int) -> JournaledRegion? {
    guard let pageOrder else { return allocate(byteCount: byteCount, alignment: 4096) }
    defer { allocationCount += 1 }
    guard byteCount > 0, failingAllocation != allocationCount else { return nil }
    let order = pageOrder((byteCount + 4095) / 4096)
    let (view, addresses) = memory.makeBlock(pagesInOrder: order, byteCount: byteCount)
    scattered[unsafe UInt(bitPattern: view.base)] = addresses
    let region = unsafe CoherentRegion(
      base: view.base, deviceAddress: addresses[0], byteCount: byteCount)
    return JournaledRegion(region, journal: journal)
  }

  package func segment(of region: JournaledRegion, at offset: Int) -> Segment {
    guard let addresses = scattered[unsafe UInt(bitPattern: region.base)] else {
      return Segment(
        address: region.deviceAddress.advanced(by: offset),
        byteCount: UInt32(region.byteCount - offset))
    }
    let rest = offset % 4096
    return Segment(
      address: addresses[offset / 4096].advanced(by: rest), byteCount: UInt32(4096 - rest))
  }

  package func free(_ region: JournaledRegion) {
    if let pages = scattered.removeValue(forKey: unsafe UInt(bitPattern: region.base)) {
      if !memory.freePages(at: pages) { wrongFreeCount += 1 }
      return
    }
    journal.note(.free(region.byteCount))
    if !memory.freeBlock(at: region.deviceAddress, byteCount: region.byteCount) {
      wrongFreeCount += 1
    }
  }

  package var now: Nanoseconds { clock.look() }

  /// Whether all that was handed out came back, once.
  package var isBalanced: Bool { memory.liveCount == 0 && wrongFreeCount == 0 }
}
