import Synchronization

/// The synchronous side of QEMU's qtest protocol: one register access, one line, one answer.
///
/// A call blocks until the answer is there, at most for the link's patience. Once an access has
/// failed no other is tried: each gives all ones at once, and the failure is in the health.
final class RegisterLink: Sendable {
  private let socket: LocalSocket
  private let patience: Duration
  private let health: HostedHealth
  /// Held during an exchange: QEMU answers in order, to one at a time.
  private let turn = Mutex<Void>(())

  init(_ socket: LocalSocket, patience: Duration, health: HostedHealth) {
    self.socket = socket
    self.patience = patience
    self.health = health
  }

  /// Makes every access fail from now on, the one that waits included.
  func shutDown() {
    health.fail(Self.failure("The run was ended while the driver was at work."))
    socket.shutDown()
  }

  /// Reads `width` bytes.
  func read(_ address: UInt, width: Int) -> UInt64 {
    let allOnes = UInt64.max >> UInt64(64 - 8 * width)
    let answer = exchange("read\(Self.suffix(width)) 0x\(String(address, radix: 16))\n")
    guard let answer else { return allOnes }
    let words = answer.split(separator: " ")
    guard words.count == 2, let value = UInt64(words[1].dropFirst(2), radix: 16) else {
      health.fail(Self.failure("It gave no number: '\(answer)'."))
      return allOnes
    }
    return value & allOnes
  }

  /// Writes `width` bytes.
  func write(_ address: UInt, _ value: UInt64, width: Int) {
    let place = "0x\(String(address, radix: 16)) 0x\(String(value, radix: 16))"
    _ = exchange("write\(Self.suffix(width)) \(place)\n")
  }

  private static func suffix(_ width: Int) -> String {
    switch width {
    case 1: "b"
    case 2: "w"
    default: "l"
    }
  }

  /// The answer to one line; nil if there is none.
  private func exchange(_ line: String) -> String? {
    turn.withLock { _ in
      guard health.failure == nil else { return nil }
      let deadline = ContinuousClock.now + patience
      do throws(LocalSocketError) {
        try socket.send(Array(line.utf8), before: deadline)
        var answer = try socket.receiveLine(before: deadline)
        // Lines about interrupts may come at any time.
        while answer.hasPrefix("IRQ ") { answer = try socket.receiveLine(before: deadline) }
        guard answer.hasPrefix("OK") else {
          health.fail(QEMUError.refused(command: line, reason: answer))
          return nil
        }
        return answer
      } catch {
        health.fail(Self.failure("\(error)"))
        return nil
      }
    }
  }

  private static func failure(_ reason: String) -> QEMUError {
    .conversationFailed(with: "qtest server", reason: reason)
  }
}
