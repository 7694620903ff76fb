/// How many instructions it takes on this machine to submit a chain and to take it back, however many
/// the device has: counted by valgrind.
package struct QueueCosts: Sendable {
  /// By how many chains are outstanding.
  package let counts: [(outstanding: Int, instructions: Double)]
  /// Why there are none, in words.
  package let absence: String?

  private static let rounds = 1000

  /// Builds the benchmark and counts.
  package init(_ checkout: Checkout, say: (String) -> Void) async throws {
    guard SearchPath.find("valgrind") != nil else {
      counts = []
      absence = "not measured: valgrind is not on PATH"
      return
    }
    say("building virtio-queue-cost")
    // Specialised across modules, as the kernel's images are, and so with files of its own.
    let options = [
      "build", "-c", "release", "--product", "virtio-queue-cost", "-Xswiftc",
      "-cross-module-optimization", "--scratch-path", "\(checkout.root)/.build/queue-cost",
    ]
    guard try await Command("swift", options, in: checkout.root).stream() else {
      throw ImageBuilder.Failure.buildFailed("virtio-queue-cost")
    }
    let folder = try await Command("swift", options + ["--show-bin-path"], in: checkout.root)
      .collect().text.split(separator: "\n").last.map(String.init)
    guard let folder else { throw ImageBuilder.Failure.buildFailed("virtio-queue-cost") }
    let program = "\(folder)/virtio-queue-cost"
    let limit = Int(try await Command(program, []).collect().text.split(separator: "\n")[0]) ?? 1
    var counts: [(Int, Double)] = []
    for outstanding in [1, 16, limit] {
      say("counting with \(outstanding) outstanding")
      let many = try await Self.count(program, outstanding, Self.rounds)
      let few = try await Self.count(program, outstanding, 1)
      guard let many, let few else {
        self.counts = []
        absence = "not measured: valgrind has counted nothing"
        return
      }
      counts.append((outstanding, Double(many - few) / Double(Self.rounds - 1)))
    }
    self.counts = counts
    absence = nil
  }

  /// How many instructions the measured functions had in so many rounds.
  private static func count(_ program: String, _ outstanding: Int, _ rounds: Int) async throws
    -> Int?
  {
    let output = try await Command(
      "valgrind",
      [
        "--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*measureSubmit*",
        "--toggle-collect=*measureComplete*", program, "\(outstanding)", "\(rounds)",
      ]
    ).collect()
    let line = output.errorText.split(separator: "\n").first { $0.contains("Collected : ") }
    return line?.split(separator: " ").last.flatMap { Int($0) }
  }
}
