public import MMIO

/// The bus behind a host bridge whose configuration space is in memory, and what is on it.
public struct Bus {
  private let configuration: UInt
  private var nextAddress: UInt

  /// A bus with 4 KiB of registers for each function from `configuration` on, that passes on the addresses
  /// from `memory` on.
  public init(configuration: UInt, memory: UInt) {
    self.configuration = configuration
    nextAddress = memory
  }

  /// The first device with these identifiers.
  public func find(vendor: UInt16, device: UInt16) -> Function? {
    for slot in UInt8(0)..<32 {
      let function = Function(
        slot: slot, registers: Registers(at: configuration + UInt(slot) << 15))
      if function.registers[0x00] == UInt32(device) << 16 | UInt32(vendor) { return function }
    }
    return nil
  }

  /// Gives addresses to what a function has in memory (its BARs), and says which.
  public mutating func assignAddresses(
    of function: Function, _ body: (_ index: Int, _ base: UInt, _ byteCount: UInt) -> Void
  ) {
    var index = 0
    while index < 6 {
      let offset = 0x10 + UInt(index) * 4
      // What can be written says how long it is; the lowest bits say what kind it is.
      function.registers[offset] = ~0
      let found = function.registers[offset]
      if found != 0, found & 1 == 0 {
        let byteCount = UInt(~(found & ~15) &+ 1)
        let base = (nextAddress + byteCount - 1) & ~(byteCount - 1)
        nextAddress = base + byteCount
        function.registers[offset] = UInt32(base)
        body(index, base, byteCount)
      }
      let is64Bits = found & 7 == 4
      if is64Bits { function.registers[offset + 4] = 0 }
      index += is64Bits ? 2 : 1
    }
  }
}

/// A function of a device on the bus.
public struct Function {
  /// Where it sits.
  public let slot: UInt8
  /// Its configuration space.
  public let registers: Registers
}
