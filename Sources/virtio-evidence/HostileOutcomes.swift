import Foundation

/// What becomes of each row of the catalogue of hostile devices, as its table declares.
struct HostileOutcomes {
  /// What can become of a row.
  static let all: Set = ["ignored", "degraded", "request error", "reset and recovered", "offline"]

  /// The rows that apply, by their ids.
  private let declared: [String: String]

  /// Reads the table of the repository at `root`.
  init(root: URL) throws {
    let table = try Table(
      contentsOf: root.appendingPathComponent("docs/requirements/hostile.tsv"))
    declared = Dictionary(
      table.rows.filter { $0["scope"] == "in" }.map { ($0["id"] ?? "", $0["declared"] ?? "") },
      uniquingKeysWith: { _, _ in "declared twice" })
  }

  /// How many rows apply.
  var count: Int { declared.count }

  /// How many of them end in a correct frame.
  var survivedCount: Int { declared.values.count { $0 != "offline" && Self.all.contains($0) } }

  /// What is wrong with the table, a line each.
  var faults: [String] {
    declared.filter { !Self.all.contains($0.value) }.sorted { $0.key < $1.key }.map {
      "docs/requirements/hostile.tsv declares no outcome of \($0.key) that there is: '\($0.value)'"
    }
  }
}
