internal import KernelAArch64
internal import KernelInterrupts

/// The interrupts of this machine: who handles which, and what has come of them.
struct BoardInterrupts: InterruptHome {
  // One CPU runs this kernel. Both are changed with interrupts masked only, and the handler, which
  // changes them too, is not interrupted itself.
  nonisolated(unsafe) private static var controller: BoardController?
  nonisolated(unsafe) private static var table: InterruptTable<BoardHandler, 16>?
  nonisolated(unsafe) private static var routes: BoardRoutes?
  // The right to the timer's interrupt. Not the board's: an image that never starts interrupts would
  // have the code that ends them.
  nonisolated(unsafe) private static var timer: InterruptLine<BoardInterrupts>?
  // Written by the handler only.
  nonisolated(unsafe) private static var spuriousCount: UInt64 = 0

  /// Whether interrupts are taken.
  static var isRunning: Bool { unsafe controller != nil }

  /// How often there was nothing to take: the interrupt had gone, or never was one.
  static var spurious: UInt64 { unsafe spuriousCount }

  /// Handlers of a line may have a quarter of the time; that leaves the main loop more than half, with
  /// the way in and out. After a storm it has all of it for 100 ms.
  private static func limit(_ counter: Counter) -> StormLimit {
    StormLimit(
      count: 500, busyTicks: counter.ticks(in: 2_500_000), ticks: counter.ticks(in: 10_000_000),
      pause: counter.ticks(in: 100_000_000))
  }

  /// Takes interrupts from now on.
  static func start(_ controller: BoardController) {
    unsafe Self.table = InterruptTable(limit: limit(Counter()))
    unsafe Self.controller = controller
    unsafe InterruptRegisters.setHandler { _ in BoardInterrupts.takeInterrupts() }
    InterruptMask.clear()
  }

  /// Wakes sleepers by a timer's interrupt from now on.
  static func startTimer(_ id: InterruptID, trigger: InterruptTrigger) throws(InterruptError) {
    unsafe timer = try take(id, trigger: trigger, priority: .high, handler: .timer)
  }

  /// The controller, if there is one.
  static var currentController: BoardController? { unsafe controller }

  /// Does something with the ways to the controller that no interrupt must come into; nil without
  /// interrupts.
  static func withRoutes<Result>(
    _ body: (inout BoardRoutes) throws(InterruptError) -> Result
  ) throws(InterruptError) -> Result? {
    guard isRunning else { return nil }
    let wasMasked = InterruptMask.isSet
    InterruptMask.set()
    defer { if !wasMasked { InterruptMask.clear() } }
    var copy = unsafe routes ?? BoardRoutes()
    defer { unsafe routes = copy }
    return try body(&copy)
  }

  /// Lets an interrupt in, or keeps it back. Interrupts are masked.
  private static func set(_ id: InterruptID, enabled: Bool) {
    if id.isLocal {
      // A service that does not take this is one that raises nothing more either.
      try? unsafe routes?.its?.set(id, enabled: enabled)
    } else if enabled {
      unsafe controller?.enable(id)
    } else {
      unsafe controller?.disable(id)
    }
  }

  // MARK: Owners

  /// Gives an interrupt to a handler, and lets it in.
  ///
  /// - Throws: `taken`, `noRoom`, `noSuchInterrupt`.
  static func take(
    _ id: InterruptID, trigger: InterruptTrigger, priority: InterruptPriority = .normal,
    isShared: Bool = false, handler: BoardHandler
  ) throws(InterruptError) -> InterruptLine<BoardInterrupts> {
    let wasMasked = InterruptMask.isSet
    InterruptMask.set()
    defer { if !wasMasked { InterruptMask.clear() } }
    guard let controller = unsafe controller, id.isLocal || id.rawValue < controller.lineCount,
      let added = try unsafe table?.add(handler, for: id, isShared: isShared)
    else { throw .noSuchInterrupt(id.rawValue) }
    if added.isFirst {
      controller.configure(id, trigger: trigger, priority: priority)
      set(id, enabled: true)
    }
    return InterruptLine(id, place: added.place, in: BoardInterrupts())
  }

  func release(_ place: Int) {
    InterruptMask.during {
      if let id = unsafe Self.table?.remove(place) { Self.set(id, enabled: false) }
    }
  }

  /// How many interrupts the handler of a line has taken.
  static func count(of line: borrowing InterruptLine<BoardInterrupts>) -> UInt64 {
    let place = line.place
    return InterruptMask.during { unsafe table?.count(at: place) ?? 0 }
  }

  // MARK: The handler

  /// Takes what is pending, as long as there is more, but not without end.
  fileprivate static func takeInterrupts() {
    guard let controller = unsafe controller else { return }
    let counter = Counter()
    let count = unsafe table?.takeInterrupts(
      from: controller, clock: { counter.ticks }, keepingBack: { set($0, enabled: false) })
    if count == 0 { unsafe spuriousCount &+= 1 }
  }

  // MARK: The main loop's part

  /// Lets lines in again whose storm is over, and says which have had one.
  static func serve() {
    guard unsafe table?.isCalm == false else { return }
    let now = Counter().ticks
    while let id = InterruptMask.during({ unsafe table?.nextRevival(at: now) }) {
      InterruptMask.during { set(id, enabled: true) }
    }
    while let id = InterruptMask.during({ unsafe table?.nextReport() }) {
      printLine("interrupts: \(id.rawValue) comes too often: kept back for 100 ms")
    }
    while let id = InterruptMask.during({ unsafe table?.nextStranger() }) {
      printLine("interrupts: \(id.rawValue) is nobody's: disabled")
    }
  }

  /// What came so far.
  static var statistics: InterruptStatistics {
    InterruptMask.during {
      unsafe InterruptStatistics(
        count: table?.interruptCount ?? 0, spuriousCount: spurious,
        unclaimedCount: table?.unclaimedCount ?? 0,
        unregisteredCount: table?.unregisteredCount ?? 0, stormCount: table?.stormCount ?? 0)
    }
  }
}
