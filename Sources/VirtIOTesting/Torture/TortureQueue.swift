/// Where the rings and buffers of a split virtqueue of a running guest lie.
///
/// They are asked for once, while nobody else selects a queue; a driver that recovers keeps its memory.
struct TortureQueue: Sendable {
  let size: UInt16
  let table: UInt64
  let available: UInt64
  let used: UInt64
  /// The descriptors that the device reads.
  private(set) var requests: [UInt16] = []
  /// What the device writes.
  private(set) var replies: [(address: UInt64, byteCount: Int)] = []

  /// A queue by its number.
  ///
  /// - Parameter common: Where the device's common configuration is.
  init(_ number: UInt16, at common: UInt64, _ memory: QTestClient) async throws {
    try await memory.write16(common + 0x16, number)
    size = UInt16(truncatingIfNeeded: try await memory.read32(common + 0x18))
    table = try await memory.read64(common + 0x20)
    available = try await memory.read64(common + 0x28)
    used = try await memory.read64(common + 0x30)
    guard size > 0, size.nonzeroBitCount == 1, table != 0 else {
      throw QEMUError.conversationFailed(
        with: "qtest server", reason: "The device has no queue \(number).")
    }
    for index in 0..<size {
      let place = table + 16 * UInt64(index)
      let byteCount = try await memory.read32(place + 8)
      guard byteCount > 0 else { continue }
      if try await memory.read32(place + 12) & 2 == 0 {
        requests.append(index)
      } else {
        replies.append((try await memory.read64(place), Int(byteCount)))
      }
    }
  }

  /// Its place in the ring, which may be any number.
  func slot(_ place: UInt16) -> UInt64 { UInt64(place % size) }
}

/// Where QEMU's device in a slot of the root bus has its registers.
struct TortureDevice: Sendable {
  /// The common configuration, at the start of BAR 4.
  let common: UInt64
  let queues: [TortureQueue]

  init(slot: UInt64, _ memory: QTestClient) async throws {
    let configuration = 0x40_1000_0000 + slot << 15
    let bar = try await memory.read64(configuration + 0x20) & ~15
    common = bar
    queues = [
      try await TortureQueue(0, at: bar, memory), try await TortureQueue(1, at: bar, memory),
    ]
  }

  var status: UInt64 { common + 0x14 }
  /// The doorbell of queue 0.
  var notification: UInt64 { common + 0x3000 }
}

extension QTestClient {
  /// Reads 64 bits as two halves.
  fileprivate func read64(_ address: UInt64) async throws -> UInt64 {
    let low = UInt64(try await read32(address))
    return UInt64(try await read32(address + 4)) << 32 | low
  }
}
