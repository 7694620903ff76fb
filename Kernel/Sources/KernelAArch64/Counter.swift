internal import KernelBoot

/// The generic timer's virtual counter: the time since the machine was started.
///
/// It never runs backwards, and what is read is not older than the call.
///
/// - Spec: Arm Architecture Reference Manual, D12.1 "The Generic Timer in AArch64 state"
public struct Counter: Sendable {
  private let rate: UInt32

  /// How often it counts in a second.
  public var frequency: UInt64 { UInt64(rate) }

  /// The counter of this CPU. A frequency that firmware did not set is taken for 1 GHz.
  public init() {
    let stated = UInt32(truncatingIfNeeded: kernel_counter_frequency())
    rate = stated == 0 ? 1_000_000_000 : stated
  }

  /// The counter as it stands.
  public var ticks: UInt64 { kernel_counter() }

  /// The counter in nanoseconds, rounded down. After 584 years it stays at the greatest number.
  public var nanoseconds: UInt64 {
    Self.nanoseconds(ticks: ticks, frequency: rate)
  }

  /// Lets at least so much time pass, keeping the CPU busy.
  ///
  /// - Returns: False if it gave up because the counter stands still.
  @discardableResult
  public func delay(nanoseconds: UInt64) -> Bool {
    Self.delay(nanoseconds, frequency: rate) { kernel_counter() }
  }

  // MARK: Arithmetic

  private static var billion: UInt64 { 1_000_000_000 }

  /// Whole seconds and the rest apart: of 32 bits of frequency the rest has no more, and no product
  /// with it leaves 64 bits.
  static func nanoseconds(ticks: UInt64, frequency: UInt32) -> UInt64 {
    convert(ticks, from: UInt64(max(frequency, 1)), to: billion, roundedUp: false)
  }

  /// How many ticks it takes until so much time has passed; the greatest number if there is none.
  static func ticks(nanoseconds: UInt64, frequency: UInt32) -> UInt64 {
    convert(nanoseconds, from: billion, to: UInt64(frequency), roundedUp: true)
  }

  /// `count * new / old`, at most the greatest number, for rates of at most 32 bits.
  private static func convert(
    _ count: UInt64, from old: UInt64, to new: UInt64, roundedUp: Bool
  ) -> UInt64 {
    let (seconds, rest) = count.quotientAndRemainder(dividingBy: old)
    let (whole, isTooMuch) = seconds.multipliedReportingOverflow(by: new)
    let part = (rest &* new &+ (roundedUp ? old &- 1 : 0)) / old
    let (sum, isOver) = whole.addingReportingOverflow(part)
    return isTooMuch || isOver ? .max : sum
  }

  /// Reads a counter until so much time has passed.
  ///
  /// The first tick may come at once, so it does not count. A counter that does not move for as many
  /// reads as a tick has nanoseconds, and a million more, stands still: no read is that short.
  @inline(__always)
  static func delay(_ nanoseconds: UInt64, frequency: UInt32, reading counter: () -> UInt64)
    -> Bool
  {
    let wanted = ticks(nanoseconds: nanoseconds, frequency: frequency)
    let patience = 1_000_000 &+ billion / UInt64(max(frequency, 1))
    let start = counter()
    var last = start
    var idleCount: UInt64 = 0
    while nanoseconds > 0, last &- start <= wanted {
      let now = counter()
      idleCount = now == last ? idleCount &+ 1 : 0
      if idleCount >= patience { return false }
      last = now
    }
    return true
  }
}
