import Synchronization

/// One line that the guest printed.
public struct SerialLine: Sendable, Hashable {
  /// The text, without its line end.
  public let text: String
  /// When it arrived, counted from the start of QEMU.
  public let time: Duration

  /// A line that arrived at that time.
  public init(text: String, time: Duration) {
    self.text = text
    self.time = time
  }

  /// Whether the guest says with it that its picture is complete: `TESTCARD READY`.
  public var saysReady: Bool {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    return words.count == 2 && words[1] == "READY" && !words[0].isEmpty
      && words[0].utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
  }

  /// Whether the guest says with it that it cannot go on.
  public var saysPanic: Bool { text.hasPrefix("PANIC:") }
}

/// All that the guest has printed so far, and a way to wait for what it prints next.
public final class SerialLog: Sendable {
  private struct Waiter {
    let matches: @Sendable (SerialLine) -> Bool
    let continuation: CheckedContinuation<SerialLine?, any Error>
  }

  private struct State {
    var lines: [SerialLine] = []
    var isFinished = false
    var nextWaiter = 0
    var waiters: [Int: Waiter] = [:]
  }

  private let state = Mutex(State())

  init() {}

  /// The lines so far.
  public var lines: [SerialLine] { state.withLock(\.lines) }

  /// Whether nothing more can come, because QEMU has ended.
  public var isFinished: Bool { state.withLock(\.isFinished) }

  /// Waits for the first line, old or new, that matches; nil if QEMU ends without one.
  public func first(
    where matches: @escaping @Sendable (SerialLine) -> Bool
  ) async throws -> SerialLine? {
    let number = state.withLock { state in
      defer { state.nextWaiter += 1 }
      return state.nextWaiter
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let answer = state.withLock { state -> Result<SerialLine?, any Error>? in
          if Task.isCancelled { return .failure(CancellationError()) }
          if let line = state.lines.first(where: matches) { return .success(line) }
          if state.isFinished { return .success(nil) }
          state.waiters[number] = Waiter(matches: matches, continuation: continuation)
          return nil
        }
        if let answer { continuation.resume(with: answer) }
      }
    } onCancel: {
      let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
      waiter?.continuation.resume(throwing: CancellationError())
    }
  }

  /// Adds a line and wakes whoever waits for it.
  func append(_ line: SerialLine) {
    let woken = state.withLock { state in
      state.lines.append(line)
      let matching = state.waiters.filter { $0.value.matches(line) }
      for number in matching.keys { state.waiters.removeValue(forKey: number) }
      return matching.values.map(\.continuation)
    }
    for continuation in woken { continuation.resume(returning: line) }
  }

  /// Says that nothing more comes.
  func finish() {
    let woken = state.withLock { state in
      state.isFinished = true
      defer { state.waiters.removeAll() }
      return state.waiters.values.map(\.continuation)
    }
    for continuation in woken { continuation.resume(returning: nil) }
  }
}
