import Synchronization

/// What a tortured Showcase has said so far.
final class TortureWatch: Sendable {
  /// The latest of its counters.
  struct Counters: Sendable, Equatable {
    var frames = 0
    var step = 0
    var resets = 0
    /// The longest time without a frame since the counters before.
    var longest = 0
    /// How often they were said.
    var count = 0
  }

  private struct State {
    var counters = Counters()
    var longest = 0
    var recoveries: [Int] = []
    var heard = ContinuousClock.now
    var panic: String?
  }
  private let state = Mutex(State())

  /// Takes note of a line of the guest.
  func hear(_ line: SerialLine) {
    state.withLock { state in
      if line.saysPanic { state.panic = line.text }
      if line.text.hasPrefix("SHOWCASE counters ") {
        let numbers = line.text.split(separator: " ").compactMap { word in
          word.split(separator: "=").last.flatMap { Int($0) }
        }
        guard numbers.count == 4 else { return }
        state.counters = Counters(
          frames: numbers[0], step: numbers[1], resets: numbers[2], longest: numbers[3],
          count: state.counters.count + 1)
        state.longest = max(state.longest, numbers[3])
        state.heard = .now
      } else if line.text.hasPrefix("SHOWCASE recovered us=") {
        let digits = line.text.dropFirst("SHOWCASE recovered us=".count).prefix { $0.isNumber }
        if let time = Int(digits) { state.recoveries.append(time) }
      }
    }
  }

  var counters: Counters { state.withLock(\.counters) }
  /// How long each recovery took, in microseconds.
  var recoveries: [Int] { state.withLock(\.recoveries) }
  /// The longest time without a frame.
  var longest: Int { state.withLock(\.longest) }

  /// Fails if the guest has given up, or has not shown a frame for too long.
  func check() throws {
    let (panic, heard) = state.withLock { ($0.panic, $0.heard) }
    if let panic { throw QEMUError.panicked(panic) }
    guard ContinuousClock.now - heard < TortureRun.longestStall else {
      throw TortureFailure(
        description: "The picture stands still: no frame for \(TortureRun.longestStall).")
    }
  }

  /// Counts the time without a sign of life from now on.
  func start() { state.withLock { $0.heard = .now } }
}

/// Why a torture ended badly.
public struct TortureFailure: Error, CustomStringConvertible {
  /// A sentence.
  public let description: String
}
