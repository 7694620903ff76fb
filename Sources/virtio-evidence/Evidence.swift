import Foundation

/// What the tests show about each row of the requirement tables.
///
/// Two kinds of tests name rows. A test of the driver shows that the driver keeps a rule. A test of the
/// model's rules has a bad driver break it, and shows only that the model would notice.
struct Evidence {
  /// How a row stands.
  enum Status: String {
    /// A test of the driver names it, and passes.
    case covered
    /// It sums up other rows, and each of them is covered or due.
    case derived
    /// A test of the driver shows that its feature is not taken, and passes.
    case due
    /// A test that names it fails.
    case failing
    /// No test of the driver names it.
    case open

    /// Whether nothing is missing.
    var isAnswered: Bool { self == .covered || self == .derived || self == .due }
  }

  /// A row with the tests that name it.
  struct Row {
    let id: String
    let text: String
    let scope: String
    var status: Status
    /// Tests of the driver.
    var driverTests: [TestRun.Test]
    /// Tests that the model sees the rule broken.
    let modelTests: [TestRun.Test]
    /// What it is derived from, in words; nil if tests show it directly.
    var derivation: String?

    /// Whether it is one of those that this project is to show.
    var isInScope: Bool { !scope.hasPrefix("out: ") && !scope.hasPrefix("later: ") }
  }

  private let covering: [String: [TestRun.Test]]
  private let deferring: [String: [TestRun.Test]]
  private let seeing: [String: [TestRun.Test]]

  /// Sorts the tests by the rows that they name.
  init(_ run: TestRun, suites: TestSuites) {
    var covering: [String: [TestRun.Test]] = [:]
    var deferring: [String: [TestRun.Test]] = [:]
    var seeing: [String: [TestRun.Test]] = [:]
    for test in run.tests.values.sorted(by: { $0.place < $1.place }) {
      guard let tag = TestTag(name: test.name) else { continue }
      for id in tag.ids {
        if suites.judgeTheModel(test) {
          seeing[id, default: []].append(test)
        } else if tag.isDue {
          deferring[id, default: []].append(test)
        } else {
          covering[id, default: []].append(test)
        }
      }
    }
    self.covering = covering
    self.deferring = deferring
    self.seeing = seeing
  }

  /// How a row stands.
  func row(_ id: String, text: String, scope: String) -> Row {
    let tests = covering[id] ?? []
    let later = deferring[id] ?? []
    let seen = seeing[id] ?? []
    let status: Status
    if (tests + later + seen).contains(where: { !$0.passed }) {
      status = .failing
    } else if !tests.isEmpty {
      status = .covered
    } else {
      status = later.isEmpty ? .open : .due
    }
    return Row(
      id: id, text: text, scope: scope, status: status, driverTests: tests + later,
      modelTests: seen)
  }
}
