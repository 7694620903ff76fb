import VirtIO

/// Memory to try things in. What should be in it is computed, byte by byte, never copied: compilers
/// turn loops that copy into calls of what is to be checked.
@safe
struct Arena {
  /// The first byte, at a page's start.
  let base: UnsafeMutablePointer<UInt8>
  static var byteCount: Int { 16384 }

  init(_ region: CoherentRegion) {
    // SAFETY: the region has that many bytes, and nobody else uses it.
    unsafe base = region.base.bindMemory(to: UInt8.self, capacity: Self.byteCount)
  }

  /// A byte that tells its place from the others near it.
  @inline(__always)
  static func pattern(_ place: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: place &* 37 &+ (place >> 8) &* 11 &+ 5)
  }

  /// Fills a part with the pattern of its places.
  @inline(never)
  func reset(_ part: Range<Int>) {
    for place in part {
      // SAFETY: parts lie in the arena.
      unsafe base[place] = Self.pattern(place)
    }
  }

  /// The first place of a part that does not hold what it should: within `changed` the pattern from
  /// `source` on, or a value, and its own pattern elsewhere.
  @inline(never)
  func firstWrong(
    in part: Range<Int>, changed: Range<Int>, source: Int = 0, value: UInt8? = nil
  ) -> Int? {
    for place in part {
      let isChanged = changed.contains(place)
      let from = isChanged ? source &+ place &- changed.lowerBound : place
      let expected = isChanged ? value ?? Self.pattern(from) : Self.pattern(from)
      // SAFETY: parts lie in the arena.
      guard unsafe base[place] == expected else { return place }
    }
    return nil
  }
}
