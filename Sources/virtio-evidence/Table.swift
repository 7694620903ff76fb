import Foundation

/// A file of rows with named columns, separated by tabs.
struct Table {
  /// The rows: values by the name of their column.
  let rows: [[String: String]]

  /// Reads a table; its first line names the columns.
  init(contentsOf url: URL) throws {
    let lines = try String(contentsOf: url, encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: true)
    let names = lines.first.map(Self.cells) ?? []
    rows = lines.dropFirst().map { line in
      Dictionary(zip(names, Self.cells(line)), uniquingKeysWith: { first, _ in first })
    }
  }

  private static func cells(_ line: Substring) -> [String] {
    line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
  }
}
