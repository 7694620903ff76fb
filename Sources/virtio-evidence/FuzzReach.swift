import ArgumentParser
import Foundation
import VirtIOTesting

/// Which regions of parsers and validators the fuzzer's inputs reach.
///
/// Which files these are says Fuzzing/parsers.tsv; which lines no input can reach, and why, Fuzzing/unreached.tsv.
struct FuzzReach {
  let root: URL

  /// Tries all inputs, and prints how far they come.
  ///
  /// - Throws: If a region is not reached and nothing says why, or a line that is said to be out of reach is
  ///   not there or is reached.
  func run() async throws {
    let fuzzer = try await FuzzRun(building: root, sources: root, as: .replay)
    let folder = root.appendingPathComponent("build/fuzz/reach")
    try? FileManager.default.removeItem(at: folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for boundary in FuzzRun.boundaries { try await replay(boundary, by: fuzzer, into: folder) }
    let parts = try Table(contentsOf: root.appendingPathComponent("Fuzzing/parsers.tsv")).rows
    let files = parts.compactMap { $0["file"] }
    let coverage = try await export(files, of: fuzzer, in: folder)
    try judge(coverage, files)
  }

  /// Tries each input of a boundary once, in parts of as many as a command may name.
  private func replay(_ boundary: String, by fuzzer: FuzzRun, into folder: URL) async throws {
    let all = """
      find "$@" -type f -print0 2>/dev/null | xargs -0 -n 500 "$FUZZER" >/dev/null 2>&1
      """
    let profile = folder.appendingPathComponent("\(boundary)-%m.profraw").path
    let tried = try await Command(
      "env",
      [
        "FUZZER=\(fuzzer.program)", "FUZZ_TARGET=\(boundary)", "SWIFT_BACKTRACE=enable=no",
        "LLVM_PROFILE_FILE=\(profile)", "sh", "-c", all, "sh",
      ] + fuzzer.corpus(of: boundary), in: folder.path
    ).collect()
    guard tried.succeeded else { throw Failure.found(boundary) }
  }

  private func export(_ files: [String], of fuzzer: FuzzRun, in folder: URL) async throws
    -> RegionCoverage
  {
    let profile = folder.appendingPathComponent("all.profdata").path
    let export = folder.appendingPathComponent("export.json")
    let (merge, cover) = try await (Toolchain.tool("llvm-profdata"), Toolchain.tool("llvm-cov"))
    let sources = files.map { root.appendingPathComponent($0).path }
    let done = try await Command(
      "sh",
      [
        "-c",
        """
        merge=$1 cover=$2 profile=$3 program=$4 export=$5; shift 5
        "$merge" merge -sparse ./*.profraw -o "$profile" \\
          && "$cover" export "$program" -instr-profile="$profile" -skip-expansions "$@" >"$export"
        """, "sh", merge, cover, profile, fuzzer.program, export.path,
      ] + sources, in: folder.path
    ).collect()
    guard done.succeeded else { throw Failure.notMeasured(done.errorText) }
    return try RegionCoverage(contentsOf: export)
  }

  private func judge(_ coverage: RegionCoverage, _ files: [String]) throws {
    let rows = try Table(contentsOf: root.appendingPathComponent("Fuzzing/unreached.tsv")).rows
    var excused = rows.compactMap { row in
      row["file"].map { Line(file: $0, text: row["line"] ?? "") }
    }
    let known = Set(excused)
    var places: [Line: Int] = [:]
    var (reached, count, wrong) = (0, 0, 0)
    for file in files {
      let path = root.appendingPathComponent(file)
      let lines = try String(contentsOf: path, encoding: .utf8).components(separatedBy: "\n")
      let regions = coverage.regions(of: path.path)
      if regions.isEmpty { throw Failure.nothing(file) }
      count += regions.count
      for (region, isReached) in regions.sorted(by: { $0.key < $1.key }) {
        let text = lines[region.line - 1].trimmingCharacters(in: .whitespaces)
        let line = Line(file: file, text: text)
        if isReached {
          reached += 1
          continue
        }
        excused.removeAll { $0 == line }
        // A row is about one line, whatever else looks like it.
        if known.contains(line), places[line, default: region.line] == region.line {
          places[line] = region.line
          count -= 1
        } else {
          wrong += 1
          print("NOT REACHED: \(file):\(region.line):\(region.column): \(text)")
        }
      }
    }
    for line in excused { print("REACHED, OR NOT THERE: \(line.file): \(line.text)") }
    print(
      "reach: \(reached) of \(count) regions of \(files.count) files, "
        + "\(known.count) lines that no input can reach aside")
    if wrong > 0 || !excused.isEmpty { throw ExitCode.failure }
  }

  private struct Line: Hashable {
    let file: String
    let text: String
  }

  /// Why nothing could be said.
  enum Failure: Error, CustomStringConvertible {
    case found(String)
    case nothing(String)
    case notMeasured(String)

    var description: String {
      switch self {
      case .found(let boundary):
        "An input of \(boundary) finds something; "
          + "'virtio-evidence fuzz --only \(boundary)' says what."
      case .nothing(let file): "The fuzzer has nothing of \(file); mend Fuzzing/parsers.tsv."
      case .notMeasured(let reason): "What was reached could not be read: \(reason)"
      }
    }
  }
}
