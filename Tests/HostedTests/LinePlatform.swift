import VirtIO
import VirtIOTesting

/// A hosted machine on which somebody can sleep until a device pulls its line: whoever sleeps asks the
/// device, in the interrupt's place.
struct LinePlatform<Source: InterruptSource>: InterruptPlatform {
  private let base: HostedPlatform
  /// Called as long as somebody sleeps.
  private let handler: Box

  private final class Box: @unchecked Sendable {
    // Set before anybody sleeps, on the thread that sleeps.
    var handler: InterruptHandler<Source>?
  }

  init(_ base: HostedPlatform, interruptedBy source: Source.Type) {
    self.base = base
    handler = Box()
  }

  /// Leads the line to a handler.
  func connect(_ handler: InterruptHandler<Source>) { self.handler.handler = handler }

  func allocate(byteCount: Int, alignment: Int) -> CoherentRegion? {
    base.allocate(byteCount: byteCount, alignment: alignment)
  }

  func free(_ region: CoherentRegion) { base.free(region) }

  var now: Nanoseconds { base.now }

  func sleep(until deadline: Nanoseconds, unless isAwake: () -> Bool) {
    while !isAwake(), now < deadline { _ = handler.handler?.handleLineInterrupt() }
  }
}
