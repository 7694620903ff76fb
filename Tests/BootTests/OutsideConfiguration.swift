import Testing
import VirtIOTesting

/// The configuration space of a PCI function, as somebody outside of the guest reaches it.
struct OutsideConfiguration: Sendable {
  private let registers: QTestClient
  private let base: UInt64

  /// Function 0 of a slot of the root bus.
  init(slot: UInt64, _ registers: QTestClient) {
    self.registers = registers
    base = 0x40_1000_0000 + slot << 15
  }

  func read32(at offset: UInt64) async throws -> UInt32 {
    try await registers.read32(base + offset)
  }

  func write32(_ value: UInt32, at offset: UInt64) async throws {
    try await registers.write32(base + offset, value)
  }

  /// Where the MSI-X capability is.
  private func messages() async throws -> UInt64 {
    var offset = UInt64(try await read32(at: 0x34) & 0xff)
    while offset != 0 {
      let header = try await read32(at: offset)
      if header & 0xff == 0x11 { return offset }
      offset = UInt64(header >> 8 & 0xff)
    }
    throw QEMUError.notConfigured("MSI-X")
  }

  /// Holds back all messages of the function.
  func maskFunction() async throws {
    let offset = try await messages()
    try await write32(try await read32(at: offset) | 1 << 30, at: offset)
  }

  /// Holds back the messages of one vector.
  func maskVector(_ vector: UInt64) async throws {
    let place = try await read32(at: try await messages() + 4)
    let bar = try await read32(at: 0x10 + 4 * UInt64(place & 7)) & ~15
    try await registers.write32(UInt64(bar) + UInt64(place & ~7) + 16 * vector + 12, 1)
  }
}
