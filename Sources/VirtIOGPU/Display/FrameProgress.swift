/// How far the frames of a scanout have come. Their numbers grow in the order in which
/// they are presented.
struct FrameProgress {
  /// The last that was presented.
  private(set) var presented: UInt64 = 0
  /// The last that has arrived.
  private(set) var completed: UInt64 = 0
  /// The last that failed; 0 for none.
  private var failed: UInt64 = 0
  /// How it failed, or how the first of several did that nobody was told of.
  private(set) var failure: CommandFailure?
  /// Whether nobody was told of that yet.
  private var owesFailure = false

  /// Notes that a frame is presented.
  @inline(__always)
  mutating func present(_ number: UInt64) { presented = number }

  @inline(__always)
  mutating func complete(_ number: UInt64) {
    if number > completed { completed = number }
  }

  mutating func fail(_ number: UInt64, _ failure: CommandFailure) {
    failed = max(failed, number)
    if !owesFailure { self.failure = failure }
    owesFailure = true
  }

  /// The failure that nobody was told of yet.
  mutating func takeFailure() -> CommandFailure? {
    guard owesFailure else { return nil }
    owesFailure = false
    return failure
  }

  /// Forgets what failed, as it is made good.
  mutating func forgetFailure() {
    failed = 0
    failure = nil
    owesFailure = false
  }

  /// Whether a frame that is not under way has arrived, or a newer one in its place.
  ///
  /// - Throws: ``GPUError/command(_:)`` if it failed, or a later one did before it had arrived.
  mutating func hasArrived(_ number: UInt64) throws(GPUError) -> Bool {
    if let failure, number == failed || completed < number && number < failed {
      // Said here, so not again with the next frame.
      owesFailure = false
      throw .command(failure)
    }
    return completed >= number
  }
}
