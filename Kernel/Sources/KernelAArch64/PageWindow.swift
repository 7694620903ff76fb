internal import KernelBoot

/// A range of addresses at which pages of RAM are mapped that lie elsewhere, one behind the other: so what is
/// in pieces becomes contiguous for the CPU.
///
/// The pages are mapped in the same way at their own addresses, so both see the same bytes. The window has all
/// its tables from the start: to map and to unmap never fails for want of them.
///
/// Not for use by several processors, or by interrupt handlers, at a time.
@safe
public struct PageWindow: @unchecked Sendable {
  private let root: AddressSpace.Entry
  /// The addresses, whole pages.
  public let range: Range<UInt64>

  /// A window whose tables are there, with nothing mapped.
  init(root: AddressSpace.Entry, range: Range<UInt64>) {
    unsafe self.root = root
    self.range = range
  }

  /// A bit of an entry that the processor leaves to software: here starts a run of pages that was taken at
  /// once.
  private static var startOfRun: UInt64 { 1 << 55 }

  /// Where so many pages and one more are free, in a row: the one is never mapped.
  public func gap(pageCount: Int) -> UInt64? {
    guard pageCount > 0 else { return nil }
    var start = range.lowerBound
    var count = 0
    var address = start
    while address < range.upperBound {
      if page(at: address) == nil {
        count &+= 1
        if count > pageCount { return start }
      } else {
        count = 0
        start = address &+ 4096
      }
      address &+= 4096
    }
    return nil
  }

  /// Maps a page of RAM at an address of the window where none is. ``publish()`` makes it be seen.
  ///
  /// - Parameter startsRun: Whether it is the first of a run that was taken at once.
  public func map(_ page: UInt64, at address: UInt64, startsRun: Bool) {
    precondition(range.contains(address) && address & 0xfff == 0 && page & 0xfff == 0)
    let place = unsafe AddressSpace.place(of: address, in: root)
    precondition(place.shift == 12 && place.value == 0)
    place.value =
      page | AddressSpace.Kind.memory.rawValue | place.leafType
      | (startsRun ? Self.startOfRun : 0)
  }

  /// Makes what was mapped be seen by every access from now on.
  public func publish() { kernel_publish_tables() }

  /// The page that is mapped at an address of the window; nil if none is.
  public func page(at address: UInt64) -> (address: UInt64, startsRun: Bool)? {
    guard range.contains(address) else { return nil }
    let value = unsafe AddressSpace.place(of: address, in: root).value
    guard value != 0 else { return nil }
    return (value & AddressSpace.addressMask, value & Self.startOfRun != 0)
  }

  /// Takes the mapping of a page away. When this returns, no access by it is under way any more.
  public func unmap(_ address: UInt64) {
    guard range.contains(address) else { return }
    let place = unsafe AddressSpace.place(of: address, in: root)
    guard place.shift == 12, place.value != 0 else { return }
    place.value = 0
    kernel_forget_mapping(address)
  }
}

extension AddressSpace {
  /// Sets a range aside for a window, with all tables that it will need.
  ///
  /// - Parameter range: Whole 2 MiB, of which nothing is mapped.
  /// - Throws: ``MappingError``. After `noTables`, trying again with more pages goes on.
  public mutating func makeWindow(_ range: Range<UInt64>) throws(MappingError) -> PageWindow {
    guard range.lowerBound >= Self.bounds.lowerBound, range.upperBound <= Self.bounds.upperBound,
      range.lowerBound & 0x1f_ffff == 0, range.upperBound & 0x1f_ffff == 0
    else { throw .outOfRange }
    var address = range.lowerBound
    while address < range.upperBound {
      try makeTables(for: address)
      address &+= 0x20_0000
    }
    return unsafe PageWindow(root: root, range: range)
  }

  private mutating func makeTables(for address: UInt64) throws(MappingError) {
    while true {
      let place = unsafe Self.place(of: address, in: root)
      guard place.value == 0 else { throw .conflict(address: address) }
      if place.shift == 12 { return }
      try divide(place, at: address)
    }
  }
}
