public import VirtIO

/// The board as drivers see it, where the device tree does not say `dma-coherent`: the same pages and
/// the same timer as those of ``BoardPlatform``, behind caches that devices do not snoop.
public struct NonCoherentBoardPlatform: InterruptPlatform {
  private let board: BoardPlatform

  /// The same pages and timer, for devices that do not snoop the caches.
  public init(_ board: BoardPlatform) { self.board = board }

  /// Takes whole pages, zeroed; nil if there are not that many in a row.
  public func allocate(byteCount: Int, alignment: Int) -> NonCoherentRegion<BoardCaches>? {
    guard let region = board.allocate(byteCount: byteCount, alignment: alignment) else {
      return nil
    }
    // SAFETY: the same memory, of which nobody else knows.
    return unsafe NonCoherentRegion(
      base: region.base, deviceAddress: region.deviceAddress, byteCount: region.byteCount,
      caches: BoardCaches())
  }

  /// Gives pages back.
  public func free(_ region: NonCoherentRegion<BoardCaches>) {
    // SAFETY: the region that was taken, as it was.
    board.free(
      unsafe CoherentRegion(
        base: region.base, deviceAddress: region.deviceAddress, byteCount: region.byteCount))
  }

  /// The time since the machine was started.
  public var now: Nanoseconds { board.now }

  /// Sleeps as ``BoardPlatform`` does.
  public func sleep(until deadline: Nanoseconds, unless isAwake: () -> Bool) {
    board.sleep(until: deadline, unless: isAwake)
  }
}
