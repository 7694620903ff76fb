import ArgumentParser
import Foundation

/// `virtio-evidence models`.
struct Models: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Searches all states of the queues' models, and sees each fault of them found.")

  @Option(help: "Only what contains this text in its row of Models/models.tsv.")
  var only: String = ""

  @Option(help: "How much memory a search may take, in MiB.")
  var megabytes = 3000

  @Option(help: "How long a search may take, in seconds.")
  var seconds = 300

  @Option(help: "How many searches to make at once.")
  var jobs = 2

  func run() async throws {
    let root = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    let source = root.appendingPathComponent("Models")
    let models = try QueueModel.all(in: source).filter { only.isEmpty || $0.name.contains(only) }
    let kept = try await search(models, source, in: root.appendingPathComponent("build/models"))
    let sound = models.count { $0.outcome == .holds }
    let faulty = models.count - sound
    let (held, found) = (kept[.holds] ?? 0, kept[.fault] ?? 0)
    print("models: \(held) of \(sound) hold, \(found) of \(faulty) faults found")
    if held < sound || found < faulty { throw ExitCode.failure }
  }

  /// Searches them all, `jobs` at once.
  ///
  /// - Returns: How many ended as is expected, by what was.
  private func search(_ models: [QueueModel], _ source: URL, in build: URL)
    async throws -> [QueueModel.Outcome: Int]
  {
    var kept: [QueueModel.Outcome: Int] = [:]
    let (megabytes, seconds) = (megabytes, seconds)
    try await withThrowingTaskGroup(of: (QueueModel, QueueModel.Finding).self) { group in
      for (index, model) in models.enumerated() {
        if index >= jobs, let ended = try await group.next() { report(ended, &kept) }
        group.addTask {
          let folder = build.appendingPathComponent("\(index)")
          return (
            model,
            try await model.search(source, in: folder, megabytes: megabytes, seconds: seconds)
          )
        }
      }
      for try await ended in group { report(ended, &kept) }
    }
    return kept
  }

  private func report(
    _ ended: (QueueModel, QueueModel.Finding), _ kept: inout [QueueModel.Outcome: Int]
  ) {
    let (model, finding) = ended
    let isExpected = model.expects(finding)
    if isExpected { kept[model.outcome, default: 0] += 1 }
    print(
      "\(isExpected ? "" : "NOT AS EXPECTED: ")\(model.name): \(finding.outcome),",
      "\(finding.stateCount) states. \(finding.reason)")
  }
}
