import ArgumentParser
import Foundation

/// `virtio-evidence write`.
struct Write: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes docs/evidence.md from recorded test runs.")

  @Argument(help: "The event streams that 'swift test --event-stream-output-path' wrote.")
  var streams: [String]

  func run() throws {
    let root = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    var run = TestRun()
    for stream in streams { try run.add(contentsOf: URL(fileURLWithPath: stream)) }
    let report = try Report(
      root: root, evidence: Evidence(run, suites: TestSuites(root: root)))
    try report.text.write(
      to: root.appendingPathComponent("docs/evidence.md"), atomically: true, encoding: .utf8)
    for line in report.summary { print(line) }
  }
}
