/// A client of QEMU's qtest protocol: the guest's memory and registers, from outside.
public final class QTestClient: Sendable {
  private let socket: LocalSocket
  private let lane = BlockingLane(label: "qtest")

  init(connectingTo path: String) throws {
    socket = try LocalSocket(connectingTo: path)
  }

  /// Reads 32 bits at a physical address, in the guest's byte order.
  public func read32(_ address: UInt64) async throws -> UInt32 {
    let words = try await request("readl 0x\(String(address, radix: 16))")
    guard let text = words.dropFirst().first,
      let value = UInt64(text.dropFirst(2), radix: 16)
    else {
      throw QEMUError.conversationFailed(with: "qtest server", reason: "It gave no number.")
    }
    return UInt32(truncatingIfNeeded: value)
  }

  /// Writes 32 bits at a physical address, in the guest's byte order.
  public func write32(_ address: UInt64, _ value: UInt32) async throws {
    _ = try await request(
      "writel 0x\(String(address, radix: 16)) 0x\(String(value, radix: 16))")
  }

  /// Writes 16 bits at a physical address, in the guest's byte order.
  public func write16(_ address: UInt64, _ value: UInt16) async throws {
    _ = try await request(
      "writew 0x\(String(address, radix: 16)) 0x\(String(value, radix: 16))")
  }

  /// Writes the same 32 bits many times, without waiting for each answer.
  public func write32(
    _ address: UInt64, _ value: UInt32, count: Int, within limit: Duration
  ) async throws {
    let line = "writel 0x\(String(address, radix: 16)) 0x\(String(value, radix: 16))"
    let deadline = ContinuousClock.now + limit
    // As many answers as the socket holds, lest each side waits for the other to read.
    let batch = 1000
    for start in stride(from: 0, to: count, by: batch) {
      let size = min(batch, count - start)
      try await exchange(Array(repeating: line, count: size), before: deadline)
    }
  }

  /// Reads bytes at a physical address.
  public func read(_ address: UInt64, count: Int) async throws -> [UInt8] {
    let words = try await request("read 0x\(String(address, radix: 16)) \(count)")
    let digits = Array((words.dropFirst().first ?? "").utf8.dropFirst(2))
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
    }
    guard bytes.count == count else {
      throw QEMUError.conversationFailed(with: "qtest server", reason: "It gave too few bytes.")
    }
    return bytes
  }

  /// Writes bytes at a physical address.
  public func write(_ address: UInt64, _ bytes: [UInt8]) async throws {
    let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    _ = try await request("write 0x\(String(address, radix: 16)) \(bytes.count) 0x\(digits)")
  }

  private func request(_ line: String) async throws -> [Substring] {
    try await exchange([line], before: ContinuousClock.now + .seconds(10))
  }

  /// Sends all lines at once, and reads their answers.
  ///
  /// - Returns: The words of the last answer.
  @discardableResult
  private func exchange(
    _ lines: [String], before deadline: ContinuousClock.Instant
  ) async throws -> [Substring] {
    do {
      return try await lane.run(onCancel: { [socket] in socket.shutDown() }) { [socket] in
        try socket.send(Array(lines.map { "\($0)\n" }.joined().utf8), before: deadline)
        var words: [Substring] = []
        for line in lines {
          // Lines about interrupts may come at any time.
          var answer = try socket.receiveLine(before: deadline)
          while answer.hasPrefix("IRQ ") { answer = try socket.receiveLine(before: deadline) }
          guard answer.hasPrefix("OK") else {
            throw QEMUError.refused(command: line, reason: answer)
          }
          words = answer.split(separator: " ")
        }
        return words
      }
    } catch let error as LocalSocketError {
      throw QEMUError.conversationFailed(with: "qtest server", reason: "\(error)")
    }
  }
}
