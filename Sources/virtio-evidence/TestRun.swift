import Foundation

/// The outcome of test runs, read from the event streams that `swift test` writes.
struct TestRun {
  /// A test that ran.
  struct Test {
    /// What it is called.
    let name: String
    /// Its module and file.
    let file: String
    /// The line there.
    let line: Int
    /// Whether it ended without an issue.
    var passed = false

    /// What tests are sorted by.
    var place: (String, Int) { (file, line) }
  }

  /// The tests, by the id that Swift Testing gives them.
  private(set) var tests: [String: Test] = [:]

  private struct Record: Decodable {
    struct Payload: Decodable {
      struct Location: Decodable {
        let fileID: String
        let line: Int
      }
      let id: String?
      let kind: String
      let displayName: String?
      let name: String?
      let testID: String?
      let sourceLocation: Location?
    }
    let kind: String
    let payload: Payload
  }

  /// Adds the run that was recorded in a file.
  mutating func add(contentsOf url: URL) throws {
    var failed: Set<String> = []
    var skipped: [String] = []
    for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") {
      let record = try JSONDecoder().decode(Record.self, from: Data(line.utf8))
      let payload = record.payload
      if record.kind == "test", payload.kind == "function", let id = payload.id {
        tests[id] = Test(
          name: payload.displayName ?? payload.name ?? id,
          file: payload.sourceLocation?.fileID ?? "", line: payload.sourceLocation?.line ?? 0)
      } else if payload.kind == "issueRecorded", let id = payload.testID {
        failed.insert(id)
      } else if payload.kind == "testSkipped", let id = payload.testID {
        skipped.append(id)
      } else if payload.kind == "testEnded", let id = payload.testID {
        tests[id]?.passed = !failed.contains(id)
      }
    }
    // Those that need more than every machine has show nothing where it is missing.
    tests = tests.filter { test in
      !skipped.contains { test.key == $0 || test.key.hasPrefix($0 + "/") }
    }
  }
}
