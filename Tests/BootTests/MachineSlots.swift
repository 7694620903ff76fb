import Synchronization
import VirtIOTesting

/// Lets two QEMUs run at a time, however many tests want one: more would make each of them slow
/// enough to miss its deadline on a small machine.
actor MachineSlots {
  static let shared = MachineSlots()

  private var free = 2
  private var waiting: [CheckedContinuation<Void, Never>] = []

  private func take() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  private func give() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }

  /// Runs a machine in its turn; the deadline counts from the start of QEMU.
  func run<Result: Sendable>(
    _ configuration: MachineConfiguration, deadline: Duration = .seconds(300),
    _ body: @escaping @Sendable (QEMUMachine) async throws -> Result
  ) async throws -> Result {
    try await run { try await QEMUMachine.run(configuration, deadline: deadline, body) }
  }

  /// Does something that runs one machine, in its turn.
  func run<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
    await take()
    defer { give() }
    return try await body()
  }
}
