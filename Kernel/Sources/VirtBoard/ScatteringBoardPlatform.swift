internal import KernelAArch64
internal import KernelMemory
public import VirtIO

/// The board as drivers see it, where pixels need no contiguous run of RAM: if there is none, they are made of
/// what pages there are, and mapped one behind the other.
///
/// Otherwise it is as ``BoardPlatform``.
public struct ScatteringBoardPlatform: InterruptPlatform {
  private let board: BoardPlatform
  private let window: PageWindow

  init(_ board: BoardPlatform, window: PageWindow) {
    self.board = board
    self.window = window
  }

  private static var pageByteCount: Int { PageAllocator.pageByteCount }

  /// Takes whole pages, zeroed; nil if there are not that many in a row.
  public func allocate(byteCount: Int, alignment: Int) -> CoherentRegion? {
    board.allocate(byteCount: byteCount, alignment: alignment)
  }

  /// Takes whole pages, zeroed, in a row if there are so many, and else from anywhere.
  public func allocateScattered(byteCount: Int) -> CoherentRegion? {
    if let region = board.allocate(byteCount: byteCount, alignment: Self.pageByteCount) {
      return region
    }
    guard byteCount > 0, byteCount <= Int.max - Self.pageByteCount else { return nil }
    let pageCount = (byteCount &+ Self.pageByteCount &- 1) / Self.pageByteCount
    guard let start = window.gap(pageCount: pageCount), fill(start, pageCount),
      let first = window.page(at: start)?.address,
      let base = unsafe UnsafeMutableRawPointer(bitPattern: UInt(start))
    else { return nil }
    // SAFETY: the pages are RAM, mapped there, and nobody else's.
    unsafe base.initializeMemory(
      as: UInt8.self, repeating: 0, count: pageCount &* Self.pageByteCount)
    return unsafe CoherentRegion(
      base: base, deviceAddress: DeviceAddress(rawValue: first), byteCount: byteCount)
  }

  /// Maps so many pages from `start` on, in the longest runs that there are.
  ///
  /// - Returns: Whether there are so many; if not, none is mapped.
  private func fill(_ start: UInt64, _ pageCount: Int) -> Bool {
    var address = start
    var rest = pageCount
    var length = pageCount
    while rest > 0 {
      length = min(length, rest)
      guard let run = try? unsafe Pages.allocator?.allocate(pageCount: length, owner: .driver)
      else {
        length /= 2
        if length > 0 { continue }
        empty(start)
        return false
      }
      for index in 0..<length {
        let offset = UInt64(index) &* UInt64(Self.pageByteCount)
        window.map(run.address &+ offset, at: address &+ offset, startsRun: index == 0)
      }
      address &+= UInt64(length) &* UInt64(Self.pageByteCount)
      rest &-= length
    }
    window.publish()
    return true
  }

  /// Unmaps all pages from `start` on up to the next gap, and gives them back.
  private func empty(_ start: UInt64) {
    var address = start
    while let page = window.page(at: address) {
      window.unmap(address)
      if page.startsRun { giveBack(page.address) }
      address &+= UInt64(Self.pageByteCount)
    }
  }

  private func giveBack(_ address: UInt64) {
    do {
      try unsafe Pages.allocator?.free(address, owner: .driver)
    } catch {
      panic("memory was given back that was not taken: \(hexadecimal: address)")
    }
  }

  private func address(of region: CoherentRegion) -> UInt64 {
    unsafe UInt64(UInt(bitPattern: region.base))
  }

  /// Where a device sees a byte of a region, up to the end of its page if that is scattered.
  public func segment(of region: CoherentRegion, at offset: Int) -> Segment {
    let address = address(of: region) &+ UInt64(truncatingIfNeeded: offset)
    guard let page = window.page(at: address)?.address else {
      return Segment(
        address: region.deviceAddress.advanced(by: offset),
        byteCount: UInt32(clamping: region.byteCount &- offset))
    }
    let inside = UInt32(truncatingIfNeeded: address & 0xfff)
    return Segment(
      address: DeviceAddress(rawValue: page &+ UInt64(inside)),
      byteCount: UInt32(Self.pageByteCount) &- inside)
  }

  /// Gives pages back.
  public func free(_ region: CoherentRegion) {
    let start = address(of: region)
    guard window.range.contains(start) else { return board.free(region) }
    guard window.page(at: start) != nil else {
      panic("memory was given back that was not taken: \(hexadecimal: start)")
    }
    empty(start)
  }

  /// The time since the machine was started.
  public var now: Nanoseconds { board.now }

  /// Sleeps as ``BoardPlatform`` does.
  public func sleep(until deadline: Nanoseconds, unless isAwake: () -> Bool) {
    board.sleep(until: deadline, unless: isAwake)
  }
}

extension Board {
  /// The board as drivers see it, with room for so many bytes of pixels in scattered pages.
  ///
  /// Takes a page of RAM for every 2 MiB of that, and keeps it. Not for interrupt handlers.
  ///
  /// - Returns: Nil if there are no pages for tables, or there is no such range of addresses.
  public mutating func makeScatteringPlatform(byteCount: Int) -> ScatteringBoardPlatform? {
    guard byteCount > 0, byteCount <= 1 << 30 else { return nil }
    // A page is left free behind each region.
    let length = (UInt64(byteCount) &+ 0x3f_ffff) & ~0x1f_ffff
    // Where nothing is on this kind of machine; else where there is nothing in fact.
    var start: UInt64 = 0x70_0000_0000
    while start &+ length <= AddressSpace.bounds.upperBound {
      do throws(AddressSpace.MappingError) {
        let window = try space.makeWindow(start..<start &+ length)
        return ScatteringBoardPlatform(platform, window: window)
      } catch {
        switch error {
        case .noTables: guard Self.supplyTable(to: &space) else { return nil }
        case .conflict: start &+= 1 << 32
        case .outOfRange: return nil
        }
      }
    }
    return nil
  }
}
