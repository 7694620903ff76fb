import Dispatch
import Foundation
import Synchronization

/// What must not outlive this program when a signal ends it: child processes and folders.
///
/// SIGINT, SIGTERM and SIGHUP first run every action that is still registered, then do what they
/// would have done without us.
package final class Cleanup: Sendable {
  /// Names one registered action.
  package struct Token: Hashable, Sendable {
    fileprivate let number: Int
  }

  /// The registry of this program: one for all, because signals belong to the whole process.
  package static let shared = Cleanup()

  private struct State {
    var next = 0
    var actions: [Token: @Sendable () -> Void] = [:]
    var isEnding = false
  }

  private let state = Mutex(State())

  // SAFETY: never touched again after `init`; they only have to stay alive.
  nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

  private init() {
    // A write to a pipe that nobody reads then fails, instead of ending us without any cleanup.
    signal(SIGPIPE) { _ in }
    unsafe sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      // A handler that does nothing, not "ignore": ignored signals are inherited by the
      // programs we start, handlers are not.
      signal(number) { _ in }
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        signal(number, SIG_DFL)
        Cleanup.shared.performAll()
        // To the process, not by `raise`: this thread belongs to a pool that blocks signals.
        kill(getpid(), number)
      }
      source.resume()
      return source
    }
  }

  /// Registers an action; it runs at most once.
  package func add(_ action: @escaping @Sendable () -> Void) -> Token {
    state.withLock { state in
      state.next += 1
      let token = Token(number: state.next)
      state.actions[token] = action
      return token
    }
  }

  /// Forgets an action without running it.
  package func remove(_ token: Token) {
    state.withLock { _ = $0.actions.removeValue(forKey: token) }
  }

  /// Runs an action now, if it has not run yet, and forgets it.
  package func perform(_ token: Token) {
    let action = state.withLock { $0.actions.removeValue(forKey: token) }
    action?()
  }

  /// Does not return if a signal is ending this program.
  ///
  /// Whoever sees a child end asks here first: its end is no result if we have just killed it.
  package func holdIfEnding() async {
    while state.withLock(\.isEnding) {
      try? await Task.sleep(for: .seconds(1))
    }
  }

  /// Runs every action, the latest first: a process ends before its folder goes.
  private func performAll() {
    let actions = state.withLock { state in
      state.isEnding = true
      defer { state.actions.removeAll() }
      return state.actions.sorted { $0.key.number > $1.key.number }.map(\.value)
    }
    for action in actions { action() }
  }
}
