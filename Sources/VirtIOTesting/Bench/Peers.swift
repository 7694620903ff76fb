import Foundation

/// What is to be reached, and how far the best of the other drivers came: a row of `peers.tsv`.
package struct PeerFigure: Sendable, Equatable {
  /// By which our own figure is found.
  package let id: String
  /// What is measured.
  package let measure: String
  /// What it may be at most.
  package let bound: Double
  /// Which driver came closest; nil if none was measured.
  package let peer: String?
  /// How far it came.
  package let figure: Double?

  /// The rows of a table, without its head.
  ///
  /// - Returns: Nil if a row is not made as it should.
  package static func rows(_ text: String) -> [PeerFigure]? {
    var rows: [PeerFigure] = []
    for line in text.split(separator: "\n").dropFirst() {
      let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard cells.count == 5, let bound = Double(cells[2]), !cells[0].isEmpty else { return nil }
      let figure = Double(cells[4])
      guard (figure == nil) == (cells[3] == "-") else { return nil }
      rows.append(
        PeerFigure(
          id: cells[0], measure: cells[1], bound: bound, peer: figure == nil ? nil : cells[3],
          figure: figure))
    }
    return rows
  }
}
