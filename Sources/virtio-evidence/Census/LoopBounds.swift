import Foundation

/// The loops of the modules that a device or firmware could want to keep busy, and what each ends by. A loop over a
/// range or a collection ends by itself.
struct LoopBounds {
  /// How many loops there are.
  private(set) var count = 0
  /// How many of them have a bound in Tests/loops.tsv.
  private(set) var boundCount = 0
  /// What is wrong.
  private(set) var faults: [String] = []

  init(in root: URL) throws {
    var bounds: [String: String] = [:]
    for row in try Table(contentsOf: root.appendingPathComponent("Tests/loops.tsv")).rows {
      bounds["\(row["file"] ?? "") \(row["loop"] ?? "")"] = row["bound"] ?? ""
    }
    var found: Set<String> = []
    for module in Census.modules {
      for folder in ["Sources", "Kernel/Sources"] {
        let path = root.appendingPathComponent("\(folder)/\(module)")
        for file in FileManager.default.subpaths(atPath: path.path) ?? []
        where file.hasSuffix(".swift") {
          let text = try String(contentsOf: path.appendingPathComponent(file), encoding: .utf8)
          for loop in Self.loops(in: text) {
            let key = "\(module)/\(file) \(loop)"
            count += 1
            found.insert(key)
            if bounds[key, default: ""].isEmpty {
              faults.append("no bound: \(key)")
            } else {
              boundCount += 1
            }
          }
        }
      }
    }
    faults += bounds.keys.filter { !found.contains($0) }.sorted().map { "no such loop: \($0)" }
  }

  /// The first lines of loops that end by a condition.
  private static func loops(in text: String) -> [String] {
    text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { $0.hasPrefix("while ") || $0.hasPrefix("} while ") }
  }
}
