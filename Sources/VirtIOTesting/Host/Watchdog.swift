import Foundation

/// Ends what this program has started even if it comes to its own end without running any code: by
/// SIGKILL, or in a crash. ``Cleanup`` does it in all other cases.
///
/// A shell reads a pipe of which nobody but this program has the other end. It is told which processes
/// live; when the pipe ends, it kills those.
final class Watchdog: Sendable {
  /// That of this program, started when it is first needed.
  static let shared = Watchdog()

  private let pipe: FileHandle

  /// It reads `+ PID` and `- PID`. Signals of the terminal are for those that it watches, not for it.
  private static let script = """
    trap '' INT TERM HUP
    living=
    while read -r sign pid; do
      others=
      for each in $living; do [ "$each" = "$pid" ] || others="$others $each"; done
      living=$others
      [ "$sign" = - ] || living="$living $pid"
    done
    [ -z "$living" ] || kill -KILL $living
    """

  private init() {
    let pipe = Pipe()
    self.pipe = pipe.fileHandleForWriting
    // Were it inherited by a process that is watched, the pipe would not end before that does.
    _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", Self.script]
    shell.standardInput = pipe
    shell.standardOutput = FileHandle.nullDevice
    shell.standardError = FileHandle.nullDevice
    // Without a shell nothing is watched, and all else works.
    try? shell.run()
  }

  /// Has the process killed when this program ends.
  func watch(_ processIdentifier: pid_t) { write("+ \(processIdentifier)\n") }

  /// Leaves the process alone from now on. To be called before it is reaped.
  func forget(_ processIdentifier: pid_t) { write("- \(processIdentifier)\n") }

  private func write(_ line: String) { try? pipe.write(contentsOf: Data(line.utf8)) }
}
