import Dispatch
import Synchronization

/// A thread of its own for code that blocks: a driver whose registers are behind a socket.
///
/// Tasks with this preference run here, one piece at a time, so a register access may wait in `poll`
/// without keeping a thread from the tasks that read QEMU's output.
final class DriverThread: TaskExecutor {
  private let queue = DispatchQueue(label: "VirtIO driver")
  /// How long cancelled code may take to notice.
  private let grace = DispatchTimeInterval.seconds(2)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    // SAFETY: the executor is kept alive by this closure while the job runs.
    queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }

  /// Runs `body` on this thread.
  ///
  /// When the caller is cancelled, `onCancel` has to make blocked code return. Code that goes on all
  /// the same, in an endless loop perhaps, is left behind: the caller is not held up by it.
  func run<Result: Sendable>(
    onCancel: @escaping @Sendable () -> Void,
    _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    let answer = OneAnswer<Result>()
    let task = Task(executorPreference: self) { try await body() }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        answer.wait(continuation)
        Task { answer.give(await task.result) }
      }
    } onCancel: {
      task.cancel()
      onCancel()
      DispatchQueue.global().asyncAfter(deadline: .now() + grace) {
        answer.give(.failure(CancellationError()))
      }
    }
  }
}

/// A continuation that several may want to resume; the first does.
private final class OneAnswer<Value: Sendable>: Sendable {
  private let waiting = Mutex<CheckedContinuation<Value, any Error>?>(nil)

  func wait(_ continuation: CheckedContinuation<Value, any Error>) {
    waiting.withLock { $0 = continuation }
  }

  func give(_ result: Result<Value, any Error>) {
    let continuation = waiting.withLock { $0.take() }
    continuation?.resume(with: result)
  }
}
