/// The lines of a cache that hold a range of memory.
struct CacheLines: Equatable {
  /// The address of the first line.
  var first: UInt
  /// How many lines there are.
  var count: UInt = 0
  /// Which of them, counted from the first, hold nothing but the range and share no granule with
  /// anything else.
  var whole: Range<UInt> = 0..<0

  /// The lines of a range, which ends where addresses end if it is longer.
  ///
  /// - Parameters:
  ///   - lineByteCount: The size of a line, a power of two.
  ///   - granule: What two owners must not share, a power of two of at least a line: a cache further
  ///     away may have longer lines.
  init(address: UInt, byteCount: Int, lineByteCount line: UInt, granule: UInt) {
    first = address & ~(line &- 1)
    guard byteCount > 0 else { return }
    let (sum, isOver) = address.addingReportingOverflow(UInt(bitPattern: byteCount) &- 1)
    let last = isOver ? UInt.max : sum
    count = (last & ~(line &- 1) &- first) / max(1, line) &+ 1
    // The end of all addresses is 0, and so are these if they lie there: the distance is right.
    let start = ((address &+ (granule &- 1)) & ~(granule &- 1) &- first) / line
    let end = ((last &+ 1) & ~(granule &- 1) &- first) / line
    if start < end, end <= count { whole = start..<end }
  }
}
