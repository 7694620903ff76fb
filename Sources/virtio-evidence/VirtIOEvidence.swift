import ArgumentParser
import Foundation

/// Says which test shows which requirement.
@main
struct VirtIOEvidence: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "virtio-evidence", abstract: "Says which test shows which requirement.",
    subcommands: [Write.self, Check.self, Mutants.self])

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
      let report = try Report(root: root, evidence: Evidence(run))
      try report.text.write(
        to: root.appendingPathComponent("docs/evidence.md"), atomically: true, encoding: .utf8)
      for line in report.summary { print(line) }
    }
  }

  /// `virtio-evidence check`.
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Fails if a row that docs/evidence.md calls covered or due has lost its tests.")

    /// What the check found.
    struct Failure: Error, CustomStringConvertible {
      let description: String
    }

    func run() throws {
      let root = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
      let named = try Self.idsInTests(below: root)
      let page = try String(
        contentsOf: root.appendingPathComponent("docs/evidence.md"), encoding: .utf8)
      let row = /\| ([A-Z0-9-]+) \| .* \| (?:covered|due) \| .* \|/
      var count = 0
      var lost: [String] = []
      for line in page.split(separator: "\n") {
        guard let match = line.wholeMatch(of: row) else { continue }
        count += 1
        if !named.contains(String(match.1)) { lost.append(String(match.1)) }
      }
      guard lost.isEmpty else {
        throw Failure(
          description:
            "docs/evidence.md says that a test shows \(lost.joined(separator: ", ")), but no test "
            + "names it any more. Restore the test, or run 'make evidence' if the row is gone.")
      }
      guard count > 0 else {
        throw Failure(description: "docs/evidence.md has no rows; run 'make evidence'.")
      }
      print("evidence: each of \(count) rows has a test that names it")
    }

    /// The ids that the sources of the tests spell, outside comments: names of tests, however they are
    /// broken into lines.
    private static func idsInTests(below root: URL) throws -> Set<String> {
      var ids: Set<String> = []
      for folder in ["Tests", "Kernel/Tests"] {
        let files = FileManager.default.enumerator(
          at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
          guard file.pathExtension == "swift" else { continue }
          let source = try String(contentsOf: file, encoding: .utf8)
          for line in source.split(separator: "\n")
          where !line.drop(while: { $0 == " " }).hasPrefix("//") {
            ids.formUnion(line.matches(of: /[A-Z][A-Z0-9-]*[0-9]/).map { String($0.output) })
          }
        }
      }
      return ids
    }
  }
}
