import ArgumentParser
import Foundation

/// `virtio-evidence check`.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: """
      Fails if a row that docs/evidence.md calls covered or due has lost its tests, if a mutant \
      changes, or a proof is about, what is not there any more, or if a row of a hostile device has \
      no declared outcome.
      """)

  /// What the check found.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  func run() throws {
    let root = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    let tags = try TestSuites(root: root).driverTags()
    let covering = Set(tags.filter { !$0.isDue }.flatMap(\.ids))
    let naming = Set(tags.flatMap(\.ids))
    // Derived rows need none: those that they are derived from stand on the page too.
    let claims = try Self.claims(
      in: root.appendingPathComponent("docs/evidence.md"), derived: Self.derivedIDs(below: root))
    let lost = claims.filter { !($0.status == "due" ? naming : covering).contains($0.id) }
    guard lost.isEmpty else {
      throw Failure(
        description:
          "docs/evidence.md says that a test of the driver shows "
          + "\(lost.map(\.id).joined(separator: ", ")), but none names it any more. Restore the test, "
          + "or run 'make evidence' if the row is gone.")
    }
    guard !claims.isEmpty else {
      throw Failure(description: "docs/evidence.md has no rows; run 'make evidence'.")
    }
    for mutant in try Mutant.all(in: root) + Mutant.planted(in: root) {
      _ = try mutant.apply(
        to: String(contentsOf: root.appendingPathComponent(mutant.file), encoding: .utf8))
    }
    _ = try BoundsPredicate.all(in: root)
    let loops = try LoopBounds(in: root)
    guard loops.faults.isEmpty else {
      throw Failure(
        description: loops.faults.joined(separator: "\n")
          + "\nTests/loops.tsv names each loop of the driver, and what it ends by.")
    }
    let outcomes = try HostileOutcomes(root: root)
    guard outcomes.faults.isEmpty else {
      throw Failure(description: outcomes.faults.joined(separator: "\n"))
    }
    print("evidence: each of \(claims.count) rows has a test of the driver that names it")
  }

  /// The rows that the page calls covered or due.
  private static func claims(
    in page: URL, derived: Set<String>
  ) throws -> [(id: String, status: String)] {
    let row = /\| ([A-Z0-9-]+) \| .* \| (covered|due) \| .*\|/
    return try String(contentsOf: page, encoding: .utf8).split(separator: "\n").compactMap { line in
      guard let match = line.wholeMatch(of: row), !derived.contains(String(match.1)) else {
        return nil
      }
      return (String(match.1), String(match.2))
    }
  }

  private static func derivedIDs(below root: URL) throws -> Set<String> {
    let list = root.appendingPathComponent("docs/requirements/derived.tsv")
    return Set(try Table(contentsOf: list).rows.compactMap { $0["id"] })
  }
}
