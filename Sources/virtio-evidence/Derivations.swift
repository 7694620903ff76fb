import Foundation

/// The rows that sum up others, and need no test of their own.
struct Derivations {
  private struct Derivation {
    let id: String
    /// Ids, and scopes as `scope:NAME`.
    let sources: [String]
  }

  /// A row stands after those that it is derived from.
  private let derivations: [Derivation]

  /// Why a derivation proves nothing.
  enum Failure: Error, CustomStringConvertible {
    /// There is no such row, or none of such a scope.
    case noSuchRow(String, of: String)

    var description: String {
      switch self {
      case .noSuchRow(let source, let id):
        "docs/requirements/derived.tsv derives \(id) from \(source), which is no row of "
          + "conformance.tsv; mend it."
      }
    }
  }

  /// Reads the list.
  init(contentsOf url: URL) throws {
    derivations = try Table(contentsOf: url).rows.map {
      Derivation(
        id: $0["id"] ?? "", sources: ($0["from"] ?? "").split(separator: " ").map(String.init))
    }
  }

  /// Judges the derived rows by the others.
  func apply(to rows: [Evidence.Row]) throws -> [Evidence.Row] {
    var rows = rows
    for derivation in derivations {
      guard let index = rows.firstIndex(where: { $0.id == derivation.id }) else {
        throw Failure.noSuchRow(derivation.id, of: derivation.id)
      }
      var parts: [Evidence.Row] = []
      for source in derivation.sources {
        let found = select(source, from: rows)
        guard !found.isEmpty else { throw Failure.noSuchRow(source, of: derivation.id) }
        parts += found
      }
      rows[index].status = Self.status(of: parts)
      rows[index].derivation = derivation.sources.map(Self.words).joined(separator: ", ")
      // A scope has too many to be named; they stand in their own rows.
      if !derivation.sources.contains(where: { $0.hasPrefix("scope:") }) {
        rows[index].driverTests = parts.flatMap(\.driverTests)
      }
    }
    return rows
  }

  /// The rows that a source names; those that are derived themselves are in no scope.
  private func select(_ source: String, from rows: [Evidence.Row]) -> [Evidence.Row] {
    guard source.hasPrefix("scope:") else { return rows.filter { $0.id == source } }
    let derived = Set(derivations.map(\.id))
    return rows.filter { "scope:\($0.scope)" == source && !derived.contains($0.id) }
  }

  private static func status(of parts: [Evidence.Row]) -> Evidence.Status {
    if parts.contains(where: { $0.status == .failing }) { return .failing }
    if parts.allSatisfy({ $0.status == .due }) { return .due }
    return parts.allSatisfy(\.status.isAnswered) ? .derived : .open
  }

  private static func words(_ source: String) -> String {
    source.hasPrefix("scope:") ? "all rows of \(source.dropFirst(6))" : source
  }
}
