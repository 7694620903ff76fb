/// Numbers the pages of all banks: those of a bank in a row, with one number between banks, before
/// the first and after the last that stands for no page, so that no run crosses them.
struct BankMap: ~Copyable {
  private struct Bank: BitwiseCopyable {
    var start: UInt64 = 0
    var end: UInt64 = 0
    var firstIndex = 0
  }

  private var banks = InlineArray<32, Bank>(repeating: Bank())

  /// How many banks there are.
  private(set) var count = 0

  /// One more than the greatest number.
  private(set) var end = 1

  /// Where the records lie, once they have a place.
  private var records: Range<UInt64> = 0..<0

  /// The bank that ``nextFree(_:)`` looks at, and the address up to which it has.
  private var cursorBank = 0
  private var cursor: UInt64 = 0

  init(_ ranges: Span<Range<UInt64>>) throws(PageError) {
    guard ranges.count <= 32 else { throw .tooMuchMemory }
    for index in ranges.indices {
      let range = ranges[index]
      let start = max(Self.roundUp(range.lowerBound), 4096)
      let last = max(range.upperBound & ~4095, start)
      banks[count] = Bank(start: start, end: last, firstIndex: end)
      count &+= 1
      end &+= Int(truncatingIfNeeded: (last &- start) &>> 12) &+ 1
      guard end < 1 << 30 else { throw .tooMuchMemory }
    }
  }

  /// Keeps the records out of what is free, and starts over with it.
  mutating func place(records range: Range<UInt64>) {
    records = range
    cursor = 0
    cursorBank = 0
  }

  private static func roundUp(_ address: UInt64) -> UInt64 {
    address > ~4095 ? ~4095 : (address &+ 4095) & ~4095
  }

  /// The number of the page at an address, if it lies in a bank.
  mutating func index(of address: UInt64) -> Int? {
    var bank = 0
    while bank < count {
      if address >= banks[bank].start, address < banks[bank].end {
        return banks[bank].firstIndex
          &+ Int(truncatingIfNeeded: (address &- banks[bank].start) &>> 12)
      }
      bank &+= 1
    }
    return nil
  }

  /// The address of a page that has a number.
  mutating func address(of index: Int) -> UInt64 {
    var bank = count &- 1
    while bank > 0, index < banks[bank].firstIndex { bank &-= 1 }
    return banks[bank].start &+ UInt64(index &- banks[bank].firstIndex) &<< 12
  }

  /// The next whole pages that neither `reserved`, nor an earlier bank, nor the records touch;
  /// `nil` after the last, and then the first ones again.
  @inline(never)
  mutating func nextFree(_ reserved: Span<Range<UInt64>>) -> Range<UInt64>? {
    while cursorBank < count {
      let free = free(from: max(cursor, banks[cursorBank].start), in: cursorBank, reserved)
      if !free.isEmpty {
        cursor = free.upperBound
        return free
      }
      cursor = 0
      cursorBank &+= 1
    }
    cursorBank = 0
    return nil
  }

  /// The next such pages of a bank, at `start` or after it.
  private mutating func free(
    from start: UInt64, in bank: Int, _ reserved: Span<Range<UInt64>>
  ) -> Range<UInt64> {
    let limit = banks[bank].end
    var start = start
    var end = limit
    // Going past an obstacle may run into one seen before: start again, at most once for each.
    var number = 0
    while number <= bank &+ reserved.count {
      var obstacle = records
      if number < bank {
        obstacle = banks[number].start..<banks[number].end
      } else if number > bank {
        obstacle = reserved[number &- bank &- 1]
      }
      number &+= 1
      let first = obstacle.lowerBound & ~4095
      let past = Self.roundUp(obstacle.upperBound)
      if obstacle.isEmpty || past <= start { continue }
      if first <= start {
        start = past
        end = limit
        number = 0
      } else if first < end {
        end = first
      }
    }
    return start < limit ? start..<end : 0..<0
  }
}
