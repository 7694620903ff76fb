/// Lets two hosted machines run at a time: more of them would make each slow on a small computer.
actor HostedTurns {
  static let shared = HostedTurns()

  private var free = 2
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Runs `body` in its turn.
  nonisolated func take<Result: Sendable>(
    _ body: @Sendable () async throws -> Result
  ) async throws -> Result {
    await begin()
    do {
      let result = try await body()
      await end()
      return result
    } catch {
      await end()
      throw error
    }
  }

  private func begin() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  private func end() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
