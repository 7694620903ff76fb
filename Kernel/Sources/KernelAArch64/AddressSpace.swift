internal import KernelBoot

/// The page tables in use: 40 bits of address, every address mapped to itself or to nothing.
///
/// The boot code has mapped the image, the device tree and the first gigabyte. The rest is added here
/// and never taken away, so nothing that is cached of the tables can be out of date.
///
/// - Spec: Arm Architecture Reference Manual, D8.3 "Translation table descriptor formats"
@safe
public struct AddressSpace: ~Copyable {
  private let root: UnsafeMutablePointer<UInt64>
  private let spare: UnsafeMutablePointer<UInt64>
  private let spareCount: Int
  private var usedCount = 0

  /// How memory is accessed.
  public enum Kind: UInt64, Sendable {
    /// Registers: no caching, no speculation, no merging.
    case device = 0x0060_0000_0000_0401
    /// RAM: cached, shared with other CPUs and with coherent devices.
    case memory = 0x0060_0000_0000_0705
  }

  /// Why a range cannot be mapped.
  public enum MappingError: Error, Equatable, Sendable {
    /// The range does not lie in 40 bits of address.
    case outOfRange
    /// Part of it is mapped in another way already.
    case conflict(address: UInt64)
    /// There are no pages left for tables.
    case noTables
  }

  private static var entryCount: Int { 512 }
  private static var limit: UInt64 { 1 << 40 }
  /// The bits of an entry that hold an address.
  private static var addressMask: UInt64 { 0xffff_ffff_f000 }

  /// The tables that the boot code made.
  public init() {
    // SAFETY: the boot code set these aside; this is the one place that takes them.
    unsafe self.init(root: kernel_tables(), spare: kernel_spare_tables(), spareCount: 8)
  }

  /// Tables in memory that the caller has set aside: the root, and zeroed pages for more.
  @unsafe
  init(
    root: UnsafeMutablePointer<UInt64>, spare: UnsafeMutablePointer<UInt64>, spareCount: Int
  ) {
    unsafe self.root = root
    unsafe self.spare = spare
    self.spareCount = spareCount
  }

  /// Maps the pages that hold `range`, with the largest entries that fit.
  ///
  /// - Throws: ``MappingError``; what was mapped before it stays mapped.
  public mutating func map(_ range: Range<UInt64>, as kind: Kind) throws(MappingError) {
    guard range.upperBound <= Self.limit else { throw .outOfRange }
    var address = range.lowerBound & ~0xfff
    let end = (range.upperBound &+ 0xfff) & ~0xfff
    while address < end {
      address &+= try map(at: address, upTo: end, as: kind)
    }
    kernel_publish_tables()
  }

  /// Maps one entry's worth from `address` on, and says how much that is.
  private mutating func map(at address: UInt64, upTo end: UInt64, as kind: Kind)
    throws(MappingError) -> UInt64
  {
    var table = unsafe root
    var shift: UInt64 = 39
    while true {
      let size: UInt64 = 1 << shift
      let index = Int((address >> shift) & 511)
      // SAFETY: tables have 512 entries, and the index has 9 bits.
      let entry = unsafe table[index]
      let isBlockLevel = shift < 39
      let isLeaf = entry != 0 && (shift == 12 || entry & 3 == 1)
      if isLeaf {
        // A larger entry that says the same will do.
        let same = (entry ^ kind.rawValue) & ~Self.addressMask & ~2 == 0
        guard same else { throw .conflict(address: address) }
        return size &- (address & (size &- 1))
      }
      if entry == 0, isBlockLevel, address & (size &- 1) == 0, end &- address >= size {
        let type: UInt64 = shift == 12 ? 2 : 0
        unsafe table[index] = address | kind.rawValue | type
        return size
      }
      if entry == 0 {
        guard usedCount < spareCount else { throw .noTables }
        let new = unsafe spare + usedCount &* Self.entryCount
        usedCount &+= 1
        unsafe table[index] = UInt64(UInt(bitPattern: new)) | 3
        unsafe table = new
      } else {
        // SAFETY: table entries were made by the boot code or above; tables are mapped to themselves.
        guard
          let next = unsafe UnsafeMutablePointer<UInt64>(
            bitPattern: UInt(entry & Self.addressMask))
        else { throw .conflict(address: address) }
        unsafe table = next
      }
      shift &-= 9
    }
  }
}
