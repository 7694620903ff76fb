internal import KernelBoot

/// The generic timer's virtual counter: the time since the machine was started.
public struct Counter: Sendable {
  /// How often it counts in a second.
  public let frequency: UInt64

  /// The counter of this CPU. A frequency that firmware did not set is taken for 1 GHz.
  public init() {
    let stated = kernel_counter_frequency()
    frequency = stated == 0 ? 1_000_000_000 : stated
  }

  /// The counter as it stands.
  public var ticks: UInt64 { kernel_counter() }

  /// The counter in nanoseconds: exact, for as long as the counter does not wrap.
  public var nanoseconds: UInt64 {
    Self.nanoseconds(ticks: ticks, frequency: frequency)
  }

  /// Whole seconds and the rest apart, so that no product leaves 64 bits.
  static func nanoseconds(ticks: UInt64, frequency: UInt64) -> UInt64 {
    let (seconds, rest) = ticks.quotientAndRemainder(dividingBy: max(frequency, 1))
    return seconds &* 1_000_000_000 &+ rest &* 1_000_000_000 / max(frequency, 1)
  }
}
