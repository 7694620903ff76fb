internal import VirtBoard
internal import VirtIO

/// The memory of a crash screen: one piece that was set aside while there was order, handed out from its
/// start on and never taken back.
struct CrashMemory {
  private let region: CoherentRegion
  private var usedByteCount = 0

  init(_ region: CoherentRegion) { self.region = region }

  /// The next bytes, zeroed, whatever has been written there by mistake; nil if there are not so many left.
  mutating func take(byteCount: Int, alignment: Int) -> CoherentRegion? {
    guard
      let offset = Self.offset(
        after: usedByteCount, of: region.byteCount, byteCount: byteCount, alignment: alignment)
    else { return nil }
    usedByteCount = offset &+ byteCount
    // SAFETY: the bytes lie in the region, and have been handed to nobody else.
    unsafe (region.base + offset).initializeMemory(
      as: UInt8.self, repeating: 0, count: byteCount)
    return unsafe CoherentRegion(
      base: region.base + offset, deviceAddress: region.deviceAddress.advanced(by: offset),
      byteCount: byteCount)
  }

  /// Where the next piece starts, in a region that is aligned to 4096; nil if it would not fit.
  static func offset(after used: Int, of total: Int, byteCount: Int, alignment: Int) -> Int? {
    guard byteCount > 0, alignment > 0, alignment <= 4096, alignment & (alignment &- 1) == 0,
      used >= 0, used <= total
    else { return nil }
    let offset = used.addingReportingOverflow(alignment &- 1)
    let start = offset.partialValue & ~(alignment &- 1)
    guard !offset.overflow, start <= total, byteCount <= total &- start else { return nil }
    return start
  }
}

/// The board as a crash screen sees it: its own memory, and the timer.
///
/// Memory is maintained for devices that do not snoop the caches. Those that do lose nothing by it, and
/// one kind of memory is half the code.
struct CrashPlatform: Platform {
  private let board: BoardPlatform

  init(_ board: BoardPlatform) { self.board = board }

  // One CPU runs this kernel. It is written at boot, and then by the crash screen.
  nonisolated(unsafe) static var memory: CrashMemory?

  func allocate(byteCount: Int, alignment: Int) -> NonCoherentRegion<BoardCaches>? {
    guard let region = unsafe Self.memory?.take(byteCount: byteCount, alignment: alignment) else {
      return nil
    }
    // SAFETY: the same memory, of which nobody else knows.
    return unsafe NonCoherentRegion(
      base: region.base, deviceAddress: region.deviceAddress, byteCount: region.byteCount,
      caches: BoardCaches())
  }

  /// Nothing: nobody will want it.
  func free(_ region: NonCoherentRegion<BoardCaches>) {}

  var now: Nanoseconds { board.now }
}
