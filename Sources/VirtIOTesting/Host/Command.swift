import Foundation
import Subprocess
import Synchronization

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// A program that runs to its end: a compiler, `llvm-nm`, `qemu-system-aarch64 --version`.
package struct Command: Sendable {
  /// What a finished command left.
  package struct Output: Sendable {
    /// What it wrote to standard output.
    package let text: String
    /// What it wrote to standard error.
    package let errorText: String
    /// Whether it exited with status 0.
    package let succeeded: Bool
  }

  /// A name looked up on PATH, or a path if it holds a slash.
  package var program: String
  /// The arguments after the program's name.
  package var arguments: [String]
  /// Where it runs; nil for the current folder.
  package var folder: String?

  /// Describes a command without running it.
  package init(_ program: String, _ arguments: [String], in folder: String? = nil) {
    self.program = program
    self.arguments = arguments
    self.folder = folder
  }

  /// Ours, but for which tests of this package somebody wants to build: of others, all is wanted.
  private static let environment = Environment.inherit.updating(["TEST_TARGETS": nil])

  private var executable: Executable {
    program.contains("/") ? .path(FilePath(program)) : .name(program)
  }

  /// Runs it and collects what it says, up to 64 MiB of it.
  package func collect() async throws -> Output {
    let limit = 64 << 20
    let result = try await Subprocess.run(
      executable, arguments: Arguments(arguments), environment: Self.environment,
      workingDirectory: folder.map { FilePath($0) },
      output: .string(limit: limit), error: .string(limit: limit))
    return Output(
      text: result.standardOutput, errorText: result.standardError,
      succeeded: result.terminationStatus.isSuccess)
  }

  /// Runs it, with all it says on our standard error, live, and returns whether it succeeded.
  package func stream() async throws -> Bool {
    let cleanup = Mutex<Cleanup.Token?>(nil)
    defer { if let token = cleanup.withLock({ $0 }) { Cleanup.shared.remove(token) } }
    let result = try await Subprocess.run(
      executable, arguments: Arguments(arguments), environment: Self.environment,
      workingDirectory: folder.map { FilePath($0) },
      input: .none, output: .currentStandardError, error: .currentStandardError
    ) { execution in
      let pid = execution.processIdentifier
      let token = Cleanup.shared.add { kill(pid.value, SIGTERM) }
      cleanup.withLock { $0 = token }
    }
    await Cleanup.shared.holdIfEnding()
    return result.terminationStatus.isSuccess
  }
}
