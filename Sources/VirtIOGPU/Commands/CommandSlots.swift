import VirtIO

/// What is known of the commands that are no frame's own, and whose they are. The device cannot write
/// here.
struct CommandSlots {
  private var records = FixedArray<32, CommandRecord>(repeating: CommandRecord())
  /// A bit for each slot that anybody may take.
  private var free: UInt32
  /// A bit for each slot that anybody may take or has taken.
  private let general: UInt32
  /// A bit for each slot that the device has.
  private var inFlight: UInt32 = 0
  /// A bit for each slot that the device has and nobody waits for any more.
  private var abandoned: UInt32 = 0
  private var postedCount: UInt64 = 0

  /// All of `general` are free.
  init(general: UInt32) {
    self.general = general
    free = general
  }

  private static func bit(_ slot: Int) -> UInt32 { 1 << UInt32(truncatingIfNeeded: slot) }

  /// How many commands can be posted now.
  var freeCount: Int { free.nonzeroBitCount }

  /// The next slot to take; nil if there is none.
  var nextFree: Int? { free == 0 ? nil : free.trailingZeroBitCount }

  func isInFlight(_ slot: Int) -> Bool { inFlight & Self.bit(slot) != 0 }

  /// Notes that the device has got a slot's command.
  mutating func send(_ slot: Int, _ record: CommandRecord) {
    postedCount &+= 1
    records[slot] = record
    records[slot].number = postedCount
    free &= ~Self.bit(slot)
    inFlight |= Self.bit(slot)
  }

  /// Notes that the device has given a slot's command back.
  ///
  /// - Returns: What it was; nil if nobody wants to know.
  mutating func takeBack(_ slot: Int) -> CommandRecord? {
    let bit = Self.bit(slot)
    let isAbandoned = abandoned & bit != 0
    inFlight &= ~bit
    abandoned &= ~bit
    free |= bit & general
    return isAbandoned ? nil : records[slot]
  }

  /// Gives up on the commands of an owner. Their slots stay out of use until the device gives them
  /// back, if it ever does.
  ///
  /// - Returns: What the first of them was about.
  mutating func abandon(_ owner: CommandOwner) -> CommandSubject? {
    var first: CommandRecord?
    var rest = inFlight & ~abandoned
    while rest != 0 {
      let slot = rest.trailingZeroBitCount
      rest &= rest &- 1
      let record = records[slot]
      guard record.owner == owner else { continue }
      abandoned |= Self.bit(slot)
      if first.map({ record.number < $0.number }) ?? true { first = record }
    }
    return first?.subject
  }

  /// Whether the device may still be at a resource because of a command that was given up.
  mutating func isAbandoned(_ resource: ResourceID) -> Bool {
    var rest = abandoned
    while rest != 0 {
      if records[rest.trailingZeroBitCount].subject.resource == resource { return true }
      rest &= rest &- 1
    }
    return false
  }
}

/// One command that the device has.
struct CommandRecord {
  var subject = CommandSubject(.getDisplayInfo)
  /// 0 if the command is not fenced.
  var fence: UInt64 = 0
  var owner = CommandOwner.background
  /// How many commands there were before it.
  fileprivate(set) var number: UInt64 = 0

  init() {}

  init(_ subject: CommandSubject, fence: UInt64, owner: CommandOwner) {
    self.subject = subject
    self.fence = fence
    self.owner = owner
  }
}

/// Who wants to know how a command went.
struct CommandOwner: Equatable {
  /// The accounts of scanouts come first, two for each, then the two others, then frames.
  fileprivate let rawValue: UInt8

  private init(_ value: Int) { rawValue = UInt8(truncatingIfNeeded: value) }

  /// Who makes a scanout's surface go.
  static func release(ofScanout index: Int) -> Self { Self(index) }
  /// Who has a scanout show something else.
  static func view(ofScanout index: Int) -> Self { Self(16 &+ index) }
  /// The call that waits for its own commands.
  static var caller: Self { Self(32) }
  /// Nobody.
  static var background: Self { Self(33) }
  /// A frame, by the number of its commands.
  static func frame(_ index: Int) -> Self { Self(34 &+ index) }

  /// How many owners have an account.
  static var accountCount: Int { 34 }
  /// Where its account is; nil for a frame.
  var account: Int? { rawValue < 34 ? Int(rawValue) : nil }
  /// Which frame it is; meaningful if there is no account.
  var frame: Int { Int(rawValue) &- 34 }
}

/// How the commands of an owner have fared.
struct CommandAccount {
  /// How many the device still has.
  var pendingCount = 0
  /// The first failure since it was last taken.
  var failure: CommandFailure?
}
