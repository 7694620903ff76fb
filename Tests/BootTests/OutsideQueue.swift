import Testing
import VirtIOTesting

/// A device's control queue, as somebody outside of the guest reaches it while the processor is stopped.
///
/// QEMU's device has all its registers in BAR 4: the common configuration first, the notification registers
/// from 0x3000 on.
struct OutsideQueue: Sendable {
  private let registers: QTestClient
  private let common: UInt64
  private let size: UInt16
  private let table: UInt64
  private let available: UInt64

  /// Queue 0 of the device in a slot of the root bus, split, in service.
  init(ofSlot slot: UInt64, _ registers: QTestClient) async throws {
    self.registers = registers
    let space = OutsideConfiguration(slot: slot, registers)
    let low = UInt64(try await space.read32(at: 0x20)) & ~15
    common = UInt64(try await space.read32(at: 0x24)) << 32 | low
    try await registers.write16(common + 0x16, 0)
    size = UInt16(truncatingIfNeeded: try await registers.read32(common + 0x18))
    table = try await Self.address(common + 0x20, registers)
    available = try await Self.address(common + 0x28, registers)
  }

  private static func address(_ register: UInt64, _ registers: QTestClient) async throws -> UInt64 {
    let low = UInt64(try await registers.read32(register))
    return UInt64(try await registers.read32(register + 4)) << 32 | low
  }

  /// Makes a chain available that starts where the queue has no descriptor.
  func makeMalformedChainAvailable() async throws {
    let index = UInt16(truncatingIfNeeded: try await registers.read32(available) >> 16)
    try await registers.write16(available + 4 + 2 * UInt64(index % size), size)
    try await registers.write16(available + 2, index &+ 1)
    try await registers.write16(common + 0x3000, 0)
  }

  /// Cuts all requests down to 8 bytes: those that are sent from now on are never answered.
  func truncateRequests() async throws {
    for entry in 0..<UInt64(size) {
      let rest = try await registers.read32(table + 16 * entry + 12)
      if rest & 2 == 0 { try await registers.write32(table + 16 * entry + 8, 8) }
    }
  }

  /// The device status.
  func status() async throws -> UInt8 {
    UInt8(truncatingIfNeeded: try await registers.read32(common + 0x14))
  }
}
