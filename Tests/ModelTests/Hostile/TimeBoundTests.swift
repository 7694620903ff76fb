import Testing
import VirtIO
import VirtIOGPU
import VirtIOMMIO
import VirtIOTesting

/// The bounds of time that the driver keeps whatever the device does or does not do, on the model's clock.
@Suite("Bounds of time") struct TimeBoundTests {
  /// A machine: how it is reached, and how its queues are.
  enum Shape: CaseIterable {
    case splitPCI, packedPCI, splitMMIO, packedMMIO

    var isMMIO: Bool { self == .splitMMIO || self == .packedMMIO }

    func machine(
      _ faults: [ModelFault] = [], tick: Nanoseconds = .microseconds(10)
    ) -> ModelMachine {
      var configuration = ModelConfiguration()
      configuration.tick = tick
      if isMMIO { configuration.bus = .memory }
      if self == .packedPCI || self == .packedMMIO {
        configuration.offeredFeatures |= Features.packedRing.rawValue
      }
      configuration.faults = faults
      return ModelMachine(configuration)
    }
  }

  /// Somewhere to sleep where no interrupt ever arrives.
  struct Deaf: InterruptPlatform {
    let base: ModelPlatform

    func allocate(byteCount: Int, alignment: Int) -> ModelRegion? {
      base.allocate(byteCount: byteCount, alignment: alignment)
    }
    func free(_ region: ModelRegion) { base.free(region) }
    var now: Nanoseconds { base.now }
    func sleep(until deadline: Nanoseconds, unless isAwake: () -> Bool) {
      while !isAwake(), now < deadline {}
    }
  }

  /// Either way to wait.
  enum Way: CaseIterable {
    case polling, interrupts

    func waiter<T: Transport & ~Copyable>(
      _ display: borrowing Display<Deaf, T>, _ timeout: Nanoseconds
    ) -> EitherWaiter {
      switch self {
      case .polling: .polling(PollingWaiter(timeout: timeout))
      case .interrupts: .sleeping(display.interruptWaiter(timeout: timeout))
      }
    }
  }

  enum EitherWaiter: Waiter {
    case polling(PollingWaiter)
    case sleeping(InterruptWaiter<Deaf>)

    mutating func wait<P: Platform>(on platform: borrowing P) -> Bool {
      switch self {
      case .polling(var waiter):
        defer { self = .polling(waiter) }
        return waiter.wait(on: platform)
      case .sleeping(var waiter):
        defer { self = .sleeping(waiter) }
        return waiter.wait(on: platform)
      }
    }
  }

  private static func slotTransport(_ machine: ModelMachine) throws -> MMIOTransport<ModelAccess> {
    guard let transport = try machine.makeSlotTransport() else {
      throw MMIOError.wrongMagic(found: 0)
    }
    return transport
  }

  // MARK: Interrupts that are all lost

  @Test(
    "I04: of all interrupts none arrives: each thing done is noticed within 20 ms",
    arguments: Shape.allCases)
  func allLost(_ shape: Shape) throws {
    // It takes half a millisecond for each command, so that there is something to sleep for.
    let machine = shape.machine([
      ModelFault(on: .buffer(queue: 0), count: .max, .delay(polls: 50))
    ])
    if shape.isMMIO {
      let transport = try Self.slotTransport(machine)
      try lose(transport, on: machine)
    } else {
      try lose(try machine.makeTransport(), on: machine)
    }
    #expect(machine.finish() == [])
    #expect(machine.liveAllocationCount == 0)
  }

  private func lose<T: Transport & ~Copyable>(
    _ transport: consuming T, on machine: ModelMachine
  ) throws {
    let platform = Deaf(base: machine.platform)
    var display = try Display.open(transport, on: platform, waiting: patience)
    display.enableInterrupts()
    var slept = 0
    func check(_ start: Nanoseconds, _ answerCount: UInt64) {
      let time = platform.now.since(start)
      if time >= .milliseconds(20) { slept += 1 }
      // A millisecond for the device's own time and the looks at the clock.
      #expect(time <= .milliseconds(answerCount * 21), "\(time.rawValue) ns")
    }
    for number in 0..<20 {
      let start = platform.now
      let waiter = display.interruptWaiter(timeout: .seconds(1))
      var frame = try display.nextFrame(waiting: waiter)
      LifeTests.draw(&frame, frame.bounds, number)
      try display.finish(try display.present(frame), waiting: waiter)
      check(start, 1)
    }
    var start = platform.now
    try display.updateScanouts(waiting: display.interruptWaiter(timeout: .seconds(1)))
    check(start, 1)
    start = platform.now
    _ = try display.readEDID(
      of: ScanoutID(rawValue: 0), waiting: display.interruptWaiter(timeout: .seconds(1)))
    check(start, 1)
    start = platform.now
    machine.setOutput(0, to: .init(width: 20, height: 20))
    var waiter = display.interruptWaiter(timeout: .seconds(1))
    while try !display.takeDisplayEvent(waiting: display.interruptWaiter(timeout: .seconds(1))) {
      let goesOn = waiter.wait(on: platform)
      try #require(goesOn)
    }
    // Once for the event, and once for each of the two answers about the displays.
    check(start, 3)
    #expect(slept >= 20)
    machine.clearFaults()
    try display.close(waiting: patience)
  }

