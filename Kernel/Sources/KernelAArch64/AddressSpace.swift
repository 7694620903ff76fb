internal import KernelBoot

/// The page tables in use: 40 bits of address, every address mapped to itself or to nothing.
///
/// The boot code has mapped the image, page by page, the device tree, and the serial line of the last
/// resort. The rest is added here. Nothing that is added can be executed, and no mapping touches the
/// image or the first 64 KiB: so code stays as it is, the stacks keep their guards, and an access by
/// a null pointer faults.
///
/// Not for use by several processors, or by interrupt handlers, at a time.
///
/// - Spec: Arm Architecture Reference Manual, D8.3 "Translation table descriptor formats"
@safe
public struct AddressSpace: ~Copyable {
  typealias Entry = UnsafeMutablePointer<UInt64>

  /// How memory is accessed.
  public enum Kind: UInt64, Sendable {
    /// Registers: no caching, no speculation, no merging.
    case device = 0x0060_0000_0000_0401
    /// RAM: cached, shared with other CPUs and with coherent devices.
    case memory = 0x0060_0000_0000_0705
  }

  /// Why a range cannot be mapped, or its mapping not be taken away.
  public enum MappingError: Error, Equatable, Sendable {
    /// The range does not lie in 40 bits of address, or touches the first 64 KiB.
    case outOfRange
    /// Part of it is mapped in another way already, or belongs to the image.
    case conflict(address: UInt64)
    /// There are no pages left for tables.
    case noTables
  }

  /// What can be mapped: 40 bits of address without the null page and its neighbours.
  public static var bounds: Range<UInt64> { 0x1_0000..<1 << 40 }

  /// The bits of an entry that hold an address.
  static var addressMask: UInt64 { 0xffff_ffff_f000 }
  static var entryCount: Int { 512 }

  let root: Entry
  /// The image, whose mappings are the boot code's.
  private let image: Range<UInt64>
  /// Pages for tables: each holds the address of the next and is zero otherwise.
  private var spare: Entry?
  /// How many of them there are.
  private var spareCount = 0
  /// Whether tables may lie in RAM that is mapped here.
  private var isSupplied = false

  /// The tables that the boot code made.
  public init() {
    // SAFETY: the boot code set these aside; this is the one place that takes them.
    unsafe self.init(
      root: kernel_tables(), spare: kernel_spare_tables(),
      spareCount: Int(kernel_spare_table_count()), image: BootFacts.image)
  }

  /// Tables in memory that the caller has set aside: the root, and zeroed pages for more.
  @unsafe
  init(root: Entry, spare: Entry, spareCount: Int, image: Range<UInt64>) {
    unsafe self.root = root
    self.image = image
    for index in 0..<spareCount { unsafe give(spare + index &* Self.entryCount) }
  }

  /// Takes whole pages for more tables, and keeps them.
  ///
  /// The caller must hand over RAM that is mapped as memory and that nobody else uses from now on.
  @unsafe
  public mutating func supply(_ pages: Range<UInt64>) {
    isSupplied = true
    var address = (pages.lowerBound &+ 0xfff) & ~0xfff
    while address < pages.upperBound, pages.upperBound &- address >= 4096 {
      if let page = unsafe Entry(bitPattern: UInt(address)) {
        unsafe page.update(repeating: 0, count: Self.entryCount)
        unsafe give(page)
      }
      address &+= 4096
    }
  }

  // MARK: Mapping

  /// Maps the pages that hold `range`, with the largest entries that fit.
  ///
  /// What of them is mapped in the same way already stays so.
  ///
  /// - Throws: ``MappingError``; then nothing has changed.
  public mutating func map(_ range: Range<UInt64>, as kind: Kind) throws(MappingError) {
    let pages = try check(range, kind)
    // Half a mapping could not be taken back: what was mapped before looks the same.
    guard tableCount(for: pages) <= spareCount else { throw .noTables }
    var address = pages.lowerBound
    while address < pages.upperBound {
      let place = place(of: address)
      if place.value == 0 {
        guard place.canBeLeaf, place.isWithin(pages, from: address) else {
          try divide(place, at: address)
          continue
        }
        place.value = address | kind.rawValue | place.leafType
      }
      address = place.end(from: address)
    }
    kernel_publish_tables()
  }

  /// Maps the pages that hold the parts of `range` that lie in none of `holes`.
  ///
  /// - Throws: ``MappingError``; the parts below the one that it is about are mapped.
  public mutating func map(
    _ range: Range<UInt64>, except holes: Span<Range<UInt64>>, as kind: Kind
  ) throws(MappingError) {
    var start = range.lowerBound
    while start < range.upperBound {
      var end = range.upperBound
      var next = end
      for index in holes.indices {
        let hole = holes[index]
        if hole.contains(start) {
          // Nothing of this part: it may be the end of another hole that counts next.
          end = start
          next = min(next, hole.upperBound)
        } else if hole.lowerBound > start {
          end = min(end, hole.lowerBound)
        }
      }
      try map(start..<end, as: kind)
      start = end > start ? end : next
    }
  }

  /// Takes away the mapping of the pages that hold `range`. Entries that reach further are divided.
  ///
  /// When this returns, no access by the old mapping is under way any more. What of the range is not
  /// mapped stays so.
  ///
  /// - Parameter kind: How the range is mapped. Memory can be taken away only before ``supply(_:)``:
  ///   to divide an entry of memory takes it away for a moment, and a table may lie in there.
  /// - Throws: ``MappingError``. After `noTables` a part may be unmapped; after the others nothing
  ///   has changed.
  public mutating func unmap(_ range: Range<UInt64>, as kind: Kind) throws(MappingError) {
    let pages = try check(range, kind)
    if kind == .memory, isSupplied { throw .conflict(address: pages.lowerBound) }
    var address = pages.lowerBound
    while address < pages.upperBound {
      let place = place(of: address)
      let end = place.end(from: address)
      if place.value != 0 {
        guard place.isWithin(pages, from: address) else {
          try divide(place, at: address)
          continue
        }
        place.value = 0
        kernel_forget_mapping(address)
      }
      if end >= pages.upperBound || place.isLast(at: address) { reclaim(address) }
      address = end
    }
  }

