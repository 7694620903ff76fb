/// How many interrupts came, and what was wrong with some.
public struct InterruptStatistics: Sendable {
  /// How many were taken.
  public let count: UInt64
  /// How often there was nothing to take.
  public let spuriousCount: UInt64
  /// How many none of their handlers took.
  public let unclaimedCount: UInt64
  /// How many had no handler; their lines were disabled.
  public let unregisteredCount: UInt64
  /// How often a line was kept back for interrupting too often.
  public let stormCount: UInt64
}

extension Board {
  /// How many interrupts came since ``startInterrupts()``.
  public static var interruptStatistics: InterruptStatistics { BoardInterrupts.statistics }
}
