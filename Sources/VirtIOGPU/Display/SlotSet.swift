/// Some of the slots of a surface.
struct SlotSet: OptionSet, Sendable {
  let rawValue: UInt8

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// One slot.
  @inline(__always)
  init(_ slot: Int) { rawValue = 1 << UInt8(truncatingIfNeeded: slot) }

  /// All of so many slots.
  @inline(__always)
  init(all count: Int) { rawValue = (1 << UInt8(truncatingIfNeeded: count)) &- 1 }

  @inline(__always)
  func contains(_ slot: Int) -> Bool { rawValue >> UInt8(truncatingIfNeeded: slot) & 1 != 0 }
  @inline(__always)
  mutating func insert(_ slot: Int) { formUnion(Self(slot)) }
  @inline(__always)
  mutating func remove(_ slot: Int) { subtract(Self(slot)) }
}
