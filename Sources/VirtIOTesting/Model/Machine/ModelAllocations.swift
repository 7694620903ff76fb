/// Who owns which memory of the guest.
struct ModelAllocations {
  /// A piece of memory that the driver has or had.
  struct Piece {
    var range: ModelRange
    var isLive: Bool
  }

  /// What freed memory is filled with.
  static let poison: UInt8 = 0xdb

  /// All that was ever handed out; the index is its number.
  private(set) var pieces: [Piece] = []
  /// How many requests there were.
  private(set) var requestCount = 0
  /// Which requests fail: those in this range of numbers, from 0 on.
  var failing: Range<Int> = 0..<0
  /// Pieces that can be handed out again.
  private var free: [ModelRange]
  private(set) var liveByteCount: UInt64 = 0
  private(set) var peakByteCount: UInt64 = 0

  /// Lengths are rounded up to this.
  private let granule: UInt64

  /// - Parameter granule: 64, so that two pieces never share a line; less for a platform that leaves
  ///   that to the driver.
  init(_ memory: ModelRange, granule: UInt64 = 64) {
    free = [memory]
    self.granule = granule
  }

  /// How many pieces the driver has now.
  var liveCount: Int { pieces.count { $0.isLive } }

  /// Takes memory; nil if there is none, or if this request is to fail.
  mutating func take(byteCount: Int, alignment: Int) -> Int? {
    let request = requestCount
    requestCount += 1
    guard byteCount > 0, alignment > 0, alignment & (alignment - 1) == 0, alignment <= 1 << 20,
      !failing.contains(request)
    else { return nil }
    let length = padded(UInt64(byteCount))
    let mask = UInt64(alignment) &- 1
    for index in free.indices {
      let start = (free[index].start &+ mask) & ~mask
      let gap = start &- free[index].start
      guard gap <= free[index].byteCount, length <= free[index].byteCount &- gap else { continue }
      let whole = free.remove(at: index)
      let rest = whole.byteCount &- gap &- length
      if rest > 0 { free.insert(ModelRange(start: start &+ length, byteCount: rest), at: index) }
      if gap > 0 { free.insert(ModelRange(start: whole.start, byteCount: gap), at: index) }
      pieces.append(
        Piece(range: ModelRange(start: start, byteCount: UInt64(byteCount)), isLive: true))
      liveByteCount &+= UInt64(byteCount)
      peakByteCount = max(peakByteCount, liveByteCount)
      return pieces.count - 1
    }
    return nil
  }

  private func padded(_ byteCount: UInt64) -> UInt64 {
    (byteCount &+ granule &- 1) & ~(granule &- 1)
  }

  /// Gives a piece back; false if nobody has it.
  mutating func release(_ number: Int) -> Bool {
    guard pieces.indices.contains(number), pieces[number].isLive else { return false }
    pieces[number].isLive = false
    let range = pieces[number].range
    liveByteCount &-= range.byteCount
    free.append(ModelRange(start: range.start, byteCount: padded(range.byteCount)))
    free.sort { $0.start < $1.start }
    for index in free.indices.dropFirst().reversed()
    where free[index - 1].start &+ free[index - 1].byteCount == free[index].start {
      free[index - 1].byteCount &+= free[index].byteCount
      free.remove(at: index)
    }
    return true
  }

  /// The live piece that holds all of a range.
  func holder(of range: ModelRange) -> Int? {
    pieces.lastIndex { $0.isLive && $0.range.contains(range) }
  }
}
