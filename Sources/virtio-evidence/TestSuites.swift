import Foundation

/// Which tests judge the driver, and which the model.
struct TestSuites {
  /// Where the tests are in which a bad driver breaks the rules of the model.
  private static let rules = "Tests/ModelTests/Rules"

  private let root: URL
  /// The files there, as Swift names them: module and file.
  private let modelFiles: Set<String>

  /// Looks at the tests of the repository at `root`.
  init(root: URL) throws {
    self.root = root
    let folder = root.appendingPathComponent(Self.rules)
    modelFiles = Set(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).map { "ModelTests/\($0)" })
  }

  /// Whether a test shows only that the model sees a rule broken.
  func judgeTheModel(_ test: TestRun.Test) -> Bool { modelFiles.contains(test.file) }

  /// The tags of all tests of the driver, as their sources spell them.
  func driverTags() throws -> [TestTag] {
    let rules = root.appendingPathComponent(Self.rules).standardizedFileURL.path
    var tags: [TestTag] = []
    for folder in ["Tests", "Kernel/Tests"] {
      let files = FileManager.default.enumerator(
        at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil)
      while let file = files?.nextObject() as? URL {
        guard file.pathExtension == "swift",
          file.deletingLastPathComponent().standardizedFileURL.path != rules
        else { continue }
        let source = try String(contentsOf: file, encoding: .utf8)
        tags += Self.names(in: source).compactMap(TestTag.init(name:))
      }
    }
    return tags
  }

  /// A filter names no test target and no suite.
  struct NoSuchTests: Error, CustomStringConvertible {
    let name: String
    var description: String {
      "There is no folder '\(name)' of tests and no file '\(name).swift'; mend Tests/mutants.tsv."
    }
  }

  /// The test targets in which a filter finds its tests: it is made of their names, and of names of
  /// suites that are a file each, with bars between them.
  func targets(of filter: String) throws -> [String] {
    let folder = root.appendingPathComponent("Tests")
    let paths =
      FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    let targets = try filter.split(separator: "|").map(String.init).flatMap { name in
      // The file of a suite can have its name in several targets.
      let found = paths.filter { $0 == name || $0.hasSuffix("/\(name).swift") }
      guard !found.isEmpty else { throw NoSuchTests(name: name) }
      return found.compactMap { $0.split(separator: "/").first.map(String.init) }
    }
    return Set(targets).sorted()
  }

  /// The names that a source gives its tests, however they are broken into lines.
  private static func names(in source: String) -> [String] {
    source.matches(of: /@Test\(\s*(?:"""\s*((?s:.*?))"""|"([^"\n]*)")/).map { match in
      String(match.1 ?? match.2 ?? "").replacing(/\\\n\s*/, with: "")
    }
  }
}
