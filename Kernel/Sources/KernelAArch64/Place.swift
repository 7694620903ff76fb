/// Where an entry of the tables stands, and with that, how much it maps.
@safe
struct Place {
  /// The entry.
  var entry: AddressSpace.Entry
  /// The entry that leads to the table it is in; nil in the root.
  let parent: AddressSpace.Entry?
  /// Log2 of how much it maps.
  let shift: UInt64

  /// How much it maps.
  var size: UInt64 { 1 &<< shift }

  /// What the entry says.
  var value: UInt64 {
    // SAFETY: whoever made this holds the tables.
    get { unsafe entry.pointee }
    nonmutating set { unsafe entry.pointee = newValue }
  }

  /// Whether an entry here can map memory: those of the root only lead to tables.
  var canBeLeaf: Bool { shift < 39 }

  /// What a leaf has besides its attributes: at the last level it has the bit of a table.
  var leafType: UInt64 { shift == 12 ? 2 : 0 }

  /// Whether the entry, which maps `address`, starts there and maps nothing past `pages`.
  func isWithin(_ pages: Range<UInt64>, from address: UInt64) -> Bool {
    address & (size &- 1) == 0 && pages.upperBound &- address >= size
  }

  /// Where the next entry takes over.
  func end(from address: UInt64) -> UInt64 { (address | (size &- 1)) &+ 1 }

  /// Whether the entry is the last one of its table.
  func isLast(at address: UInt64) -> Bool { (address >> shift) & 511 == 511 }
}
