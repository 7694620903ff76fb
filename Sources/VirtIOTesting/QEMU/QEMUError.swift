/// Why a machine did not do what it was started for.
///
/// Each case describes itself in a sentence that
/// says what happened and, where something can be done, what to do.
public enum QEMUError: Error, Sendable, CustomStringConvertible {
  /// There is no `qemu-system-aarch64` on PATH.
  case notInstalled
  /// QEMU could not be started at all.
  case startFailed(String)
  /// QEMU ended while something was still expected of it; with its last lines on standard error.
  case exited(waitingFor: String, lastErrorLines: [String], lastSerialLines: [String])
  /// The deadline of the whole run passed.
  case deadlinePassed(Duration, lastErrorLines: [String], lastSerialLines: [String])
  /// The guest printed a `PANIC:` line.
  case panicked(String)
  /// QMP refused a command.
  case refused(command: String, reason: String)
  /// QMP, VNC or qtest answered something else than its protocol allows, or not in time.
  case conversationFailed(with: String, reason: String)
  /// The machine has no such part (a head's VNC server, a qtest socket).
  case notConfigured(String)

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .notInstalled:
      "qemu-system-aarch64 is not on PATH; install it with 'apt install qemu-system-arm "
        + "qemu-system-gui ipxe-qemu' (Debian, Ubuntu) or 'brew install qemu' (macOS)."
    case .startFailed(let reason):
      "QEMU could not be run: \(reason)"
    case .exited(let expected, let errorLines, let serialLines):
      "QEMU ended while waiting for \(expected)." + Self.tail("QEMU said", errorLines)
        + (errorLines.isEmpty ? Self.tail("The guest's last lines", serialLines) : "")
    case .deadlinePassed(let limit, let errorLines, let serialLines):
      "The machine was still running after \(limit), and was ended; give it more time if it was "
        + "merely slow." + Self.tail("QEMU said", errorLines)
        + Self.tail("The guest's last lines", serialLines)
    case .panicked(let line):
      line
    case .refused(let command, let reason):
      "QEMU refused the command '\(command)': \(reason)"
    case .conversationFailed(let partner, let reason):
      "The conversation with QEMU's \(partner) failed: \(reason)"
    case .notConfigured(let part):
      "This machine was started without \(part); ask for it in its configuration."
    }
  }

  private static func tail(_ title: String, _ lines: [String]) -> String {
    lines.isEmpty ? "" : "\n\(title):\n" + lines.map { "  \($0)" }.joined(separator: "\n")
  }
}
