internal import KernelAArch64
package import KernelMemory
public import VirtIO

/// The board as drivers see it: pages of RAM for DMA, and the generic timer.
///
/// RAM is mapped to itself, and the device tree has said that devices snoop the caches, so a device's
/// address is the CPU's.
public struct BoardPlatform: Platform {
  private let counter = Counter()

  init() {}

  /// Takes whole pages, zeroed; nil if there are not that many in a row.
  public func allocate(byteCount: Int, alignment: Int) -> CoherentRegion? {
    Self.allocate(byteCount: byteCount, alignment: alignment)
  }

  static func allocate(byteCount: Int, alignment: Int) -> CoherentRegion? {
    let pageSize = PageAllocator.pageByteCount
    guard byteCount > 0, byteCount <= Int.max - pageSize else { return nil }
    let pageCount = (byteCount &+ pageSize &- 1) / pageSize
    guard
      let run = try? unsafe Pages.allocator?.allocate(
        pageCount: pageCount, alignment: max(alignment, pageSize), owner: .driver),
      let base = unsafe UnsafeMutableRawPointer(bitPattern: UInt(run.address))
    else { return nil }
    // SAFETY: the pages are RAM, mapped, and nobody else's.
    unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: pageCount &* pageSize)
    return unsafe CoherentRegion(
      base: base, deviceAddress: DeviceAddress(rawValue: run.address), byteCount: byteCount)
  }

  /// Gives pages back.
  public func free(_ region: CoherentRegion) { Self.free(region) }

  static func free(_ region: CoherentRegion) {
    do {
      try unsafe Pages.allocator?.free(region.deviceAddress.rawValue, owner: .driver)
    } catch {
      panic(
        "memory was given back that was not taken: \(hexadecimal: region.deviceAddress.rawValue)")
    }
  }

  /// The time since the machine was started.
  public var now: Nanoseconds { Nanoseconds(rawValue: counter.nanoseconds) }
}

extension InterruptPlatform {
  /// Lets time pass until `moment`; none if it has passed already. The CPU sleeps if interrupts can
  /// wake it, else it is kept busy. Gives up on a clock that stands still.
  public func wait(until moment: Nanoseconds) { wait(until: moment, unless: { false }) }

  /// Lets time pass until `moment`, or until `isAwake` says that an interrupt has told of something.
  public func wait(until moment: Nanoseconds, unless isAwake: () -> Bool) {
    var waiter = PollingWaiter(timeout: moment.since(now))
    while now < moment, !isAwake(), waiter.wait(on: self) { sleep(until: moment, unless: isAwake) }
  }
}

/// The pages of the machine.
package enum Pages {
  // One CPU runs this kernel, and its interrupt handlers do not allocate.
  package nonisolated(unsafe) static var allocator: PageAllocator?
}
