import KernelAArch64
import VirtBoard
import VirtIO

/// Page tables, changed while they are in use.
enum MappingChecks {
  /// Where a device's page is mapped and what it says there.
  static func read(_ address: UInt64) -> UInt32 {
    let registers = RegisterWindow(MMIO(), base: UInt(address), byteCount: 4096)
    return registers?.read32(at: 0xfe0) ?? 0
  }

  private static func map(_ range: Range<UInt64>, _ board: inout Board)
    -> AddressSpace.MappingError?
  {
    do throws(AddressSpace.MappingError) {
      try board.mapDevice(range)
      return nil
    } catch {
      return error
    }
  }

  private static func unmap(_ range: Range<UInt64>, _ board: inout Board)
    -> AddressSpace.MappingError?
  {
    do throws(AddressSpace.MappingError) {
      try board.unmapDevice(range)
      return nil
    } catch {
      return error
    }
  }

  /// Nothing but devices is mapped and unmapped as a device: not the image, nor its guards, nor RAM, nor
  /// where null pointers lead.
  static func refuses(_ board: inout Board) -> SelfTest.Result {
    let image = BootFacts.image
    var ranges = InlineArray<5, Range<UInt64>>(repeating: image)
    ranges[1] = image.lowerBound..<image.lowerBound + 1
    ranges[2] = image.upperBound - 1..<image.upperBound
    ranges[3] = image.upperBound..<image.upperBound + 1
    ranges[4] = image.lowerBound - 1..<image.lowerBound
    for index in ranges.indices {
      let start = ranges[index].lowerBound & ~0xfff
      guard map(ranges[index], &board) == .conflict(address: start),
        unmap(ranges[index], &board) == .conflict(address: start)
      else { return .failed("range \(index) of RAM was not refused") }
    }
    guard map(0..<4096, &board) == .outOfRange, unmap(0..<4096, &board) == .outOfRange else {
      return .failed("the null page was not refused")
    }
    return .passed(ranges.count + 1)
  }

  /// A device's page reads the same each time that it is mapped, and what is around it can go.
  static func comesAndGoes(_ address: UInt64, _ board: inout Board) -> SelfTest.Result {
    let page = address..<address + 4096
    // Entries of other sizes: the page's 2 MiB, and 1 GiB in which there is nothing.
    let block = address & ~0x1f_ffff..<(address & ~0x1f_ffff) + 0x20_0000
    let gigabyte: Range<UInt64> = 0x78_0000_0000..<0x78_4000_0000
    guard map(page, &board) == nil else { return .failed("page") }
    let value = read(address)
    for round in 1...50 {
      guard unmap(page, &board) == nil, map(page, &board) == nil, read(address) == value
      else { return .failed("page, round \(round)") }
      guard map(gigabyte, &board) == nil,
        unmap(gigabyte.lowerBound + 4096..<gigabyte.upperBound, &board) == nil,
        unmap(gigabyte, &board) == nil
      else { return .failed("gigabyte, round \(round)") }
    }
    // Of a whole block, all but this page and, below it, the serial line.
    guard map(block, &board) == nil, unmap(page.upperBound..<block.upperBound, &board) == nil,
      read(address) == value
    else { return .failed("block") }
    guard unmap(page, &board) == nil else { return .failed("end") }
    return .passed(Int(value))
  }

  /// Reads a page right before and right after it is unmapped: the second read must be a fault.
  static func touch(_ address: UInt64, _ board: inout Board) {
    let page = address..<address + 4096
    guard map(page, &board) == nil else { panic("the page cannot be mapped") }
    let first = read(address)
    guard unmap(page, &board) == nil else { panic("the page cannot be unmapped") }
    let second = read(address)
    panic("unmapped, but read: \(first), \(second)")
  }
}
