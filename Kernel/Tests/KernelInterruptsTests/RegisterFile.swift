import VirtIO

/// Registers and memory in one map of bytes, with rules for some addresses: a model of what is behind
/// them. Not for several threads.
final class RegisterFile: RegisterAccess, @unchecked Sendable {
  private(set) var bytes: [UInt: UInt8] = [:]
  /// Called after each write, with where, what and how many bytes.
  var onWrite: (UInt, UInt64, Int) -> Void = { _, _, _ in }
  /// What is read instead of what was written.
  var onRead: (UInt) -> UInt32? = { _ in nil }
  private(set) var readCount = 0

  func number(at address: UInt, byteCount: Int) -> UInt64 {
    (0..<byteCount).reduce(0) {
      $0 | UInt64(bytes[address + UInt($1), default: 0]) << UInt64(8 * $1)
    }
  }

  func set(_ value: UInt64, at address: UInt, byteCount: Int) {
    for index in 0..<byteCount {
      bytes[address + UInt(index)] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
    }
  }

  private func read(_ address: UInt, _ byteCount: Int) -> UInt64 {
    readCount += 1
    return onRead(address).map(UInt64.init) ?? number(at: address, byteCount: byteCount)
  }

  private func write(_ address: UInt, _ value: UInt64, _ byteCount: Int) {
    set(value, at: address, byteCount: byteCount)
    onWrite(address, value, byteCount)
  }

  func read8(_ address: UInt) -> UInt8 { UInt8(truncatingIfNeeded: read(address, 1)) }
  func read16(_ address: UInt) -> UInt16 { UInt16(truncatingIfNeeded: read(address, 2)) }
  func read32(_ address: UInt) -> UInt32 { UInt32(truncatingIfNeeded: read(address, 4)) }
  func write8(_ address: UInt, _ value: UInt8) { write(address, UInt64(value), 1) }
  func write16(_ address: UInt, _ value: UInt16) { write(address, UInt64(value), 2) }
  func write32(_ address: UInt, _ value: UInt32) { write(address, UInt64(value), 4) }
}
