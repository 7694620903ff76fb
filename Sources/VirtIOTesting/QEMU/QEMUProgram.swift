/// The installed QEMU.
public struct QEMUProgram: Sendable {
  /// Where the program is.
  public let path: String

  /// Finds `qemu-system-aarch64` on PATH.
  public init() throws(QEMUError) {
    guard let path = SearchPath.find("qemu-system-aarch64") else { throw .notInstalled }
    self.path = path
  }

  /// What it calls itself, for instance `7.2.22`; nil if it does not say.
  public func version() async throws -> String? {
    let output = try await Command(path, ["--version"]).collect()
    // "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)"
    let words = output.text.split(whereSeparator: \.isWhitespace)
    guard let index = words.firstIndex(of: "version"), index + 1 < words.count else { return nil }
    return String(words[index + 1])
  }

  /// The names of the trace events that it knows.
  func traceEvents() async throws -> Set<String> {
    let output = try await Command(path, ["-trace", "help"]).collect()
    return Set(output.text.split(whereSeparator: \.isWhitespace).map(String.init))
  }
}
