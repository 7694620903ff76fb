import Dispatch

/// One thread's worth of blocking work, in order, away from the threads that run Swift tasks.
///
/// Waiting in `poll` on a task's own thread would starve the tasks that read QEMU's output on a
/// machine with two cores.
struct BlockingLane: Sendable {
  private let queue: DispatchQueue

  /// Creates a lane; `label` names its thread in a debugger.
  init(label: String) {
    queue = DispatchQueue(label: label)
  }

  /// Runs `work` after everything given before.
  ///
  /// `onCancel` must make a blocked `work` return.
  func run<Result: Sendable>(
    onCancel: @escaping @Sendable () -> Void = {},
    _ work: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        queue.async { continuation.resume(with: Swift.Result { try work() }) }
      }
    } onCancel: {
      onCancel()
    }
  }
}
