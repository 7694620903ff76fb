import Synchronization

/// What became of a hosted machine: well so far, or the first thing that went wrong with it.
///
/// A driver's register access cannot throw. So whatever fails under it is kept here, and thrown by
/// ``HostedMachine/run(_:deadline:patience:_:)`` in the end.
final class HostedHealth: Sendable {
  private let first = Mutex<(any Error)?>(nil)
  private let hours = Atomic<UInt64>(0)

  /// What went wrong first; nil if nothing did.
  var failure: (any Error)? { first.withLock { $0 } }

  /// How many hours to add to the time: one more for each look, once the machine has failed.
  ///
  /// There is nothing to wait for then. A clock that only stood at its end would not end a wait that
  /// begins there.
  var hoursPassed: UInt64 {
    guard failure != nil else { return 0 }
    return hours.wrappingAdd(1, ordering: .relaxed).newValue
  }

  /// Remembers a failure, unless there was one before.
  func fail(_ error: any Error) {
    first.withLock { if $0 == nil { $0 = error } }
  }
}
