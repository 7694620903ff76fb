import VirtIO

/// What is done when an interrupt comes.
public protocol InterruptService: Sendable {
  /// Asks the device, on the stack of interrupts with interrupts masked. Must not wait or allocate.
  ///
  /// - Returns: False if it was not this device's: lines may be shared.
  func serve(_ id: InterruptID) -> Bool
}

/// Up to where interrupts of a line are believed to be meant: more in number are a storm if they take
/// more time as well, so that neither a device that is fast nor a handler that was held up is one.
public struct StormLimit: Equatable, Sendable {
  /// The most in a stretch of time.
  public var count: UInt32
  /// The longest that their handlers may take of it, in ticks.
  public var busyTicks: UInt64
  /// How long a stretch is, in ticks.
  public var ticks: UInt64
  /// How long a line stays masked after a storm, in ticks.
  public var pause: UInt64

  /// A limit.
  public init(count: UInt32, busyTicks: UInt64, ticks: UInt64, pause: UInt64) {
    self.count = count
    self.busyTicks = busyTicks
    self.ticks = ticks
    self.pause = pause
  }
}

/// What came of an interrupt.
public enum InterruptVerdict: Equatable, Sendable {
  /// A handler took it.
  case handled
  /// It has handlers, and none took it.
  case unclaimed
  /// It has no handler. The line is to be disabled.
  case unregistered
  /// It came too often. The line is to be disabled until ``InterruptTable/nextRevival(at:)``.
  case storm
}

/// Who handles which interrupt: a few lines, each with one owner, or with several that share it.
///
/// Interrupts must be masked while it is changed. Nothing in it allocates or waits.
public struct InterruptTable<Service: InterruptService, let capacity: Int>: Sendable {
  private var services: InlineArray<capacity, Service?>
  private var lines = FixedArray<capacity, Line>(repeating: Line())
  private let limit: StormLimit
  private var stranger: InterruptID?
  /// How many interrupts came.
  public private(set) var interruptCount: UInt64 = 0
  /// How many of them no handler took.
  public private(set) var unclaimedCount: UInt64 = 0
  /// How many came without a handler.
  public private(set) var unregisteredCount: UInt64 = 0
  /// How often a line was masked for coming too often.
  public private(set) var stormCount: UInt64 = 0
  /// Whether there is nothing to do between interrupts: no line is masked, and nobody waits to be told
  /// of one.
  public private(set) var isCalm = true

  /// What is known of the line of a handler. It stands apart from the handlers, which are long.
  private struct Line: Sendable {
    var id: InterruptID?
    var isShared = false
    /// How many interrupts the handler took.
    var count: UInt64 = 0
    /// Of the first handler of a line: since when its interrupts are counted, how many came, and how
    /// long they took.
    var start: UInt64 = 0
    var recent: UInt32 = 0
    var busy: UInt64 = 0
    var maskedUntil: UInt64?
    var isReported = true
  }

  /// A table without handlers.
  public init(limit: StormLimit) {
    services = InlineArray(repeating: nil)
    self.limit = limit
  }

  // MARK: Owners

  /// Makes a handler the owner of a line.
  ///
  /// - Parameter isShared: Whether others may own the line too, if they say so as well.
  /// - Returns: Its place, for ``remove(_:)``, and whether it is the first of its line.
  /// - Throws: `taken`, `noRoom`.
  public mutating func add(_ service: Service, for id: InterruptID, isShared: Bool = false)
    throws(InterruptError) -> (place: Int, isFirst: Bool)
  {
    let leader = leader(of: id)
    if let leader, !isShared || !lines[leader].isShared { throw .taken(id.rawValue) }
    for place in 0..<capacity where lines[place].id == nil {
      services[Self.place(place)] = service
      lines[place] = Line(id: id, isShared: isShared)
      return (place, leader == nil)
    }
    throw .noRoom
  }

  /// Takes a handler out.
  ///
  /// - Returns: The line, if nobody owns it any more: it is to be disabled.
  public mutating func remove(_ place: Int) -> InterruptID? {
    guard place >= 0, place < capacity, let id = lines[place].id else { return nil }
    let old = lines[place]
    services[Self.place(place)] = nil
    lines[place] = Line()
    guard let leader = leader(of: id) else { return id }
    // Whoever leads the line now goes on where the other was.
    if leader > place || old.maskedUntil != nil {
      lines[leader].start = old.start
      lines[leader].recent = old.recent
      lines[leader].busy = old.busy
      lines[leader].maskedUntil = old.maskedUntil
      lines[leader].isReported = old.isReported
    }
    return nil
  }

