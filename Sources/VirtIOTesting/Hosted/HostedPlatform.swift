import Dispatch
import Foundation
public import VirtIO

/// The platform of a driver that runs on a ``HostedMachine``: RAM that QEMU shares, and real time.
///
/// Memory that is given back is overwritten, and giving back what was not taken fails the test.
public struct HostedPlatform: Platform, Sendable {
  /// The RAM behind it: counts allocations, and can make them fail.
  public let memory: HostedMemory
  private let health: HostedHealth

  init(_ memory: HostedMemory, health: HostedHealth) {
    self.memory = memory
    self.health = health
  }

  /// Takes whole pages, zeroed; nil if there are not that many in a row.
  public func allocate(byteCount: Int, alignment: Int) -> CoherentRegion? {
    memory.allocate(byteCount: byteCount, alignment: alignment)
  }

  /// Takes pages for pixels, zeroed: scattered, if ``HostedMemory/scatter(_:)`` says so.
  public func allocateScattered(byteCount: Int) -> CoherentRegion? {
    memory.allocateScattered(byteCount: byteCount)
  }

  /// Where a device sees a byte of a region, up to the end of its page if that is scattered.
  public func segment(of region: CoherentRegion, at offset: Int) -> Segment {
    memory.segment(of: region, at: offset)
  }

  /// Gives pages back.
  public func free(_ region: CoherentRegion) { memory.free(region) }

  /// The time since this computer was started.
  ///
  /// Once the machine has failed there is nothing to wait for, and an hour passes with every look.
  public var now: Nanoseconds {
    // Whoever polls looks at the clock each time: a good moment to let QEMU have the core.
    _ = sched_yield()
    let hours = Nanoseconds.seconds(3600 &* health.hoursPassed)
    return Nanoseconds(rawValue: DispatchTime.now().uptimeNanoseconds &+ hours.rawValue)
  }
}