  /// The whole pages of a range, if nothing of it is mapped in another way.
  @inline(never)
  private func check(_ range: Range<UInt64>, _ kind: Kind) throws(MappingError) -> Range<UInt64> {
    guard !range.isEmpty else { return 0..<0 }
    guard range.lowerBound >= Self.bounds.lowerBound, range.upperBound <= Self.bounds.upperBound
    else { throw .outOfRange }
    let pages = range.lowerBound & ~0xfff..<(range.upperBound &+ 0xfff) & ~0xfff
    if pages.overlaps(image) { throw .conflict(address: max(pages.lowerBound, image.lowerBound)) }
    var address = pages.lowerBound
    while address < pages.upperBound {
      let place = place(of: address)
      // A larger entry that says the same will do.
      let isSame = (place.value ^ kind.rawValue) & ~Self.addressMask & ~2 == 0
      guard place.value == 0 || isSame else { throw .conflict(address: address) }
      address = place.end(from: address)
    }
    return pages
  }

  /// How many more tables it takes to map pages.
  ///
  /// Below an entry that says nothing yet, each entry takes one of which the pages have a part only.
  private func tableCount(for pages: Range<UInt64>) -> Int {
    var count = 0
    var address = pages.lowerBound
    while address < pages.upperBound {
      let place = place(of: address)
      let end = min(place.end(from: address), pages.upperBound)
      if place.value == 0 {
        // An entry of the root cannot map anything itself, not even as a whole.
        if !place.canBeLeaf { count &+= 1 }
        var shift = min(place.shift, 30)
        while shift > 12 {
          let rest = (1 as UInt64 &<< shift) &- 1
          let touched = (end &+ rest) &>> shift &- address &>> shift
          let start = (address &+ rest) &>> shift
          let stop = end &>> shift
          count &+= Int(truncatingIfNeeded: stop > start ? touched &- (stop &- start) : touched)
          shift &-= 9
        }
      }
      address = end
    }
    return count
  }

  /// Puts a table in the place of an entry, which maps what the entry did.
  ///
  /// The new entries are visible before the table is. A block is taken away first, and forgotten by
  /// all, as caches of the tables must never hold two sizes for one address. Nothing that is
  /// needed meanwhile lies in it: code, stacks and first tables are the image's, which is mapped by
  /// pages, and later tables lie in memory, which is not divided any more.
  ///
  /// - Spec: Arm Architecture Reference Manual, D8.14 "TLB maintenance", break-before-make
  @inline(never)
  mutating func divide(_ place: Place, at address: UInt64) throws(MappingError) {
    guard let table = unsafe take() else { throw .noTables }
    if place.value != 0 {
      let size = place.size >> 9
      let start = place.value & Self.addressMask
      let attributes = place.value & ~Self.addressMask | (size == 4096 ? 2 : 0)
      for index in 0..<Self.entryCount {
        // SAFETY: the table is a whole page.
        unsafe table[index] = start &+ UInt64(index) &* size | attributes
      }
      place.value = 0
      kernel_forget_mapping(address)
    }
    kernel_publish_tables()
    place.value = UInt64(UInt(bitPattern: table)) | 3
  }

  // MARK: Tables

  /// Where the entry stands that decides about an address.
  private func place(of address: UInt64) -> Place { unsafe Self.place(of: address, in: root) }

  /// Where the entry stands that decides about an address, in the tables under `root`.
  @inline(never)
  static func place(of address: UInt64, in root: Entry) -> Place {
    var place = unsafe Place(entry: root, parent: nil, shift: 39)
    while true {
      // SAFETY: tables have 512 entries, and the index has 9 bits.
      unsafe place.entry += Int(truncatingIfNeeded: (address >> place.shift) & 511)
      // SAFETY: table entries were made by the boot code or here; tables are mapped to themselves.
      guard place.shift > 12, place.value & 3 == 3,
        let table = unsafe Entry(bitPattern: UInt(place.value & Self.addressMask))
      else { return place }
      unsafe place = Place(entry: table, parent: place.entry, shift: place.shift &- 9)
    }
  }

  /// Takes the tables out that have nothing left to say about an address.
  private mutating func reclaim(_ address: UInt64) {
    while true {
      let place = place(of: address)
      guard let parent = unsafe place.parent,
        let table = unsafe Entry(bitPattern: UInt(bitPattern: place.entry) & ~0xfff)
      else { return }
      for index in 0..<Self.entryCount {
        // SAFETY: the table is a whole page.
        guard unsafe table[index] == 0 else { return }
      }
      unsafe parent.pointee = 0
      kernel_forget_mapping(address)
      unsafe give(table)
    }
  }

  /// Keeps a page that is zero.
  private mutating func give(_ page: Entry) {
    // SAFETY: the page is nobody else's. Were its first word looked at as an entry, it would be none.
    unsafe page.pointee = UInt64(UInt(bitPattern: spare))
    unsafe spare = page
    spareCount &+= 1
  }

  /// A page that is zero, if there is one left.
  private mutating func take() -> Entry? {
    guard let page = unsafe spare else { return nil }
    // SAFETY: spare pages hold the address of the next.
    unsafe spare = Entry(bitPattern: UInt(page.pointee))
    unsafe page.pointee = 0
    spareCount &-= 1
    return unsafe page
  }
}