  /// How many interrupts the handler at a place has taken.
  public mutating func count(at place: Int) -> UInt64 {
    place >= 0 && place < capacity ? lines[place].count : 0
  }

  /// An index of which the compiler sees that it is one: another stands for the last. The services stay in an
  /// array that lends them: ``FixedArray`` would copy each that is asked.
  private static func place(_ index: Int) -> Int {
    Int(bitPattern: min(UInt(bitPattern: index), UInt(bitPattern: capacity &- 1)))
  }

  // Readers of the arrays are `mutating` because 6.3 copies an array to index it in `self`
  // otherwise.
  private mutating func leader(of id: InterruptID) -> Int? {
    for place in 0..<capacity where lines[place].id == id { return place }
    return nil
  }

  // MARK: Interrupts

  /// Takes what is pending, one after another, as long as there is more, but not without end: what is
  /// pending still comes again.
  ///
  /// - Parameters:
  ///   - clock: What time it is, in ticks.
  ///   - keepBack: Disables an interrupt that nobody has, or that comes too often.
  /// - Returns: How many there were; 0 if the first was none already.
  public mutating func takeInterrupts(
    from controller: some InterruptController, clock: () -> UInt64,
    keepingBack keepBack: (InterruptID) -> Void
  ) -> Int {
    for count in 0..<64 {
      let start = clock()
      let interrupt = controller.acknowledge()
      if interrupt.id.isSpecial { return count }
      switch dispatch(interrupt.id, at: start, clock: clock) {
      case .unregistered, .storm: keepBack(interrupt.id)
      case .handled, .unclaimed: break
      }
      controller.end(interrupt)
    }
    return 64
  }

  /// Calls the handlers of a line, all of them, as a shared line may be pulled by several.
  ///
  /// - Parameters:
  ///   - start: When it was taken, in ticks.
  ///   - clock: What time it is, in ticks.
  public mutating func dispatch(
    _ id: InterruptID, at start: UInt64, clock: () -> UInt64
  ) -> InterruptVerdict {
    interruptCount &+= 1
    guard let leader = leader(of: id) else {
      unregisteredCount &+= 1
      stranger = id
      isCalm = false
      return .unregistered
    }
    var isHandled = false
    var place = leader
    while place < capacity {
      if lines[place].id == id, services[Self.place(place)]?.serve(id) == true {
        lines[place].count &+= 1
        isHandled = true
      }
      place &+= 1
    }
    if !isHandled { unclaimedCount &+= 1 }
    if isStorm(leader, from: start, to: clock()) { return .storm }
    return isHandled ? .handled : .unclaimed
  }

  /// Counts an interrupt of a line in the stretch that it falls in.
  private mutating func isStorm(_ leader: Int, from start: UInt64, to now: UInt64) -> Bool {
    if start &- lines[leader].start >= limit.ticks {
      lines[leader].start = start
      lines[leader].recent = 0
      lines[leader].busy = 0
    }
    lines[leader].recent &+= 1
    lines[leader].busy &+= now &- start
    guard lines[leader].recent > limit.count, lines[leader].busy > limit.busyTicks else {
      return false
    }
    lines[leader].maskedUntil = now &+ limit.pause
    lines[leader].isReported = false
    lines[leader].recent = 0
    lines[leader].busy = 0
    stormCount &+= 1
    isCalm = false
    return true
  }

  // MARK: Between interrupts

  /// A line that was masked and whose time is over: it is to be enabled again.
  public mutating func nextRevival(at now: UInt64) -> InterruptID? {
    for place in 0..<capacity {
      if let until = lines[place].maskedUntil, now >= until {
        lines[place].maskedUntil = nil
        settle()
        return lines[place].id
      }
    }
    return nil
  }

  /// A line that was masked and of which nobody has been told yet.
  public mutating func nextReport() -> InterruptID? {
    for place in 0..<capacity where !lines[place].isReported {
      lines[place].isReported = true
      settle()
      return lines[place].id
    }
    return nil
  }

  /// An interrupt without a handler, of which nobody has been told yet.
  public mutating func nextStranger() -> InterruptID? {
    defer {
      stranger = nil
      settle()
    }
    return stranger
  }

  private mutating func settle() {
    isCalm = stranger == nil
    for place in 0..<capacity where lines[place].maskedUntil != nil || !lines[place].isReported {
      isCalm = false
    }
  }
}
