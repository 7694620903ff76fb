/// Which glyph shows a character: a table by the character's hash, with room for 1,536 of them.
struct ScalarIndex: BitwiseCopyable {
  /// A character in the upper 21 bits, its glyph in the others; all ones where there is none.
  private var slots = InlineArray<2048, UInt32>(repeating: .max)
  private var count = 0

  /// Whether everything found room.
  private(set) var isComplete = true

  /// Notes a glyph, if there is none for the character yet.
  mutating func insert(_ scalar: Unicode.Scalar, glyph: Int) {
    guard count < 1536, glyph < 2048 else {
      isComplete = false
      return
    }
    var place = Self.place(scalar)
    // A quarter of the slots is always free: this ends.
    while slots[place] != .max {
      if slots[place] >> 11 == scalar.value { return }
      place = (place &+ 1) & 2047
    }
    slots[place] = scalar.value << 11 | UInt32(truncatingIfNeeded: glyph)
    count &+= 1
  }

  /// The glyph for a character, if it was noted.
  func glyph(of scalar: Unicode.Scalar) -> Int? {
    let slots = slots.span
    var place = Self.place(scalar)
    while slots[place] != .max {
      if slots[place] >> 11 == scalar.value { return Int(slots[place] & 2047) }
      place = (place &+ 1) & 2047
    }
    return nil
  }

  private static func place(_ scalar: Unicode.Scalar) -> Int {
    Int((scalar.value &* 0x9E37_79B1) >> 21) & 2047
  }
}
