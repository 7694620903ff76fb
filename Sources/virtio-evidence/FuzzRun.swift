import Foundation
import VirtIOTesting

/// A fuzzer that was built, and what it is run with.
struct FuzzRun {
  /// What can be fuzzed, the quick ones first.
  static let boundaries = [
    "edid", "font", "bootargs", "devicetree", "configuration", "handshake", "split", "packed",
    "control", "cursor", "capsets", "stack",
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

  /// How the fuzzer is built.
  enum Kind: String {
    /// With the sanitizer of addresses: to find what is wrong.
    case careful
    /// Without it, and without a look at what is compared: to try many inputs.
    case fast
    /// To say which ways inputs go.
    case replay

    fileprivate var options: [String] {
      switch self {
      case .careful: ["--sanitize=address"]
      case .fast: []
      case .replay: ["--enable-code-coverage"]
      }
    }
  }

  let program: String
  private let folder: URL
  private let sources: URL

  /// Builds the fuzzer of a tree.
  ///
  /// - Parameter sources: Where the corpora are.
  init(building tree: URL, sources: URL, as kind: Kind = .careful) async throws {
    let scratch = tree.appendingPathComponent(".build/fuzzer-\(kind.rawValue)")
    for folder in ["Sources", "Fuzzing"] {
      BuildPlan.refresh(in: scratch.path, for: tree.appendingPathComponent(folder).path)
    }
    let built = try await Command(
      "env",
      ["FUZZER=\(kind.rawValue)", "swift", "build", "-c", "release"] + kind.options + [
        "--package-path", tree.appendingPathComponent("Kernel").path, "--scratch-path",
        scratch.path, "--product", "virtio-fuzz",
      ], in: tree.path
    ).collect()
    guard built.succeeded else { throw NotBuilt(description: built.text + built.errorText) }
    program = scratch.appendingPathComponent("release/virtio-fuzz").path
    folder = tree.appendingPathComponent("build/fuzz")
    self.sources = sources
  }

  /// How long a boundary is looked at.
  enum Extent {
    case seconds(Int)
    case inputs(Int)
  }

  /// The folder with the inputs that are kept for a boundary.
  func corpus(of boundary: String) -> [String] {
    ["Fuzzing/Corpus", "Kernel/Fuzzing/Corpus"]
      .map { sources.appendingPathComponent("\($0)/\(boundary)").path }
      .filter { FileManager.default.fileExists(atPath: $0) }
  }

  /// Looks at a boundary for so long, or until something is found.
  func look(_ boundary: String, for extent: Extent, seed: Int) async throws -> Result {
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent(boundary), withIntermediateDirectories: true)
    let (limit, patience, timeout) =
      switch extent {
      case .seconds(let seconds): ("-max_total_time=\(seconds)", seconds + 120, 1)
      // As long as it takes; a run of hours meets a machine that does something else for a while.
      case .inputs(let count): ("-runs=\(count)", 12 * 3600, 20)
      }
    let start = Date()
    // Memory that the driver gives up on purpose is the harness's to count: the sanitizer's look at leaks
    // after each input would take most of the time.
    let output = try await Command(
      "timeout",
      [
        "\(patience)", "env", "FUZZ_TARGET=\(boundary)", "ASAN_OPTIONS=detect_leaks=0",
        "SWIFT_BACKTRACE=enable=no", program,
        // What is new goes into the first, of this machine.
        folder.appendingPathComponent(boundary).path,
      ] + corpus(of: boundary) + [
        limit, "-seed=\(seed)", "-timeout=\(timeout)", "-rss_limit_mb=3000",
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
