public import KernelAArch64
internal import KernelDeviceTree
internal import KernelMemory

extension Board {
  /// Maps the pages that hold the registers of a device: a BAR, or what the device tree names.
  ///
  /// Takes time linear in the size of the range, and pages of RAM for tables if it has to. Not for
  /// interrupt handlers.
  ///
  /// - Throws: `conflict` if RAM is there or the kernel itself, `outOfRange`, `noTables`. Nothing has
  ///   changed then.
  public mutating func mapDevice(_ range: Range<UInt64>) throws(AddressSpace.MappingError) {
    try Self.mapDevice(range, in: &space)
  }

  /// Takes away what ``mapDevice(_:)`` mapped; from then on an access to these pages faults.
  ///
  /// - Throws: `conflict` if RAM is there or the kernel itself, `outOfRange`, `noTables`. After the
  ///   first two nothing has changed.
  public mutating func unmapDevice(_ range: Range<UInt64>) throws(AddressSpace.MappingError) {
    while true {
      do throws(AddressSpace.MappingError) {
        return try space.unmap(range, as: .device)
      } catch {
        guard error == .noTables, Self.supplyTable(to: &space) else { throw error }
      }
    }
  }

  static func mapDevice(_ range: Range<UInt64>, in space: inout AddressSpace)
    throws(AddressSpace.MappingError)
  {
    while true {
      do throws(AddressSpace.MappingError) {
        return try space.map(range, as: .device)
      } catch {
        guard error == .noTables, supplyTable(to: &space) else { throw error }
      }
    }
  }

  static func supplyTable(to space: inout AddressSpace) -> Bool {
    guard let run = try? unsafe Pages.allocator?.allocate(pageCount: 1, owner: .tables) else {
      return false
    }
    // SAFETY: the page is RAM, mapped, and nobody else's; it is never given back.
    unsafe space.supply(run.address..<run.address &+ 4096)
    return true
  }

  // MARK: Memory

  /// Where null pointers lead, with an offset or without: never mapped, so never used.
  static var nullPages: Range<UInt64> { 0..<AddressSpace.bounds.lowerBound }

  /// Maps all RAM but the image, which the boot code has mapped page by page, and what the tree wants
  /// left alone, of which the boot code may have mapped a part.
  static func mapMemory(
    of machine: borrowing MachineDescription, in space: inout AddressSpace
  ) throws(AddressSpace.MappingError) {
    var holes = InlineArray<34, Range<UInt64>>(repeating: nullPages)
    holes[1] = BootFacts.image
    for index in 0..<machine.unmappedReservations.count {
      let range = machine.unmappedReservations[index]
      let hole = (range.base..<range.end).clamped(to: AddressSpace.bounds)
      try space.unmap(hole, as: .memory)
      holes[2 &+ index] = hole.lowerBound & ~0xfff..<(hole.upperBound &+ 0xfff) & ~0xfff
    }
    for index in 0..<machine.memory.count {
      let bank = machine.memory[index].base..<machine.memory[index].end
      try space.map(bank, except: holes.span, as: .memory)
    }
  }
}

extension Outlet {
  /// Where the last resort's registers lie, which the boot code has mapped.
  static var lastResortPage: Range<UInt64> { 0x0900_0000..<0x0900_1000 }
}
