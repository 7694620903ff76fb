/// The two places on a ring of descriptors that is written and read round and round.
///
/// - Spec: VirtIO 1.4 §2.8.1 "Driver and Device Ring Wrap Counters"
struct RingCursor: Sendable {
  /// How long the ring is, in bytes.
  let byteCount: Int

  /// Where the next descriptor is made available, from the start of the ring.
  private(set) var availableOffset = 0
  /// What says that it is available, at the place of `flags` in ``Descriptor/rest``.
  private(set) var availableBits = UInt64(DescriptorFlags.available.rawValue) << 48

  /// Where the next descriptor is used, from the start of the ring.
  private(set) var usedOffset = 0
  /// What flags say, of AVAIL and USED, if it is.
  private(set) var usedFlags = DescriptorFlags([.available, .used]).rawValue

  /// Where the head lies that is held back until all is published.
  var heldOffset = 0
  /// What is stored there then.
  var heldRest: UInt64 = 0

  init(entryCount: Int) {
    byteCount = Descriptor.byteCount &* entryCount
  }

  /// `count` is 1 if the next entry is the last.
  mutating func advanceAvailable(by count: Int = 1) {
    availableOffset &+= Descriptor.byteCount &* count
    if availableOffset == byteCount {
      availableOffset = 0
      availableBits ^= UInt64(Self.both) << 48
    }
  }

  /// `count` is no more than the ring has entries.
  mutating func advanceUsed(by count: UInt8) {
    usedOffset &+= Descriptor.byteCount &* Int(count)
    if usedOffset >= byteCount {
      usedOffset &-= byteCount
      usedFlags ^= Self.both
    }
  }

  static var both: UInt16 { DescriptorFlags([.available, .used]).rawValue }
  /// The place of both in ``Descriptor/rest``.
  static var flagBits: UInt64 { UInt64(both) << 48 }

  /// Whether the flags in ``Descriptor/rest`` say that the next descriptor was used.
  func isUsed(_ rest: UInt64) -> Bool {
    UInt16(truncatingIfNeeded: rest >> 48) & Self.both == usedFlags
  }

  // MARK: As the specification writes places

  var availableEntry: UInt16 { Self.entry(availableOffset) }
  var heldEntry: UInt16 { Self.entry(heldOffset) }
  var usedEntry: UInt16 { Self.entry(usedOffset) }
  var entryCount: UInt16 { Self.entry(byteCount) }

  private static func entry(_ offset: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: UInt(bitPattern: offset) / UInt(Descriptor.byteCount))
  }

  /// The driver's wrap counter for available descriptors, in bit 15.
  var availableWrap: UInt16 { UInt16(truncatingIfNeeded: availableBits >> 48) << 8 & 0x8000 }

  /// The next place to be made available, with its wrap counter in bit 15.
  var available: UInt16 { availableEntry | availableWrap }
  /// The next place to be used, with its wrap counter in bit 15.
  var used: UInt16 { usedEntry | usedFlags & 0x8000 }
  /// The last place that was made available, with its wrap counter in bit 15.
  var lastAvailable: UInt16 {
    if availableOffset > 0 { return availableEntry &- 1 | availableWrap }
    return entryCount &- 1 | availableWrap ^ 0x8000
  }
}