  // MARK: Devices that are dead

  /// How a device is dead.
  enum Death: CaseIterable {
    /// Nothing is answered.
    case silent
    /// It is gone: its status reads as all ones.
    case gone
    /// It never ends a reset.
    case stuck

    var faults: [ModelFault] {
      switch self {
      case .silent: (0...1).map { ModelFault(on: .buffer(queue: $0), count: .max, .drop) }
      case .gone: [ModelFault(on: .read(.deviceStatus), count: .max, .value(.max))]
      case .stuck: [ModelFault(on: .read(.deviceStatus), count: .max, .value(0x0f))]
      }
    }
  }

  /// How patient whoever opens the display is, and who uses it: no call waits for more than so many answers.
  private static let timeout = Nanoseconds.milliseconds(200)
  /// How coarse the clock is, lest there be millions of looks.
  private static let tick = Nanoseconds.microseconds(200)

  @Test(
    "T01, H03: a dead device: initialisation returns within 2 s", arguments: Shape.allCases,
    Death.allCases)
  func deadAtFirst(_ shape: Shape, _ death: Death) throws {
    let machine = shape.machine(death.faults, tick: Self.tick)
    let platform = Deaf(base: machine.platform)
    let start = platform.now
    #expect(throws: GPUError.self) {
      if shape.isMMIO {
        let transport = try Self.slotTransport(machine)
        _ = try Display.open(transport, on: platform, waiting: .polling(.seconds(1)))
      } else {
        let transport = try machine.makeTransport()
        _ = try Display.open(transport, on: platform, waiting: .polling(.seconds(1)))
      }
    }
    #expect(platform.now.since(start) <= .seconds(2), "\(platform.now.since(start).rawValue) ns")
  }

  @Test(
    "T02, T05: a device that dies: any call returns within 1 s",
    arguments: Shape.allCases.flatMap { shape in Way.allCases.map { (shape, $0) } },
    Death.allCases)
  func deadLater(_ shape: (Shape, Way), _ death: Death) throws {
    let machine = shape.0.machine(tick: Self.tick)
    if shape.0.isMMIO {
      let transport = try Self.slotTransport(machine)
      try die(transport, death, on: machine, shape.1)
    } else {
      try die(try machine.makeTransport(), death, on: machine, shape.1)
    }
  }

  private func die<T: Transport & ~Copyable>(
    _ transport: consuming T, _ death: Death, on machine: ModelMachine, _ way: Way
  ) throws {
    let platform = Deaf(base: machine.platform)
    var display = try Display.open(transport, on: platform, waiting: patience)
    if way == .interrupts { display.enableInterrupts() }
    let waiter = way.waiter(display, Self.timeout)
    try display.finish(
      try display.present(try display.nextFrame(waiting: waiter)), waiting: waiter)
    for fault in death.faults { machine.inject(fault) }
    var failureCount = 0
    var (start, longest) = (platform.now, Nanoseconds(rawValue: 0))
    func note(_ error: (any Error)?) {
      let time = platform.now.since(start)
      longest = max(longest, time)
      if error != nil { failureCount += 1 }
      start = platform.now
    }
    for _ in 0..<4 { note(Self.error { try Self.show(&display, waiter) }) }
    note(Self.error { try display.updateScanouts(waiting: waiter) })
    note(Self.error { _ = try display.takeDisplayEvent(waiting: waiter) })
    note(Self.error { _ = try display.readEDID(of: ScanoutID(rawValue: 0), waiting: waiter) })
    let image = [UInt32](repeating: .max, count: 4096)
    note(
      Self.error {
        try display.setCursor(image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: waiter)
      })
    note(Self.error { try display.moveCursor(toX: 1, y: 1) })
    note(Self.error { try display.recover(waiting: waiter) })
    for _ in 0..<2 { note(Self.error { try Self.show(&display, waiter) }) }
    #expect(failureCount >= 2)
    #expect(longest <= .seconds(1), "\(longest.rawValue) ns")
    try? display.close(waiting: waiter)
    note(nil)
    #expect(longest <= .seconds(1), "\(longest.rawValue) ns, to close")
  }

  private static func show<T: Transport & ~Copyable>(
    _ display: inout Display<Deaf, T>, _ waiter: EitherWaiter
  ) throws {
    let frame = try display.nextFrame(waiting: waiter)
    try display.finish(try display.present(frame), waiting: waiter)
  }

  private static func error(_ body: () throws -> Void) -> (any Error)? {
    do {
      try body()
      return nil
    } catch {
      return error
    }
  }
}
