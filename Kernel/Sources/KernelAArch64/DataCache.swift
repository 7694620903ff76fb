internal import KernelBoot

/// The data cache, for memory that a device accesses without looking into it.
///
/// Each call is over when it returns: what it wrote has arrived in memory, what it dropped is not
/// found any more. Memory that such a device writes must not share a line with anything else.
///
/// Any context may call these; none blocks. The range must be mapped.
///
/// - Spec: Arm Architecture Reference Manual, D7.5 "Cache support", maintenance by virtual address to
///   the point of coherency
public enum DataCache {
  /// The size of the shortest line of any data cache, in bytes: `CTR_EL0.DminLine`.
  public static var lineByteCount: Int { 4 << Int(kernel_cache_type() >> 16 & 15) }

  /// What only one owner should lie in, in bytes: as much as any cache writes back at a time, from a
  /// line up to 2048. `CTR_EL0.CWG`, which a CPU need not tell: then it is the most there can be.
  public static var granuleByteCount: Int {
    let logarithm = Int(kernel_cache_type() >> 24 & 15)
    return max(lineByteCount, 4 << (logarithm == 0 ? 9 : logarithm))
  }

  /// Waits for all maintenance so far, and for the accesses before it.
  public static func synchronize() { kernel_finish_maintenance() }

  /// Writes back what the cache holds of a range and keeps it: before a device reads.
  public static func clean(_ address: UInt, byteCount: Int) {
    let line = UInt(bitPattern: lineByteCount)
    let lines = lines(address, byteCount, line)
    for index in 0..<lines.count { kernel_clean_line(lines.first &+ index &* line) }
    kernel_finish_maintenance()
  }

  /// Drops what the cache holds of a range: after a device has written, before the CPU reads.
  ///
  /// Lines that something outside the range may lie in are written back before. If the CPU has
  /// changed such a line meanwhile, what the device wrote there is lost.
  public static func invalidate(_ address: UInt, byteCount: Int) {
    let line = UInt(bitPattern: lineByteCount)
    let lines = lines(address, byteCount, line)
    for index in 0..<lines.count {
      let place = lines.first &+ index &* line
      if lines.whole.contains(index) {
        kernel_invalidate_line(place)
      } else {
        kernel_clean_and_invalidate_line(place)
      }
    }
    kernel_finish_maintenance()
  }

  /// Writes back what the cache holds of a range and drops it: before a device writes and the CPU
  /// reads it, and where the CPU may have written.
  public static func cleanAndInvalidate(_ address: UInt, byteCount: Int) {
    let line = UInt(bitPattern: lineByteCount)
    let lines = lines(address, byteCount, line)
    for index in 0..<lines.count {
      kernel_clean_and_invalidate_line(lines.first &+ index &* line)
    }
    kernel_finish_maintenance()
  }

  private static func lines(_ address: UInt, _ byteCount: Int, _ line: UInt) -> CacheLines {
    CacheLines(
      address: address, byteCount: byteCount, lineByteCount: line,
      granule: UInt(bitPattern: granuleByteCount))
  }
}
