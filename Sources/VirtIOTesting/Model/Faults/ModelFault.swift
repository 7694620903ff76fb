/// One thing that the device does wrong: when, how often, and what.
///
/// Faults are values, so that a suite can list, print and minimise them.
public struct ModelFault: Hashable, Sendable {
  /// When it strikes.
  public enum Event: Hashable, Sendable {
    /// The driver reads a register.
    case read(ModelRegister)
    /// The driver writes a register.
    case write(ModelRegister)
    /// The device takes a command of this type.
    case command(UInt32)
    /// The device takes a buffer of this queue.
    case buffer(queue: UInt16)
    /// Somebody looks whether something has happened: at the clock or at a used index.
    case poll
  }

  /// What happens then.
  public enum Action: Hashable, Sendable {
    // To a read.
    /// It reads this.
    case value(UInt32)
    /// It reads something else each time.
    case restless

    // To a write.
    /// It has no effect.
    case ignored
    /// FEATURES_OK does not stay when it is written next.
    case refuseFeatures

    // To a command or a buffer.
    /// It is answered after so many polls.
    case delay(polls: Int)
    /// It is never answered.
    case drop
    /// It is given back twice.
    case duplicate
    /// It is given back after the buffer that follows it.
    case overtaken
    /// It is given back after the buffer that follows it, also where buffers have to be used in order.
    case outOfOrder
    /// A packed ring has it given back with the wrap bits of the other lap.
    case wrongLap
    /// It is not done, but answered with this type.
    case refuse(UInt32)
    /// It is done, but answered with this type.
    case type(UInt32)
    /// Its answer has these flags.
    case flags(UInt32)
    /// Its answer has this fence.
    case fence(UInt64)
    /// Its answer has this word at this offset.
    case word(offset: Int, value: UInt32)
    /// It is given back as so many bytes long.
    case length(UInt32)
    /// It is given back by this id.
    case id(UInt32)

    // To the device, at any event.
    /// The device breaks and asks for a reset.
    case needsReset
    /// A display event comes up.
    case displayEvent
    /// The device interrupts for no reason.
    case interrupt
    /// The used index of a queue, or the place in a packed ring, moves so much further.
    case usedIndex(queue: UInt16, by: UInt16)
    /// The device asks to be notified at this available index, or at this place and wrap counter of a packed
    /// ring, where that is agreed.
    case availableEvent(queue: UInt16, UInt16)
    /// The device asks not to be notified, or to be notified again.
    case suppressNotifications(Bool)
  }

  /// When it strikes.
  public var event: Event
  /// How many such events pass before it does.
  public var skipping: Int
  /// How many events in a row it strikes.
  public var count: Int
  /// What happens.
  public var action: Action

  /// A fault that strikes once, unless `count` says more.
  public init(on event: Event, skipping: Int = 0, count: Int = 1, _ action: Action) {
    self.event = event
    self.skipping = skipping
    self.count = count
    self.action = action
  }
}
