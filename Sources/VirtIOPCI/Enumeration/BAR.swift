import VirtIO

/// A base address register, with its size.
///
/// - Spec: PCI Local Bus 3.0 §6.2.5 "Base Addresses"
struct BAR: Equatable {
  /// Where it is set to; 0 if nowhere.
  let address: UInt64
  /// How long it is, a power of two.
  let byteCount: UInt64
  /// Whether it is for memory, not for ports.
  let isMemory: Bool
  /// Whether it takes two registers.
  let is64Bit: Bool
  /// Whether reading it has no side effects.
  let isPrefetchable: Bool
}

/// Learns the sizes of a function's BARs, which it does not decode meanwhile.
struct BARSizing<Access: RegisterAccess> {
  private let configuration: RegisterWindow<Access>
  private let command: PCICommand
  /// How many BAR registers this type of header has.
  let registerCount: Int

  /// Stops the function from decoding its BARs until ``finish(withholding:)``.
  init(_ configuration: RegisterWindow<Access>) {
    self.configuration = configuration
    switch configuration.read8(at: ConfigurationOffset.headerType) & 0x7f {
    case 0: registerCount = 6
    case 1: registerCount = 2
    default: registerCount = 0
    }
    command = configuration.command
    configuration.command = command.subtracting([.ioSpace, .memorySpace])
  }

  /// Whether the function decoded memory when it was found.
  var decodedMemory: Bool { command.contains(.memorySpace) }

  /// Lets the function decode its BARs again if it did before, except where that makes no sense now.
  func finish(withholding withheld: PCICommand = []) {
    configuration.command = command.subtracting(withheld)
  }

  /// Reads and sizes BAR `index`; nil if there is none. Its value is as it was, afterwards.
  ///
  /// - Parameter takesTwo: Becomes whether it takes the next register too, sensible or not.
  @inline(never)
  func size(of index: Int, takesTwo: inout Bool) -> BAR? {
    let offset = ConfigurationOffset.firstBAR &+ UInt(bitPattern: index) &* 4
    // Read once: a second look might say something else.
    let low = configuration.read32(at: offset)
    takesTwo = low & 7 == 4 && index &+ 1 < registerCount
    let lowMask = mask(at: offset, restoring: low)
    guard lowMask != 0 else { return nil }
    if low & 1 != 0 {
      guard lowMask & ~3 != 0 else { return nil }
      // The upper half of a port BAR may be fixed to 0.
      let size = UInt64(~(lowMask & ~3 | 0xffff_0000)) &+ 1
      guard size & (size &- 1) == 0 else { return nil }
      return BAR(
        address: UInt64(low & ~3), byteCount: size, isMemory: false, is64Bit: false,
        isPrefetchable: false)
    }
    let isPrefetchable = low & 8 != 0
    var address = UInt64(low & ~0xf)
    var addressMask = UInt64(lowMask & ~0xf) | 0xffff_ffff_0000_0000
    let is64Bit = low & 6 == 4
    if is64Bit {
      guard takesTwo else { return nil }
      let high = configuration.read32(at: offset &+ 4)
      address |= UInt64(high) << 32
      addressMask &= UInt64(mask(at: offset &+ 4, restoring: high)) << 32 | 0xffff_ffff
    } else if lowMask & ~0xf == 0 {
      return nil
    }
    // The lowest address bit that can be set is the size. A mask with holes is nonsense.
    let size = ~addressMask &+ 1
    guard size != 0, size & (size &- 1) == 0 else { return nil }
    // An address that is no multiple of the size is none that the function could have been given.
    if address & (size &- 1) != 0 { address = 0 }
    return BAR(
      address: address, byteCount: size, isMemory: true, is64Bit: is64Bit,
      isPrefetchable: isPrefetchable)
  }

  /// Which bits can be set; 0 if the register does not take its value back afterwards.
  private func mask(at offset: UInt, restoring value: UInt32) -> UInt32 {
    configuration.write32(.max, at: offset)
    let mask = configuration.read32(at: offset)
    configuration.write32(value, at: offset)
    return configuration.read32(at: offset) == value ? mask : 0
  }

  /// Sets BAR `index` to `address`.
  func assign(_ address: UInt64, to bar: BAR, at index: Int) {
    let offset = ConfigurationOffset.firstBAR &+ UInt(bitPattern: index) &* 4
    configuration.write32(UInt32(truncatingIfNeeded: address), at: offset)
    if bar.is64Bit {
      configuration.write32(UInt32(truncatingIfNeeded: address >> 32), at: offset &+ 4)
    }
  }
}
