import VirtIO

/// The memory BARs that stay where firmware has placed them: the first 32 of them, as more are hardly there.
struct KeptRanges {
  private var first = FixedArray<32, UInt64>(repeating: 0)
  private var last = FixedArray<32, UInt64>(repeating: 0)
  private var count: UInt8 = 0

  /// Adds the BARs of a function that has addresses.
  ///
  /// - Returns: False if one of them lies over another, of this or of an earlier function; none is added then.
  @inline(never)
  mutating func keep<Access>(_ configuration: RegisterWindow<Access>) -> Bool {
    let before = count
    let sizing = BARSizing(configuration)
    var isFree = true
    sizing.forEach { _, bar in
      if bar.isMemory, bar.address != 0, !insert(bar) { isFree = false }
    }
    sizing.finish()
    if !isFree { count = before }
    return isFree
  }

  private mutating func insert(_ bar: BAR) -> Bool {
    let end = bar.address &+ (bar.byteCount &- 1)
    for index in 0..<32
    where index < Int(count) && bar.address <= last[index] && first[index] <= end {
      return false
    }
    guard count < 32 else { return true }
    first[Int(count)] = bar.address
    last[Int(count)] = end
    count &+= 1
    return true
  }
}
