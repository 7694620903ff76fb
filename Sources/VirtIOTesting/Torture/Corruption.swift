/// One thing that is done to the memory or the registers that a running driver shares with its device.
///
/// All of it is in the power of a device, or has the device do what is in its power: no descriptor is given
/// another address or a greater length, as no driver survives a device that writes wherever it likes.
public enum Corruption: Hashable, Sendable {
  /// Any element in the used ring.
  case usedElement(queue: Int, place: UInt16, id: UInt32, length: UInt32)
  /// The used index, moved.
  case usedIndex(queue: Int, by: UInt16)
  /// Any flags in the used ring.
  case usedFlags(queue: Int, UInt16)
  /// Any event index.
  case availableEvent(queue: Int, UInt16)
  /// A chain said to be done that may not be.
  case completion(queue: Int, id: UInt16, length: UInt32)
  /// Any bytes in a reply.
  case reply(number: UInt16, offset: UInt16, words: [UInt32])
  /// An answer of any type in a reply.
  case answer(number: UInt16, type: UInt32)
  /// Another chain than the one that was made available.
  case availableEntry(queue: Int, place: UInt16, head: UInt16)
  /// The available index, moved.
  case availableIndex(queue: Int, by: UInt16)
  /// A chain that starts where the queue has no descriptor: the device stops, and says that it needs a reset.
  case malformedChain
  /// A request cut down to 8 bytes: it is never answered.
  case truncatedRequest(number: UInt16)
  /// A chain that goes on somewhere else.
  case next(number: UInt16, UInt16)
  /// A device status that nobody wrote; 0 is a device that resets itself.
  case status(UInt8)

  /// What it is called in a summary.
  public var kind: String {
    switch self {
    case .usedElement: "used element"
    case .usedIndex: "used index"
    case .usedFlags: "used flags"
    case .availableEvent: "avail event"
    case .completion: "forged completion"
    case .reply: "reply garbage"
    case .answer: "reply type"
    case .availableEntry: "avail entry"
    case .availableIndex: "avail index"
    case .malformedChain: "malformed chain"
    case .truncatedRequest: "truncated request"
    case .next: "descriptor next"
    case .status: "status"
    }
  }
}

/// What is done, one after the other: the same for the same seed.
public struct CorruptionSequence: Sendable, Sequence, IteratorProtocol {
  private var random: ModelRandom

  /// The sequence of a seed.
  public init(seed: UInt64) { random = ModelRandom(seed: seed) }

  /// The next one; there is always one.
  public mutating func next() -> Corruption? {
    let dice = random.next(below: 1000)
    // Frames are sent by queue 0.
    let queue = random.next(below: 8) == 0 ? 1 : 0
    switch dice {
    case ..<240: return .usedElement(queue: queue, place: word(), id: id(), length: length())
    case ..<420: return .reply(number: word(), offset: word(), words: words())
    case ..<560: return .answer(number: word(), type: type())
    case ..<680: return .availableEvent(queue: queue, word())
    case ..<750: return .usedFlags(queue: queue, word())
    case ..<830: return .usedIndex(queue: queue, by: step())
    case ..<890: return .completion(queue: queue, id: word(), length: length())
    case ..<930: return .availableEntry(queue: queue, place: word(), head: word())
    case ..<950: return .next(number: word(), word())
    case ..<965: return .availableIndex(queue: queue, by: step())
    case ..<980: return .malformedChain
    case ..<990: return .status([0, 0, 0x4f, 0x8f, 0x07, 0xff][Int(random.next(below: 6))])
    default: return .truncatedRequest(number: word())
    }
  }

  private mutating func word() -> UInt16 { UInt16(truncatingIfNeeded: random.next()) }

  /// A number that is out of range, or small.
  private mutating func id() -> UInt32 {
    let number = UInt32(truncatingIfNeeded: random.next())
    return number & 1 == 0 ? number >> 26 : number
  }

  private mutating func length() -> UInt32 {
    [0, 23, 24, 25, 408, .max, UInt32(truncatingIfNeeded: random.next())][
      Int(random.next(below: 7))]
  }

  /// A step forth or back, mostly a small one.
  private mutating func step() -> UInt16 {
    let number = word()
    switch number & 3 {
    case 0: return 1 + number >> 14
    case 1: return 0 &- (1 + number >> 14)
    default: return number | 1
    }
  }

  private mutating func words() -> [UInt32] {
    (0...random.next(below: 6)).map { _ in UInt32(truncatingIfNeeded: random.next()) }
  }

  /// A type of a reply: of a success, of an error, or none at all.
  private mutating func type() -> UInt32 {
    let number = UInt32(truncatingIfNeeded: random.next())
    switch number & 3 {
    case 0: return 0x1100 + number >> 4 & 7
    case 1, 2: return 0x1200 + number >> 4 & 7
    default: return number
    }
  }
}
