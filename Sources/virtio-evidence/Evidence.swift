import Foundation

/// What the tests show about each row of the requirement tables.
struct Evidence {
  /// How a row stands.
  enum Status: String {
    /// A test names it, and passes.
    case covered
    /// A test shows that its feature is not taken, and passes.
    case due
    /// A test that names it fails.
    case failing
    /// No test names it.
    case open
  }

  /// A row with the tests that name it.
  struct Row {
    let id: String
    let text: String
    let scope: String
    let status: Status
    let tests: [TestRun.Test]
  }

  private let covering: [String: [TestRun.Test]]
  private let deferring: [String: [TestRun.Test]]

  /// Sorts the tests by the rows that they name.
  init(_ run: TestRun) {
    var covering: [String: [TestRun.Test]] = [:]
    var deferring: [String: [TestRun.Test]] = [:]
    for test in run.tests.values.sorted(by: { $0.place < $1.place }) {
      guard let tag = TestTag(name: test.name) else { continue }
      for id in tag.ids {
        if tag.isDue {
          deferring[id, default: []].append(test)
        } else {
          covering[id, default: []].append(test)
        }
      }
    }
    self.covering = covering
    self.deferring = deferring
  }

  /// How a row stands.
  func row(_ id: String, text: String, scope: String) -> Row {
    let tests = covering[id] ?? []
    let later = deferring[id] ?? []
    let status: Status
    if (tests + later).contains(where: { !$0.passed }) {
      status = .failing
    } else if !tests.isEmpty {
      status = .covered
    } else {
      status = later.isEmpty ? .open : .due
    }
    return Row(id: id, text: text, scope: scope, status: status, tests: tests + later)
  }
}
