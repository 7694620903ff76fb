import ArgumentParser
import Foundation
import VirtIOTesting

/// `virtio-evidence fuzz`.
struct Fuzz: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Fuzzes each boundary beyond which nothing is trusted, with libFuzzer and the address sanitizer.",
    discussion: """
      Inputs that are kept for later lie in build/fuzz; what is found lies beside them, and the command that \
      shows it again is printed. The runs start from the corpora in Fuzzing/Corpus and Kernel/Fuzzing/Corpus.
      """)

  @Option(help: "How long to look at each boundary, in seconds.")
  var seconds = 60

  @Option(
    help: """
      How many inputs to try at each boundary instead, by a fuzzer without sanitizer, which is several times as \
      quick.
      """)
  var inputs: Int?

  @Option(help: "Only this boundary.")
  var only = ""

  @Option(help: "What chance starts from.")
  var seed = 1

  @Flag(help: "Only sees that the fuzzer finds the faults of Fuzzing/planted.tsv.")
  var planted = false

  @Flag(
    help: """
      Only says which regions of parsers and validators the kept inputs reach, and fails if one is neither \
      reached nor in Fuzzing/unreached.tsv.
      """)
  var reach = false

  func validate() throws {
    if seconds < 1 { throw ValidationError("Say how many seconds to look: one or more.") }
    if planted, reach || inputs != nil {
      throw ValidationError(
        "--planted is a look of its own: it takes neither --reach nor --inputs.")
    }
    if let inputs, inputs < 1 { throw ValidationError("Say how many inputs to try: one or more.") }
    if !only.isEmpty, !FuzzRun.boundaries.contains(only) {
      throw ValidationError(
        "There is no boundary '\(only)'; there are \(FuzzRun.boundaries.joined(separator: ", ")).")
    }
  }

  func run() async throws {
    let root = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    let boundaries = FuzzRun.boundaries.filter { only.isEmpty || $0 == only }
    if reach { return try await FuzzReach(root: root).run() }
    let isSound = try await planted ? findPlanted(boundaries, root) : look(boundaries, root)
    if !isSound { throw ExitCode.failure }
  }

  /// Looks at each boundary of the driver as it is.
  private func look(_ boundaries: [String], _ root: URL) async throws -> Bool {
    let fuzzer = try await FuzzRun(
      building: root, sources: root, as: inputs == nil ? .careful : .fast)
    let extent = inputs.map(FuzzRun.Extent.inputs) ?? .seconds(seconds)
    var count = 0
    for boundary in boundaries {
      let result = try await fuzzer.look(boundary, for: extent, seed: seed)
      count += result.finding == nil ? 0 : 1
      report("\(boundary): \(result.summary)")
    }
    print("fuzz: \(boundaries.count - count) of \(boundaries.count) boundaries hold")
    return count == 0
  }

  /// Looks at each boundary of a copy of the driver in which one guard of each is gone.
  private func findPlanted(_ boundaries: [String], _ root: URL) async throws -> Bool {
    let copy = root.appendingPathComponent(".build-mutants/fuzz")
    try await Mutants.copyTree(from: root, to: copy)
    for fault in try Mutant.planted(in: root) {
      let file = copy.appendingPathComponent(fault.file)
      try fault.apply(to: String(contentsOf: file, encoding: .utf8))
        .write(to: file, atomically: true, encoding: .utf8)
    }
    let fuzzer = try await FuzzRun(building: copy, sources: root)
    var count = 0
    for boundary in boundaries {
      let result = try await fuzzer.look(boundary, for: .seconds(seconds), seed: seed)
      count += result.finding == nil ? 0 : 1
      report("\(boundary): \(result.finding ?? "nothing was found in \(seconds) s")")
    }
    print("fuzz: \(count) of \(boundaries.count) planted faults found")
    return count == boundaries.count
  }

  /// Written at once, to be followed.
  private func report(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }
}
