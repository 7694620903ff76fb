import Foundation
import VirtIOTesting

/// A fuzzer that was built, and what it is run with.
struct FuzzRun {
  /// What can be fuzzed, the quick ones first.
  static let boundaries = [
    "edid", "font", "bootargs", "devicetree", "configuration", "handshake", "split", "packed", "control",
    "cursor", "capsets", "stack",
  ]

  /// What came of a run.
  struct Result {
    /// How many inputs were tried.
    let count: Int
    /// How long that took, in seconds.
    let seconds: Int
    /// How long the slowest input took, in milliseconds.
    let slowest: Int
    /// What was found, if anything was.
    let finding: String?

    /// In a line.
    var summary: String {
      finding
        ?? "\(count.formatted()) inputs in \(seconds) s, the slowest \(slowest) ms, nothing found"
    }
  }

  /// Why there is no fuzzer.
  struct NotBuilt: Error, CustomStringConvertible {
    let description: String
  }

  private let program: String
  private let folder: URL
  private let sources: URL

  /// Builds the fuzzer of a tree.
  ///
  /// - Parameter sources: Where the corpora are.
  init(building tree: URL, sources: URL) async throws {
    let scratch = tree.appendingPathComponent(".build/fuzzer")
    let built = try await Command(
      "env",
      [
        "FUZZER=1", "swift", "build", "-c", "release", "--sanitize=address", "--package-path",
        tree.appendingPathComponent("Kernel").path, "--scratch-path", scratch.path, "--product",
        "virtio-fuzz",
      ], in: tree.path
    ).collect()
    guard built.succeeded else { throw NotBuilt(description: built.text + built.errorText) }
    program = scratch.appendingPathComponent("release/virtio-fuzz").path
    folder = tree.appendingPathComponent("build/fuzz")
    self.sources = sources
  }

  /// Looks at a boundary for so long, or until something is found.
  func look(_ boundary: String, seconds: Int, seed: Int) async throws -> Result {
    let found = folder.appendingPathComponent(boundary)
    try FileManager.default.createDirectory(at: found, withIntermediateDirectories: true)
    let corpus = ["Fuzzing/Corpus", "Kernel/Fuzzing/Corpus"]
      .map { sources.appendingPathComponent("\($0)/\(boundary)").path }
      .filter { FileManager.default.fileExists(atPath: $0) }
    let start = Date()
    // Memory that the driver gives up on purpose is the harness's to count: the sanitizer's look at leaks
    // after each input would take most of the time.
    let output = try await Command(
      "timeout",
      [
        "\(seconds + 120)", "env", "FUZZ_TARGET=\(boundary)", "ASAN_OPTIONS=detect_leaks=0",
        "SWIFT_BACKTRACE=enable=no", program, found.path,
      ] + corpus + [
        "-max_total_time=\(seconds)", "-seed=\(seed)", "-timeout=1", "-rss_limit_mb=3000",
        "-print_final_stats=1", "-verbosity=1", "-artifact_prefix=\(folder.path)/\(boundary)-",
      ], in: folder.path
    ).collect()
    return judge(output, boundary, Int(Date().timeIntervalSince(start)))
  }

  private func judge(_ output: Command.Output, _ boundary: String, _ seconds: Int) -> Result {
    let text = output.text + output.errorText
    let count = text.firstMatch(of: /number_of_executed_units: ([0-9]+)/).flatMap { Int($0.1) } ?? 0
    let slowest = text.firstMatch(of: /slowest: ([0-9]+) ns/).flatMap { Int($0.1) } ?? 0
    var finding: String?
    if !output.succeeded {
      let what = text.firstMatch(of: /finding: .*|Fatal error.*|ERROR: .*/).map { String($0.0) }
      let input = text.firstMatch(of: /Test unit written to (.*)/).map { String($0.1) }
      let again = input.map {
        "\n  FUZZ_TARGET=\(boundary) SWIFT_BACKTRACE=enable=no \(program) \($0)"
      }
      finding = (what ?? "it ended early") + (again ?? "")
    }
    return Result(count: count, seconds: seconds, slowest: slowest / 1_000_000, finding: finding)
  }
}
