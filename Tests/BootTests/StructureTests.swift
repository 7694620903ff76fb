import Foundation
import Testing
import VirtIOTesting

/// The shape of the code itself: who imports whom.
@Suite struct StructureTests {
  /// Where modules live.
  static let roots = ["Sources", "Kernel/Sources", "Kernel/Images"]

  @Test func everyModuleIsInTheTable() throws {
    let modules = try Self.roots.flatMap { root in
      Set(
        try Repository.files(below: root)
          .filter { $0.dropFirst(root.count + 1).contains("/") && $0.contains(".") }
          .map { "\(root)/\($0.dropFirst(root.count + 1).prefix { $0 != "/" })" })
    }
    for module in modules.sorted() {
      #expect(
        ImportTable.allowed[module] != nil, "Say in ImportTable.swift what \(module) may import.")
    }
  }

  @Test(arguments: ImportTable.allowed.keys.sorted())
  func importsFollowTheArrows(_ module: String) throws {
    let allowed = ImportTable.allowed[module] ?? []
    let files = try Repository.files(below: module)
    let own = Set(files.map { URL(fileURLWithPath: $0).lastPathComponent })
    for file in files {
      let text = try Repository.text(file)
      switch URL(fileURLWithPath: file).pathExtension {
      case "swift":
        for name in Self.imports(in: text) {
          #expect(allowed.contains(name), "\(file) imports \(name) against the arrows.")
        }
      case "c", "h", "S":
        for header in Self.includes(in: text) {
          #expect(
            ImportTable.headers.contains(header) || own.contains(header),
            "\(file) includes \(header), which is not its own.")
        }
      default:
        break
      }
    }
  }

  /// The modules of which nothing may end the program, or lose what went wrong.
  static let unfailing = [
    "Sources/VirtIO", "Sources/VirtIOPCI", "Sources/VirtIOMMIO", "Sources/VirtIOGPU",
    "Sources/VirtIORandom", "Sources/VirtIOInput", "Kernel/Sources/KernelDeviceTree",
    "Kernel/Sources/KernelInterrupts",
  ]

  @Test(
    "M14: each error has a type, none is a value in disguise, and nothing is forced",
    arguments: unfailing)
  func errorsHaveTypes(_ module: String) throws {
    for file in try Repository.files(below: module) where file.hasSuffix(".swift") {
      for line in try Repository.text(file).split(separator: "\n") {
        let code =
          line.prefix { $0 != "\"" }.split(separator: "//", omittingEmptySubsequences: false)
          .first ?? ""
        // Few lines have any of it, and a search for a word is quick.
        let words = ["!", "throws", "fatalError", "preconditionFailure", "unsafelyUnwrapped"]
        guard words.contains(where: { code.contains($0) }) else { continue }
        for pattern in [
          /throws(?!\()/, /try!/, /as!/, /fatalError|preconditionFailure|unsafelyUnwrapped/,
          /[A-Za-z0-9_\])]!(?![=])/,
        ] {
          #expect(code.firstMatch(of: pattern) == nil, "\(file): \(line)")
        }
      }
    }
  }

  /// The words that may stand between `import` and the module: `import struct Module.Name`.
  private static let kinds: Set<Substring> = [
    "actor", "class", "enum", "func", "let", "macro", "protocol", "struct", "typealias", "var",
  ]

  /// The modules that Swift source imports, whatever attributes the import carries.
  static func imports(in text: String) -> [String] {
    text.split(whereSeparator: { $0.isNewline || $0 == ";" }).compactMap { line in
      var words = line.split(whereSeparator: \.isWhitespace)[...]
      while let word = words.first, word != "import" {
        let isModifier =
          word.hasPrefix("@")
          || ["public", "package", "internal", "fileprivate", "private"]
            .contains(word)
        guard isModifier else { return nil }
        words.removeFirst()
      }
      words = words.dropFirst()
      if let kind = words.first, kinds.contains(kind) { words = words.dropFirst() }
      return words.first.map { String($0.prefix { $0 != "." }) }
    }
  }

  /// The files that C or assembly source includes.
  static func includes(in text: String) -> [String] {
    text.split(whereSeparator: \.isNewline).compactMap { line in
      let line = line.filter { $0 != " " && $0 != "\t" }
      guard line.hasPrefix("#include") else { return nil }
      return String(line.dropFirst("#include".count).dropFirst().prefix { $0 != "\"" && $0 != ">" })
    }
  }

  @Test func importsAreFoundInEveryForm() {
    let text = """
      import A
      public import B
        @testable internal import struct C.D
      // import E
      let important = 1; import F
      @_spi(X) import G.H
      """
    #expect(Self.imports(in: text) == ["A", "B", "C", "F", "G"])
    #expect(Self.includes(in: "#include <a.h>\n  # include \"b.h\" // c\n") == ["a.h", "b.h"])
  }
}
