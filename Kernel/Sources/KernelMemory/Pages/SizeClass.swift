/// Sorts runs by size: classes of one size up to 15 pages, then eight classes from each power of
/// two to the next.
enum SizeClass {
  /// How many classes there are: enough for 2^32 pages.
  static var count: Int { 256 }

  /// The class that runs of so many pages are in. At least 1 page.
  static func index(of pageCount: Int) -> Int {
    let shift = max(0, 60 &- pageCount.leadingZeroBitCount)
    return shift &* 8 &+ pageCount &>> shift
  }

  /// The first class in which every run has so many pages.
  static func index(holding pageCount: Int) -> Int {
    let shift = max(0, 60 &- pageCount.leadingZeroBitCount)
    return index(of: pageCount &+ (1 &<< shift) &- 1)
  }
}

/// A set of size classes.
struct SizeClassSet {
  private var words = InlineArray<4, UInt64>(repeating: 0)

  subscript(index: Int) -> Bool {
    mutating get { words[index >> 6] >> UInt64(index & 63) & 1 == 1 }
    set {
      let bit: UInt64 = 1 << UInt64(index & 63)
      if newValue { words[index >> 6] |= bit } else { words[index >> 6] &= ~bit }
    }
  }

  /// The least member that is `index` or greater.
  mutating func first(from index: Int) -> Int? {
    guard index < SizeClass.count else { return nil }
    var word = index >> 6
    var bits = words[word] & (UInt64.max << UInt64(index & 63))
    while bits == 0 {
      word &+= 1
      guard word < 4 else { return nil }
      bits = words[word]
    }
    return word &* 64 &+ bits.trailingZeroBitCount
  }
}
