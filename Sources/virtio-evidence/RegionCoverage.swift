import Foundation

/// Which regions of sources were reached, read from what `llvm-cov export` writes.
struct RegionCoverage {
  /// Where a region begins and ends.
  struct Region: Hashable, Comparable {
    let line: Int
    let column: Int
    let endLine: Int
    let endColumn: Int

    static func < (one: Self, other: Self) -> Bool {
      (one.line, one.column) < (other.line, other.column)
    }
  }

  private struct Export: Decodable {
    struct Part: Decodable { let functions: [Function] }
    struct Function: Decodable {
      let filenames: [String]
      let regions: [[Int]]
    }
    let data: [Part]
  }

  private var files: [String: [Region: Bool]] = [:]

  /// Reads an export. A region of a generic function is reached if one of its copies was.
  init(contentsOf url: URL) throws {
    let export = try JSONDecoder().decode(Export.self, from: Data(contentsOf: url))
    for function in export.data.flatMap(\.functions) {
      for region in function.regions where region.count >= 8 && region[7] == 0 {
        guard function.filenames.indices.contains(region[5]) else { continue }
        let place = Region(
          line: region[0], column: region[1], endLine: region[2], endColumn: region[3])
        let isKnown = files[function.filenames[region[5]]]?[place] ?? false
        files[function.filenames[region[5]], default: [:]][place] = isKnown || region[4] > 0
      }
    }
  }

  /// The regions of a file, and whether each was reached.
  func regions(of file: String) -> [Region: Bool] { files[file] ?? [:] }
}
