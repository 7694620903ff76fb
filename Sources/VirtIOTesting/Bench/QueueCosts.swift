/// How many instructions it takes on this machine to submit a chain and to take it back, however many
/// the device has: counted by valgrind.
package struct QueueCosts: Sendable {
  /// What a round takes while so many chains are outstanding.
  package struct Count: Sendable {
    package let outstanding: Int
    package let split: Double
    package let packed: Double
  }

  /// By how many chains are outstanding.
  package let counts: [Count]
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
    var counts: [Count] = []
    for outstanding in [1, 16, limit] {
      say("counting with \(outstanding) outstanding")
      let split = try await Self.round(program, "split", outstanding)
      let packed = try await Self.round(program, "packed", outstanding)
      guard let split, let packed else {
        self.counts = []
        absence = "not measured: valgrind has counted nothing"
        return
      }
      counts.append(Count(outstanding: outstanding, split: split, packed: packed))
    }
    self.counts = counts
    absence = nil
  }

  /// How many instructions one round takes on a queue of that kind.
  private static func round(_ program: String, _ kind: String, _ outstanding: Int) async throws
    -> Double?
  {
    guard let many = try await count(program, kind, outstanding, rounds),
      let few = try await count(program, kind, outstanding, 1)
    else { return nil }
    return Double(many - few) / Double(rounds - 1)
  }

  /// How many instructions the measured functions had in so many rounds.
  private static func count(
    _ program: String, _ kind: String, _ outstanding: Int, _ rounds: Int
  ) async throws -> Int? {
    let output = try await Command(
      "valgrind",
      [
        "--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*measureSubmit*",
        "--toggle-collect=*measureComplete*", program, kind, "\(outstanding)", "\(rounds)",
      ]
    ).collect()
    let line = output.errorText.split(separator: "\n").first { $0.contains("Collected : ") }
    return line?.split(separator: " ").last.flatMap { Int($0) }
  }
}
