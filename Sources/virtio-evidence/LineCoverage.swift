import Foundation

/// Which lines tests reach, by source file, read from what `llvm-cov export` writes.
struct LineCoverage {
  /// How many lines can be reached, and how many are.
  struct Lines {
    var count = 0
    var covered = 0

    /// In percent; nothing to reach is all reached.
    var percentage: Double { count == 0 ? 100 : 100 * Double(covered) / Double(count) }
  }

  /// By the path of the file.
  private(set) var files: [String: Lines] = [:]

  private struct Export: Decodable {
    struct Part: Decodable { let files: [File] }
    struct File: Decodable {
      let filename: String
      let summary: Summary
    }
    struct Summary: Decodable { let lines: Figures }
    struct Figures: Decodable {
      let count: Int
      let covered: Int
    }
    let data: [Part]
  }

  /// Adds an export. Of a file that both packages' tests reach, the better figure counts.
  mutating func add(contentsOf url: URL) throws {
    let export = try JSONDecoder().decode(Export.self, from: Data(contentsOf: url))
    for file in export.data.flatMap(\.files) {
      let lines = Lines(count: file.summary.lines.count, covered: file.summary.lines.covered)
      if let other = files[file.filename], other.percentage >= lines.percentage { continue }
      files[file.filename] = lines
    }
  }

  /// The sums of the modules whose sources lie below `root`, in `Sources` or `Kernel/Sources`.
  func modules(below root: URL) -> [String: Lines] {
    let roots = ["Sources/", "Kernel/Sources/"].map { root.appendingPathComponent($0).path + "/" }
    var modules: [String: Lines] = [:]
    for (path, lines) in files {
      guard let root = roots.first(where: path.hasPrefix),
        let module = path.dropFirst(root.count).split(separator: "/").first
      else { continue }
      modules[String(module), default: Lines()].count += lines.count
      modules[String(module), default: Lines()].covered += lines.covered
    }
    return modules
  }
}
