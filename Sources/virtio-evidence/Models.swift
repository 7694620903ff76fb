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

  func run() async throws {
    let root = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    let source = root.appendingPathComponent("Models")
    let models = try QueueModel.all(in: source).filter { only.isEmpty || $0.name.contains(only) }
    let build = root.appendingPathComponent("build/models")
    var kept: [QueueModel.Outcome: Int] = [:]
    for (index, model) in models.enumerated() {
      let finding = try await model.search(
        source, in: build.appendingPathComponent("\(index)"), megabytes: megabytes,
        seconds: seconds)
      let isExpected = finding.outcome == model.outcome && finding.outcome != .undecided
      if isExpected { kept[model.outcome, default: 0] += 1 }
      print("\(model.name): \(finding.outcome), \(finding.stateCount) states. \(finding.reason)")
    }
    let sound = models.count { $0.outcome == .holds }
    let faulty = models.count - sound
    let (held, found) = (kept[.holds] ?? 0, kept[.fault] ?? 0)
    print("models: \(held) of \(sound) hold, \(found) of \(faulty) faults found")
    if held < sound || found < faulty { throw ExitCode.failure }
  }
}
