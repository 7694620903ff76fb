/// Reads that answer 0 where they would run out of bounds.
extension Span<UInt8> {
  @inline(never)
  func byte(at offset: Int) -> UInt8 {
    offset >= 0 && offset < count ? self[offset] : 0
  }

  /// The big-endian 32-bit number at `offset`.
  @inline(never)
  func word(at offset: Int) -> UInt32 {
    guard offset >= 0, count >= 4, offset <= count &- 4 else { return 0 }
    return UInt32(self[offset]) << 24 | UInt32(self[offset &+ 1]) << 16
      | UInt32(self[offset &+ 2]) << 8 | UInt32(self[offset &+ 3])
  }

  /// The big-endian number in the `cells` words at `offset`; only the last two count.
  @inline(never)
  func number(at offset: Int, cells: Int) -> UInt64 {
    var number: UInt64 = 0
    var cell = 0
    while cell < cells {
      number = number << 32 | UInt64(word(at: offset &+ cell &* 4))
      cell &+= 1
    }
    return number
  }

  /// The byte that follows `text`, if that lies at `offset` and both before `end`; else `nil`.
  @inline(never)
  func byte(after text: Span<UInt8>, at offset: Int, end: Int) -> UInt8? {
    guard offset >= 0, end <= count, offset < end, text.count < end &- offset else { return nil }
    var index = 0
    while index < text.count {
      guard byte(at: offset &+ index) == text.byte(at: index) else { return nil }
      index &+= 1
    }
    return byte(at: offset &+ index)
  }

  /// The bytes before the first `separator`; all if there is none.
  @_lifetime(copy self)
  @inline(never)
  func prefix(until separator: UInt8) -> Span<UInt8> {
    var length = 0
    while length < count, byte(at: length) != separator { length &+= 1 }
    return extracting(first: length)
  }
}
