import ArgumentParser
import Foundation
import VirtIOTesting

/// `virtio-vm bench`.
struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures the driver, and compares it with others.",
    discussion: """
      Boots the Bench image many times: instructions, doorbells and register accesses are counted \
      exactly, times are medians. Prints a table, and writes docs/benchmarks.md and \
      docs/benchmarks.svg. What is not reached is said, and is no error.

      Example: virtio-vm bench --repetitions 1
      """)

  @Option(help: "How often to boot for each thing that is timed.")
  var repetitions = 5

  func validate() throws {
    guard (1...100).contains(repetitions) else {
      throw ValidationError("--repetitions must be 1 to 100.")
    }
  }

  func run() async throws {
    let program = try QEMUProgram()
    let checkout = try Checkout(around: FileManager.default.currentDirectoryPath)
    let peers = try Self.peers(in: checkout)
    let builder = ImageBuilder(checkout)
    for image in ["Bench", "Minimal"] {
      Progress.say("building \(image)")
      try await builder.build(image)
    }
    let suite = try await BenchSuite(
      image: checkout.product("Bench"), repetitions: repetitions, say: Progress.say)
    let size = try await ImageSize(elf: checkout.product("Minimal"))
    let queue = try await QueueCosts(checkout, say: Progress.say)
    let report = BenchReport(
      peers: peers, suite: suite, size: size, queue: queue,
      version: try await program.version() ?? "of unknown version")
    print(report.table)
    try report.text.write(
      toFile: "\(checkout.root)/docs/benchmarks.md", atomically: true, encoding: .utf8)
    try BenchChart(suite: suite).svg.write(
      toFile: "\(checkout.root)/docs/benchmarks.svg", atomically: true, encoding: .utf8)
    Progress.say("wrote docs/benchmarks.md and docs/benchmarks.svg")
  }

  private static func peers(in checkout: Checkout) throws -> [PeerFigure] {
    let path = "\(checkout.root)/docs/requirements/peers.tsv"
    let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    guard let rows = PeerFigure.rows(text), !rows.isEmpty else {
      throw ValidationError("\(path) is missing or damaged.")
    }
    return rows
  }
}
