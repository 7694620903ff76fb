import Dispatch
import Foundation
import VirtIOTesting

/// What somebody types where this program was started.
enum Keyboard {
  /// Sends it to the guest while something goes on: each key at once, if a terminal is there.
  static func use<Result: Sendable>(
    for machine: QEMUMachine, during body: () async throws -> Result
  ) async rethrows -> Result {
    let restoration = Terminal.passKeys()
    defer { if let restoration { Cleanup.shared.perform(restoration) } }
    let typing = Task {
      for await bytes in input() { await machine.type(bytes) }
    }
    defer { typing.cancel() }
    return try await body()
  }

  /// The bytes of standard input, as they come.
  private static func input() -> AsyncStream<[UInt8]> {
    AsyncStream { continuation in
      // SAFETY: it is only told to go on and to end, which any thread may tell it.
      nonisolated(unsafe) let source = DispatchSource.makeReadSource(
        fileDescriptor: 0, queue: .global())
      unsafe source.setEventHandler {
        var buffer = [UInt8](repeating: 0, count: 256)
        // SAFETY: no more is read than the buffer has room for.
        let count = unsafe buffer.withUnsafeMutableBytes {
          unsafe read(0, $0.baseAddress, $0.count)
        }
        if count > 0 {
          continuation.yield(Array(buffer.prefix(count)))
        } else {
          continuation.finish()
        }
      }
      continuation.onTermination = { _ in unsafe source.cancel() }
      unsafe source.resume()
    }
  }
}

/// The terminal that this program was started from.
private enum Terminal {
  /// Has each key come at once, and not be shown, until the action is performed that this returns; nil if there is
  /// no terminal, or if it belongs to another program at the moment.
  static func passKeys() -> Cleanup.Token? {
    guard isatty(0) == 1, tcgetpgrp(0) == getpgrp() else { return nil }
    var usual = termios()
    guard unsafe tcgetattr(0, &usual) == 0 else { return nil }
    var direct = usual
    direct.c_lflag &= ~tcflag_t(ICANON | ECHO)
    guard unsafe tcsetattr(0, TCSANOW, &direct) == 0 else { return nil }
    return Cleanup.shared.add { [usual] in
      var usual = usual
      _ = unsafe tcsetattr(0, TCSANOW, &usual)
    }
  }
}
