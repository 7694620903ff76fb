import ArgumentParser
import Foundation
import VirtIOTesting

/// `virtio-evidence mutants`: breaks the driver in many ways, in a copy, and sees a test notice each.
struct Mutants: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Breaks a copy of the driver in each way of Tests/mutants.tsv, and runs the tests.")

  @Option(help: "Only the mutants whose ids start so.")
  var only: String = ""

  @Flag(
    help: """
      Only the few that Tests/mutants.tsv marks as the sample, before the smallest of the tests: these are built \
      and have noticed in less than a minute.
      """)
  var sample = false

  /// How a mutant fared.
  private enum Outcome: String {
    case caught, survived
    case notCompiled = "does not compile"
  }

  func run() async throws {
    let root = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    let mutants = try Mutant.all(in: root).filter {
      $0.id.hasPrefix(only) && ($0.isInSample || !sample)
    }
    if mutants.isEmpty { throw ValidationError("Tests/mutants.tsv has no such mutant.") }
    let copy = root.appendingPathComponent(".build-mutants/tree")
    let suites = try TestSuites(root: root)
    try await Self.copyTree(from: root, to: copy)
    var caught = 0
    for mutant in mutants {
      let outcome = try await Self.judge(
        mutant, before: sample ? [Self.smallest] : mutant.filters, in: copy, suites)
      if outcome == .caught { caught += 1 }
      // Written at once, to be followed: the list takes its time.
      FileHandle.standardOutput.write(Data("\(mutant.id): \(outcome.rawValue)\n".utf8))
    }
    print("mutants: \(caught) of \(mutants.count) caught")
    if caught < mutants.count { throw ExitCode.failure }
  }

  /// Copies what the repository holds, so that nothing is ever broken in place. What is there already is
  /// left alone, so that it need not be built again.
  static func copyTree(from root: URL, to copy: URL) async throws {
    let files = FileManager.default
    let listing = try await Command(
      "git", ["ls-files", "--cached", "--others", "--exclude-standard"], in: root.path
    ).collect()
    let names = Set(
      listing.text.split(separator: "\n").map(String.init).filter {
        files.fileExists(atPath: root.appendingPathComponent($0).path)
      })
    for old in files.subpaths(atPath: copy.path) ?? [] where !names.contains(old) {
      let path = copy.appendingPathComponent(old).path
      let kind = try files.attributesOfItem(atPath: path)[.type] as? FileAttributeType
      if kind == .typeRegular { try files.removeItem(atPath: path) }
    }
    for name in names {
      let source = root.appendingPathComponent(name)
      let target = copy.appendingPathComponent(name)
      if files.contentsEqual(atPath: source.path, andPath: target.path) { continue }
      try files.createDirectory(
        at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      try? files.removeItem(at: target)
      try files.copyItem(at: source, to: target)
    }
  }

  private static func judge(
    _ mutant: Mutant, before filters: [String], in copy: URL, _ suites: TestSuites
  ) async throws -> Outcome {
    let file = copy.appendingPathComponent(mutant.file)
    let source = try String(contentsOf: file, encoding: .utf8)
    try mutant.apply(to: source).write(to: file, atomically: true, encoding: .utf8)
    defer { try? source.write(to: file, atomically: true, encoding: .utf8) }
    // The tests of its own module first: as a rule they are enough.
    for tests in filters {
      switch try await Self.run(tests, in: copy, suites, isKernel: mutant.isKernel) {
      case .survived: continue
      case let outcome: return outcome
      }
    }
    return .survived
  }

  /// How a mutant fares before one of the filters.
  private static func run(
    _ tests: String, in copy: URL, _ suites: TestSuites, isKernel: Bool
  ) async throws -> Outcome {
    // The kernel's package has all of its tests always, and needs all of the driver's.
    let targets =
      isKernel
      ? ["-u", "TEST_TARGETS"]
      : ["TEST_TARGETS=" + (try suites.targets(of: tests).joined(separator: ","))]
    let package = isKernel ? ["--package-path", "Kernel"] : []
    let skipped = tests.hasSuffix("Tests") && tests.hasPrefix("VirtIO") ? ["--skip", slow] : []
    // Into a file: a test that fails often can say more than there is room for.
    let output = try await Command(
      "sh",
      [
        "-c", "exec \"$@\" >../output 2>&1", "sh", "timeout", "600", "env",
      ] + targets + [
        "swift", "test", "--scratch-path", isKernel ? "../scratch-kernel" : "../scratch",
      ] + package + ["--filter", tests] + skipped,
      in: copy.path
    ).collect()
    // A test that traps or hangs has noticed too, but only if the tests were running at all.
    let start = try await Command(
      "grep", ["-q", "Test run started", "../output"], in: copy.path
    ).collect()
    guard start.succeeded else { return .notCompiled }
    return output.succeeded ? .survived : .caught
  }

  /// The tests that notice the mutants of the sample: they need next to nothing beside the driver's own modules.
  private static let smallest = "VirtIOMMIOTests|VirtIORandomTests|VirtIOInputTests"

  /// What takes its time, and is run only where a row names it by itself: long runs of chance and of counts.
  private static let slow = "EDIDHostileTests|EventIndexTests.crossing"
}
