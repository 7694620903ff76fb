import Foundation
import VirtIOTesting

/// A configuration of a Promela model of a queue, and what a search of all its states has to say.
struct QueueModel: Sendable {
  /// The name of the model's file, without its suffix.
  let file: String
  /// What it is built with: names, or names with values.
  let options: [String]
  /// What is expected.
  let outcome: Outcome
  /// The name of what is wrong in the state that is found; empty if nothing is.
  let wrong: String

  /// What a search can end with.
  enum Outcome: String, Sendable {
    /// All states were seen, and nothing is wrong with any.
    case holds
    /// A state was found in which something is wrong.
    case fault
    /// Neither: the search stopped early, or did not start.
    case undecided
  }

  /// Reads the list.
  static func all(in folder: URL) throws -> [QueueModel] {
    try Table(contentsOf: folder.appendingPathComponent("models.tsv")).rows.map { row in
      QueueModel(
        file: row["file"] ?? "",
        options: (row["options"] ?? "").split(separator: " ").map(String.init),
        outcome: Outcome(rawValue: row["outcome"] ?? "") ?? .undecided,
        wrong: row["wrong"] ?? "")
    }
  }

  /// As the list has it.
  var name: String { ([file] + options).joined(separator: " ") }

  /// What a search has found.
  struct Finding: Sendable {
    let outcome: Outcome
    /// How many states were stored.
    let stateCount: String
    /// What is wrong, or why the search did not end.
    let reason: String
  }

  /// Whether a search ended as is expected, with a fault found by what is to find it.
  func expects(_ finding: Finding) -> Bool {
    finding.outcome == outcome && finding.outcome != .undecided
      && (wrong.isEmpty || finding.reason.contains(wrong))
  }

  /// Searches all states, in a folder of its own, with so much memory and time at the most.
  func search(_ source: URL, in folder: URL, megabytes: Int, seconds: Int) async throws -> Finding {
    let files = FileManager.default
    try? files.removeItem(at: folder)
    try files.createDirectory(at: folder, withIntermediateDirectories: true)
    let model = source.appendingPathComponent("\(file).pml").path
    let made = try await Command(
      "spin", options.map { "-D\($0)" } + ["-a", model], in: folder.path
    )
    .collect()
    guard made.succeeded else { return undecided(made.text + made.errorText) }
    // The shortest way to a fault is the one to read, and it is found soon.
    let manner = outcome == .fault ? ["-O0", "-DBFS"] : ["-O2"]
    // The program that spin writes is not free of warnings.
    let built = try await Command(
      "gcc",
      manner + ["-w", "-DSAFETY", "-DMEMLIM=\(megabytes)", "-o", "pan", "pan.c"],
      in: folder.path
    ).collect()
    guard built.succeeded else { return undecided(built.errorText) }
    let ran = try await Command(
      "timeout", ["\(seconds)", "./pan", "-m5000000"], in: folder.path
    ).collect()
    return judge(ran)
  }

  private func undecided(_ reason: String) -> Finding {
    Finding(outcome: .undecided, stateCount: "0", reason: reason)
  }

  private func judge(_ output: Command.Output) -> Finding {
    let text = output.text + output.errorText
    let stateCount = text.firstMatch(of: /([0-9.e+]+) states, stored/).map { String($0.1) } ?? "0"
    if let error = text.firstMatch(of: /pan:1: (assertion violated.*|invalid end state.*)/) {
      return Finding(outcome: .fault, stateCount: stateCount, reason: String(error.1))
    }
    let isWhole =
      output.succeeded && text.contains("errors: 0")
      && !text.contains("Search not completed") && !text.contains("max search depth too small")
    return isWhole
      ? Finding(outcome: .holds, stateCount: stateCount, reason: "")
      : Finding(
        outcome: .undecided, stateCount: stateCount,
        reason: "not all states were seen: more memory or time is needed, or a deeper search")
  }
}
