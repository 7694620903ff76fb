/// Faults by chance, all of them decided by one seed.
public struct ModelChance: Hashable, Sendable {
  /// Decides everything.
  public var seed: UInt64
  /// One in how many buffers is struck.
  public var oneIn: UInt64
  /// What may happen to one.
  public var actions: [ModelFault.Action]

  /// Strikes one in `oneIn` buffers with one of `actions`.
  ///
  /// By default only with what a good device may do too: answer late, or in another order.
  public init(
    seed: UInt64, oneIn: UInt64 = 2,
    actions: [ModelFault.Action] = [.delay(polls: 1), .delay(polls: 7), .overtaken]
  ) {
    self.seed = seed
    self.oneIn = max(1, oneIn)
    self.actions = actions
  }

  /// Every kind of fault that a command can have.
  public static var everything: [ModelFault.Action] {
    [
      .delay(polls: 3), .drop, .duplicate, .overtaken, .outOfOrder, .wrongLap, .refuse(0x1200),
      .type(0x1100),
      .type(0x1205), .type(0), .flags(0), .fence(.max), .word(offset: 24, value: .max),
      .length(0), .length(23), .length(.max), .id(.max), .id(63), .needsReset, .displayEvent,
      .interrupt, .usedIndex(queue: 0, by: 1), .usedIndex(queue: 1, by: 0x8000),
      .suppressNotifications(true),
    ]
  }
}

/// The generator SplitMix64 of Steele, Lea and Flood.
package struct ModelRandom {
  private var state: UInt64

  /// Starts from a seed.
  package init(seed: UInt64) { state = seed }

  /// The next number.
  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  /// A number below `limit`, which is more than 0.
  mutating func next(below limit: UInt64) -> UInt64 { next() % max(1, limit) }
}
