import Foundation
import VirtIOTesting

/// What a line of the driver promises about a bound, and how z3 shows that it does for all inputs.
///
/// Its file in Models/Bounds defines `guard`, what that line lets through; `claim`, what has to hold then; and
/// `planted`, what a usual mistake in the line would let through.
struct BoundsPredicate: Sendable {
  /// Its name, and that of its file.
  let id: String
  /// The file of the driver.
  let source: String
  /// What stands in that file once, whatever the space between its words.
  let text: String
  /// The tactic of z3 that decides it soon.
  let solver: String

  /// Why a predicate says nothing of the driver.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Reads the list, and sees that each text is the driver's.
  static func all(in root: URL) throws -> [BoundsPredicate] {
    let rows = try Table(contentsOf: root.appendingPathComponent("Models/Bounds/bounds.tsv")).rows
    let predicates = rows.map {
      BoundsPredicate(
        id: $0["id"] ?? "", source: $0["file"] ?? "", text: $0["text"] ?? "",
        solver: $0["solver"] ?? "")
    }
    guard Set(predicates.map(\.id)).count == predicates.count else {
      throw Failure(description: "Two rows of Models/Bounds/bounds.tsv have the same id.")
    }
    let folder = root.appendingPathComponent("Models/Bounds").path
    let models = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".smt2") }
    guard Set(models) == Set(predicates.map { "\($0.id).smt2" }) else {
      throw Failure(
        description: "Models/Bounds/bounds.tsv has to name each file of its folder, and no other.")
    }
    for predicate in predicates { try predicate.checkText(in: root) }
    return predicates
  }

  private func checkText(in root: URL) throws {
    let file = try String(contentsOf: root.appendingPathComponent(source), encoding: .utf8)
    let count = Self.words(file).ranges(of: Self.words(text)).count
    guard count == 1, !text.isEmpty else {
      throw Failure(
        description: "\(id): '\(text)' stands \(count) times in \(source); see whether "
          + "Models/Bounds/\(id).smt2 still says what the line does, and mend its row in bounds.tsv."
      )
    }
  }

  private static func words(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// Asks whether the line lets anything through, whether any of that breaks the claim, and whether what the
  /// mistake lets through does.
  ///
  /// - Returns: What is wrong; nil if the predicate is proved.
  func prove(in folder: URL, seconds: Int) async throws -> String? {
    let model = folder.appendingPathComponent("\(id).smt2")
    let questions = [
      "guard", "guard) (assert (not claim)", "planted) (assert (not claim)",
    ].map {
      "(push) (assert \($0)) (check-sat-using \(solver)) (pop)\n"
    }
    let whole = try String(contentsOf: model, encoding: .utf8) + questions.joined()
    // It is read from standard input, which is that of a shell.
    let output = try await Command(
      "sh", ["-c", "printf '%s' \"$1\" | timeout \"$2\" z3 -in", "sh", whole, "\(seconds)"]
    ).collect()
    let answers = output.text.split(separator: "\n").map(String.init)
    if answers == ["sat", "unsat", "sat"] { return nil }
    guard answers.count == 3, answers.allSatisfy({ $0 == "sat" || $0 == "unsat" }) else {
      return "z3 does not decide it: \(answers.joined(separator: ", "))"
    }
    if answers[0] == "unsat" { return "its line lets nothing through" }
    return answers[1] == "sat"
      ? "its line lets through what breaks the claim" : "the planted mistake is not found"
  }
}
