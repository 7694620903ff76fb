import Foundation

/// A change to the driver that breaks it, and the tests that have to notice.
struct Mutant {
  /// Its name in the list.
  let id: String
  /// The file that it changes.
  let file: String
  /// The text that it replaces; it stands in the file once.
  let original: String
  /// What it puts there.
  let replacement: String
  /// A filter for the tests that have to notice, as `swift test` takes it.
  let tests: String
  /// Whether it is one of the few that are tried wherever all tests are run.
  var isInSample = false

  /// Whether it is a change to the kernel, whose tests are in a package of their own.
  var isKernel: Bool { file.hasPrefix("Kernel/") }

  /// The parts of the filter, that of the file's own module first.
  var filters: [String] {
    let module = file.split(separator: "/").dropFirst().first.map { "\($0)Tests" } ?? ""
    let parts = tests.split(separator: "|").map(String.init)
    return parts.filter { $0 == module } + parts.filter { $0 != module }
  }

  /// Why a mutant proves nothing.
  enum Failure: Error, CustomStringConvertible {
    /// Another has the same name.
    case notUnique(String)
    /// The text does not stand in the file exactly once.
    case notFound(Mutant, count: Int)

    var description: String {
      switch self {
      case .notUnique(let id):
        "Two rows of Tests/mutants.tsv are called \(id); give one another name."
      case .notFound(let mutant, let count):
        "\(mutant.id): '\(mutant.original)' stands \(count) times in \(mutant.file); "
          + "mend its row in Tests/mutants.tsv."
      }
    }
  }

  /// Reads the list.
  static func all(in root: URL) throws -> [Mutant] {
    let rows = try Table(contentsOf: root.appendingPathComponent("Tests/mutants.tsv")).rows
    let names = Dictionary(grouping: rows.compactMap { $0["id"] }, by: \.self)
    if let twice = names.first(where: { $1.count > 1 }) { throw Failure.notUnique(twice.key) }
    return rows.map {
      Mutant(
        id: $0["id"] ?? "", file: $0["file"] ?? "", original: Self.text($0["original"]),
        replacement: Self.text($0["replacement"]), tests: $0["tests"] ?? "",
        isInSample: $0["sample"] == "yes")
    }
  }

  /// Reads the list of faults that the fuzzer has to find, one for each boundary.
  static func planted(in root: URL) throws -> [Mutant] {
    try Table(contentsOf: root.appendingPathComponent("Fuzzing/planted.tsv")).rows.map {
      Mutant(
        id: $0["id"] ?? "", file: $0["file"] ?? "", original: Self.text($0["original"]),
        replacement: Self.text($0["replacement"]), tests: "")
    }
  }

  /// A cell of the list in which `\\n` stands for the end of a line.
  private static func text(_ cell: String?) -> String {
    (cell ?? "").replacing("\\n", with: "\n")
  }

  /// The file's text with the change made.
  func apply(to source: String) throws -> String {
    let count = source.ranges(of: original).count
    guard count == 1 else { throw Failure.notFound(self, count: count) }
    return source.replacing(original, with: replacement)
  }
}
