import FuzzInputs
import VirtIO

/// Registers that somebody answers for, and what was found wrong with how they were accessed.
final class RegisterLog {
  /// Which addresses there are.
  let windows: [Range<UInt>]
  /// How many accesses there were.
  private(set) var count = 0
  private let limit: Int
  /// What was wrong first.
  private(set) var fault: String?
  private let onRead: (UInt, Int) -> UInt32
  private let onWrite: (UInt, Int, UInt32) -> Void

  /// - Parameters:
  ///   - limit: How many accesses are too many.
  ///   - read: Answers a read of so many bytes at an address.
  ///   - write: Is told of a write.
  init(
    windows: [Range<UInt>], limit: Int, read: @escaping (UInt, Int) -> UInt32,
    write: @escaping (UInt, Int, UInt32) -> Void
  ) {
    self.windows = windows
    self.limit = limit
    onRead = read
    onWrite = write
  }

  private func note(_ address: UInt, _ width: Int) -> Bool {
    count += 1
    if count > limit, fault == nil { fault = "there are more than \(limit) accesses" }
    let isInside = windows.contains {
      $0.contains(address) && UInt(width) <= $0.upperBound - address
    }
    guard isInside, address % UInt(width) == 0 else {
      fault = fault ?? "\(width) bytes are accessed at \(String(address, radix: 16))"
      return false
    }
    return true
  }

  func read(_ address: UInt, _ width: Int) -> UInt32 {
    note(address, width) ? onRead(address, width) : .max
  }

  func write(_ address: UInt, _ width: Int, _ value: UInt32) {
    if note(address, width) { onWrite(address, width, value) }
  }

  /// Finds what was wrong.
  func judge() throws(Finding) {
    if let fault { throw Finding("registers: " + fault) }
  }
}

/// How the driver reaches them. One thread has all of it.
struct LoggedAccess: RegisterAccess, @unchecked Sendable {
  let log: RegisterLog

  func read8(_ address: UInt) -> UInt8 { UInt8(truncatingIfNeeded: log.read(address, 1)) }
  func read16(_ address: UInt) -> UInt16 { UInt16(truncatingIfNeeded: log.read(address, 2)) }
  func read32(_ address: UInt) -> UInt32 { log.read(address, 4) }
  func write8(_ address: UInt, _ value: UInt8) { log.write(address, 1, UInt32(value)) }
  func write16(_ address: UInt, _ value: UInt16) { log.write(address, 2, UInt32(value)) }
  func write32(_ address: UInt, _ value: UInt32) { log.write(address, 4, value) }
}

extension [UInt8] {
  /// A little-endian number of so many bytes; what is not there is 0.
  func number(at offset: Int, _ width: Int) -> UInt32 {
    var value: UInt32 = 0
    for index in 0..<width where offset + index < count {
      value |= UInt32(self[offset + index]) << (8 * UInt32(index))
    }
    return value
  }

  /// Stores the bits of `mask` of a number, where there is room.
  mutating func set(_ value: UInt32, mask: UInt32 = .max, at offset: Int, _ width: Int) {
    for index in 0..<width where offset + index < count {
      let shift = 8 * UInt32(index)
      let bits = UInt8(truncatingIfNeeded: mask >> shift)
      self[offset + index] =
        self[offset + index] & ~bits | UInt8(truncatingIfNeeded: value >> shift) & bits
    }
  }
}
