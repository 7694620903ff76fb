import Foundation
import Testing

/// What becomes of a case of the catalogue of hostile devices, as `docs/requirements/hostile.tsv` declares it.
enum HostileOutcome: String, CaseIterable {
  /// Nothing depends on it.
  case ignored
  /// The driver, or the kernel, goes on with less, and says so where somebody may want to know.
  case degraded
  /// A call says what is wrong; the next one works.
  case requestError = "request error"
  /// It is said, and after a reset, or once it behaves again, all is well.
  case recovered = "reset and recovered"
  /// The device, or the table, is not used; the error has a name.
  case offline
}

@Suite("Declared outcomes of hostile devices") struct HostileOutcomeTests {
  /// All rows that apply: their ids and what is declared.
  private static func catalogue() throws -> [(id: String, declared: String)] {
    let root = URL(filePath: #filePath).appending(path: "../../../..").standardized
    let table = root.appending(path: "docs/requirements/hostile.tsv")
    return try String(contentsOf: table, encoding: .utf8).split(separator: "\n").dropFirst()
      .compactMap { line in
        let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        return cells.count == 5 && cells[3] == "in" ? (cells[0], cells[4]) : nil
      }
  }

  @Test("each row that applies has one outcome, and few are the end of the device")
  func declared() throws {
    let rows = try Self.catalogue()
    #expect(rows.count == 272 && Set(rows.map(\.id)).count == rows.count)
    for row in rows { #expect(HostileOutcome(rawValue: row.declared) != nil, "\(row)") }
    let lost = rows.count { $0.declared == HostileOutcome.offline.rawValue }
    #expect(lost * 10 <= rows.count)
  }
}
