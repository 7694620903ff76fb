import Foundation
import Testing
import VirtIOTesting

/// The commands that the pages have one type: that each exists, and what shows that it works.
///
/// `Tests/commands.tsv` says the latter: `run`, for those that are run here; the test that does the same, as
/// `Suite/function`; `make test` or `make check`, for a target that is part of these; or `itself`, for a target
/// that is a run of tests or of measurements and whose parts are tested.
@Suite struct CommandTests {
  private static let table = "Tests/commands.tsv"

  private static func pages() throws -> [String] {
    let examples = try Repository.checkout().examples.map { "Examples/\($0)/README.md" }
    let root = try Repository.checkout().root
    return ["README.md", "docs/Tutorial.docc/Tutorial.md"]
      + examples.filter { FileManager.default.fileExists(atPath: "\(root)/\($0)") }
  }

  /// Every command on the pages, in a block or in a sentence, with its page.
  private static func commands() throws -> [(command: String, page: String)] {
    try pages().flatMap { path in
      let page = try MarkdownPage(path)
      let inSentences = page.spans.filter { span in
        ["make ", "swift run ", "virtio-vm ", "qemu-system-"].contains(where: span.hasPrefix)
      }
      return (page.commands + inSentences).map { ($0, path) }
    }
  }

  private static func rows() throws -> [String: String] {
    let rows = try Repository.text(table).split(separator: "\n").dropFirst()
      .map { $0.split(separator: "\t").map(String.init) }
    try #require(rows.allSatisfy { $0.count == 2 })
    return Dictionary(rows.map { ($0[0], $0[1]) }, uniquingKeysWith: { first, _ in first })
  }

  @Test("each command on a page is in the table that says what shows it")
  func known() throws {
    let rows = try Self.rows()
    let commands = try Self.commands()
    #expect(commands.count > 20)
    for (command, page) in commands where rows[command] == nil {
      Issue.record(
        "\(page) has one type '\(command)': say in \(Self.table) what shows that it works")
    }
  }

  @Test("what is said to show a command is there")
  func shown() throws {
    let makefile = try Repository.text("Makefile")
    func prerequisites(_ target: String) -> [Substring] {
      makefile.split(separator: "\n").filter { $0.hasPrefix("\(target):") }
        .flatMap { $0.prefix { $0 != "#" }.split(separator: " ") }
    }
    for (command, shownBy) in try Self.rows() {
      switch shownBy {
      case "run":
        #expect(command.hasPrefix("swift run virtio-vm "), "\(command)")
      case "make test", "make check":
        let target = command.dropFirst("make ".count)
        #expect(prerequisites(String(shownBy.dropFirst("make ".count))).contains(target))
      case "itself":
        #expect(command.hasPrefix("make "), "\(command)")
      default:
        let parts = shownBy.split(separator: "/").map(String.init)
        try #require(parts.count == 2, "\(command): \(shownBy)")
        let text = try Repository.text("Tests/BootTests/\(parts[0]).swift")
        let isThere = text.contains("func \(parts[1])(")
        #expect(isThere, "\(command): there is no test \(shownBy)")
      }
    }
  }

  @Test("each target of make's that a page names can be made, and is in make help")
  func targets() async throws {
    let targets = Set(
      try Self.rows().keys.filter { $0.hasPrefix("make ") }.map { String($0.dropFirst(5)) })
    let root = try Repository.checkout().root
    let help = try await Command("make", ["help"], in: root).collect().text
    for target in targets.sorted() {
      let plan = try await Command(
        "env", ["-u", "MAKEFLAGS", "-u", "MAKELEVEL", "make", "-n", target], in: root
      ).collect()
      #expect(plan.succeeded, "\(plan.errorText)")
      let isListed = help.contains("make \(target)\t")
      #expect(isListed || target == "font", "make help says nothing of \(target)")
    }
  }

  @Test("each subcommand and each option of virtio-vm's that a page names is one")
  func options() async throws {
    var helps: [String: String] = [:]
    for command in try Self.rows().keys {
      let words = command.split(separator: " ").map(String.init)
      guard let program = words.firstIndex(of: "virtio-vm"), program + 1 < words.count else {
        continue
      }
      let subcommand = words[program + 1]
      if helps[subcommand] == nil {
        let help = try await Self.run([subcommand, "--help"], in: "/")
        #expect(help.succeeded, "\(help.errorText)")
        helps[subcommand] = help.text
      }
      for option in words.dropFirst(program + 2) where option.hasPrefix("--") {
        let isThere = helps[subcommand]?.contains(option) == true
        #expect(isThere, "\(command): there is no \(option)")
      }
    }
    #expect(helps.count > 3)
  }

  @Test("the commands that are cheap are run as they stand")
  func run() async throws {
    let folder = try TemporaryFolder()
    for (command, shownBy) in try Self.rows() where shownBy == "run" {
      let words = command.split(separator: " ").dropFirst(3).map(String.init)
      // Not in a machine's turn: most of it is waiting for whoever builds something.
      let output = try await Self.run(words, in: folder.path)
      #expect(output.succeeded, "\(command): \(output.errorText)")
      try Self.judge(command, output.text, in: folder.path)
    }
  }

  /// Looks whether a command has done what it is there for.
  private static func judge(_ command: String, _ text: String, in folder: String) throws {
    let words = command.split(separator: " ").map(String.init)
    switch words[3] {
    case "list":
      #expect(try text.split(separator: "\n").count > Repository.checkout().images.count)
    case "new":
      #expect(text.contains("virtio-vm boot ."))
      #expect(FileManager.default.fileExists(atPath: "\(folder)/\(words[4])/Package.swift"))
    default:
      guard let option = words.firstIndex(of: "--screenshot") else {
        return #expect(text.contains("USAGE: virtio-vm"))
      }
      let picture = FileManager.default.contents(atPath: "\(folder)/\(words[option + 1])") ?? Data()
      // Width and height stand behind the signature and the head of the first chunk.
      try #require(picture.count > 24)
      let size = [16, 20].map { start in
        picture[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
      }
      let asked = words.firstIndex(of: "--size").map { words[$0 + 1] }
      #expect("\(size[0])x\(size[1])" == asked ?? "1024x768")
    }
  }

  /// Runs the program that was built with the tests.
  private static func run(_ arguments: [String], in folder: String) async throws
    -> Command.Output
  {
    let program = "\(try Repository.checkout().root)/.build/debug/virtio-vm"
    // What TEST_TARGETS leaves out is not left out of an image.
    return try await Command(
      "env", ["-u", "TEST_TARGETS", program] + arguments, in: folder
    ).collect()
  }
}
