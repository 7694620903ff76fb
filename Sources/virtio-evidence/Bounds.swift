import ArgumentParser
import Foundation

/// `virtio-evidence bounds`.
struct Bounds: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: """
      Proves for all inputs what lines of the driver promise about bounds, and sees a mistake in each \
      found.
      """)

  @Option(help: "Only the predicates whose ids start so.")
  var only: String = ""

  @Option(help: "How long a predicate may take, in seconds.")
  var seconds = 300

  func run() async throws {
    let root = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    let folder = root.appendingPathComponent("Models/Bounds")
    let predicates = try BoundsPredicate.all(in: root).filter { $0.id.hasPrefix(only) }
    var proved = 0
    for predicate in predicates {
      if let wrong = try await predicate.prove(in: folder, seconds: seconds) {
        print("NOT PROVED: \(predicate.id): \(wrong)")
      } else {
        proved += 1
      }
    }
    print("bounds: \(proved) of \(predicates.count) proved for all inputs, each mistake found")
    if proved < predicates.count || predicates.isEmpty { throw ExitCode.failure }
  }
}
