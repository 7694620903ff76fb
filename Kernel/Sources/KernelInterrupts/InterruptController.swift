/// The part of an interrupt controller that takes lines and hands interrupts to this CPU.
///
/// One CPU uses it. ``acknowledge()`` and ``end(_:)`` are for the handler of interrupts; the others are
/// called with interrupts masked or from there. None blocks or allocates.
public protocol InterruptController {
  /// How many lines there are, private ones included; local interrupts (LPIs) are not among them.
  var lineCount: UInt32 { get }

  /// Says how a line is raised and how urgent it is, and sends it to this CPU. It must be disabled.
  func configure(_ id: InterruptID, trigger: InterruptTrigger, priority: InterruptPriority)

  /// Lets a line interrupt. What was pending comes at once.
  func enable(_ id: InterruptID)

  /// Keeps a line from interrupting; it may still become pending.
  func disable(_ id: InterruptID)

  /// Takes the pending interrupt of the highest priority; a special one if there is none.
  func acknowledge() -> AcknowledgedInterrupt

  /// Says that an interrupt that was taken is over.
  func end(_ interrupt: AcknowledgedInterrupt)
}

/// Why an interrupt controller, or a part of one, cannot be used.
public enum InterruptError: Error, Equatable, Sendable {
  /// Its registers are not as many as it needs.
  case regionTooSmall(Part)
  /// It says that it is of another version, or nothing that makes sense.
  case wrongVersion(Part, found: UInt32)
  /// It did not do what it was told to in time.
  case noAnswer(Part)
  /// This CPU has no redistributor among those there are.
  case noRedistributor(affinity: UInt32)
  /// This CPU's interface is switched off by what is above the kernel.
  case noProcessorInterface
  /// It has no interrupts of the kind that messages raise.
  case noLocalInterrupts
  /// Somebody else has switched it on, so that its tables cannot be chosen.
  case inUse(Part)
  /// There is no memory for its tables.
  case noMemory(byteCount: Int)
  /// It refused the place or the size of a table.
  case tableRefused(Part)
  /// It stopped at a command.
  case commandRefused
  /// A device has a number that its tables do not reach.
  case deviceOutOfRange(UInt32)
  /// There is no such interrupt, or none left.
  case noSuchInterrupt(UInt32)
  /// The interrupt has an owner already, who does not share it.
  case taken(UInt32)
  /// There is no room for another handler.
  case noRoom

  /// What an error is about.
  public enum Part: Sendable {
    /// The part that takes lines.
    case distributor
    /// The part of each CPU, of version 2.
    case cpuInterface
    /// The part of each CPU, from version 3 on.
    case redistributor
    /// The part that turns messages into lines, beside version 2.
    case messageFrame
    /// The part that turns messages into local interrupts (ITS).
    case translationService
  }
}
