import Testing
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// Devices that are late or silent, by the ids of the catalogue of hostile devices: each call ends in time and
/// says what is missing.
@Suite("Hostile times") struct TimeFaultTests {
  /// A life with every command that has an answer, as far as it comes.
  ///
  /// - Parameter error: Becomes the first thing that failed.
  private func lead(_ machine: ModelMachine, _ error: inout GPUError?) throws -> ModelDisplay? {
    var display: ModelDisplay
    do {
      display = try machine.open()
    } catch let found as GPUError {
      error = found
      return nil
    }
    var errors: [GPUError?] = []
    errors.append(HostileCase.frameError(&display))
    errors.append(HostileCase.frameError(&display))
    do throws(GPUError) {
      _ = try display.readEDID(of: ScanoutID(rawValue: 0), waiting: patience)
      let image = [UInt32](repeating: .max, count: 4096)
      try display.setCursor(
        image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: patience)
      for x: UInt32 in 0..<20 { try display.moveCursor(toX: x, y: 0) }
      machine.setOutput(0, to: .init(width: 20, height: 15))
      _ = try display.takeDisplayEvent(waiting: patience)
    } catch {
      errors.append(error)
    }
    errors.append(HostileCase.frameError(&display))
    errors.append(HostileCase.frameError(&display))
    error = errors.compactMap(\.self).first
    return display
  }

  @Test("T02: silent from any command on: late, said, and a reset mends it")
  func silentFrom() throws {
    let whole = HostileCase.machine()
    var error: GPUError?
    let display = try lead(whole, &error)
    #expect(error == nil)
    try HostileCase.end(display, on: whole, .goesOn)
    let count = whole.commands.count
    #expect(count > 20)
    var late = 0
    for number in 0..<count {
      let machine = HostileCase.machine {
        $0.faults = [ModelFault(on: .buffer(queue: 0), skipping: number, count: .max, .drop)]
      }
      let start = machine.platform.now
      var error: GPUError?
      let display = try lead(machine, &error)
      if case .timedOut(_, needsReset: false) = error { late += 1 }
      // A dozen calls, each of which waits for no longer than 20 ms once or twice.
      #expect(machine.platform.now.since(start) < .milliseconds(500), "command \(number)")
      try HostileCase.end(display, on: machine, .reset)
      #expect(Self.violations(machine) == [], "command \(number)")
    }
    #expect(late >= 15)
  }

  @Test(
    "Q24: any one command that is never answered: late, the rest goes on, a reset frees its memory")
  func silentOnce() throws {
    for number in 0..<16 {
      let machine = HostileCase.machine {
        $0.faults = [ModelFault(on: .buffer(queue: 0), skipping: number, .drop)]
      }
      var error: GPUError?
      let display = try lead(machine, &error)
      switch error {
      case .timedOut(_, needsReset: false), nil: break
      default: Issue.record("command \(number): \(String(describing: error))")
      }
      try HostileCase.end(display, on: machine, .reset)
      #expect(Self.violations(machine) == [], "command \(number)")
    }
  }

  @Test("T01: a device that never answers the first command: late, and its memory comes back")
  func silentAtOnce() throws {
    let machine = HostileCase.machine {
      $0.faults = [ModelFault(on: .buffer(queue: 0), count: .max, .drop)]
    }
    let start = machine.platform.now
    guard case .timedOut(let subject, needsReset: false) = try HostileCase.refusal(of: machine)
    else {
      Issue.record("it went unnoticed")
      return
    }
    #expect(subject.command == .getDisplayInfo)
    #expect(machine.platform.now.since(start) < .milliseconds(50))
    try HostileCase.end(nil, on: machine, .reset)
  }

  /// What the driver did wrong; not that a display did not describe itself when it was asked to.
  private static func violations(_ machine: ModelMachine) -> [Violation] {
    machine.violations.filter { !["GPU-EVT-2", "GPU-INIT-3"].contains($0.id) }
  }

  /// Has a command of a type sent, and waits for it.
  private func question(_ type: UInt32, _ display: inout ModelDisplay) -> GPUError? {
    do throws(GPUError) {
      switch type {
      case 0x100: try display.updateScanouts(waiting: patience)
      case 0x10a: _ = try display.readEDID(of: ScanoutID(rawValue: 0), waiting: patience)
      default: return HostileCase.frameError(&display)
      }
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "T03, T04, Q25: answers just before the deadline are taken, just after it retired in silence",
    arguments: [0x100, 0x104, 0x105, 0x10a] as [UInt32])
  func aroundTheDeadline(_ type: UInt32) throws {
    var (before, after) = (0, 0)
    for delay in stride(from: 3900, through: 4100, by: 8) {
      let machine = HostileCase.machine()
      var display = try machine.open()
      #expect(HostileCase.frameError(&display) == nil)
      machine.inject(ModelFault(on: .command(type), .delay(polls: delay)))
      let error = question(type, &display)
      switch error {
      case nil: before += 1
      case .timedOut(_, needsReset: false): after += 1
      default: Issue.record("\(delay): \(String(describing: error))")
      }
      machine.poll(500)
      // The late answer has come meanwhile: its slot, or its frame, is free again.
      try display.updateScanouts(waiting: patience)
      for _ in 0..<4 { #expect(HostileCase.frameError(&display) == nil) }
      try HostileCase.end(display, on: machine, .goesOn)
      #expect(machine.violations == [])
    }
    #expect(before > 0 && after > 0, "\(before), \(after)")
  }

  @Test("T03: a device that answers every command just in time is opened, and shows pictures")
  func alwaysLate() throws {
    let machine = HostileCase.machine {
      $0.faults = [ModelFault(on: .buffer(queue: 0), count: 40, .delay(polls: 3600))]
    }
    let start = machine.platform.now
    var display = try machine.open()
    for _ in 0..<3 { #expect(HostileCase.frameError(&display) == nil) }
    #expect(machine.platform.now.since(start) < .milliseconds(100))
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations == [])
  }

  @Test("T06: a device of one frame a second holds the program back, and nothing grows")
  func slow() throws {
    let machine = HostileCase.machine { $0.tick = .microseconds(100) }
    var display = try machine.open(buffers: .three)
    for _ in 0..<4 { #expect(HostileCase.frameError(&display) == nil) }
    // The clock moves by 100 µs a look, and there are two polls to a look.
    machine.inject(ModelFault(on: .command(0x104), count: .max, .delay(polls: 20_000)))
    let patience = PollingWaiter(timeout: .seconds(3))
    let allocations = machine.allocationCount
    let notifications = machine.notificationCount(ofQueue: 0)
    for _ in 0..<8 {
      let frame = try display.nextFrame(waiting: patience)
      _ = try display.present(frame)
    }
    #expect(machine.allocationCount == allocations)
    #expect(machine.notificationCount(ofQueue: 0) == notifications + 8)
    machine.poll(80_000)
    for _ in 0..<3 { _ = try display.present(display.nextFrame(waiting: patience)) }
    var refused = 0
    for _ in 0..<50 {
      switch try display.tryNextFrame() {
      case .none: refused += 1
      case .some: break
      }
    }
    #expect(refused == 50)
    machine.poll(80_000)
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations == [])
  }

  @Test("T07: what was done while nobody looked is found at the last look", arguments: 0...2)
  func pause(_ step: Int) throws {
    let machine = HostileCase.machine {
      $0.faults = [0x100, 0x104, 0x10a].map {
        ModelFault(on: .command($0), count: .max, .delay(polls: 50))
      }
    }
    // By the time that it runs again its time is over, and all is done.
    let pause = Pause(machine: machine)
    var display = try Display.open(
      machine.makeTransport(), on: machine.platform, buffers: .one, waiting: pause)
    let presentation = try display.present(try display.nextFrame(waiting: pause))
    switch step {
    case 0: try display.finish(presentation, waiting: pause)
    case 1: _ = try display.nextFrame(waiting: pause)
    default:
      try display.finish(presentation, waiting: pause)
      _ = try display.readEDID(of: ScanoutID(rawValue: 0), waiting: pause)
    }
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations == [])
  }

  /// A processor that stands still at the first wait, until all time is over.
  private struct Pause: Waiter {
    let machine: ModelMachine

    mutating func wait<P: Platform>(on platform: borrowing P) -> Bool {
      for _ in 0..<100 { machine.poll() }
      return false
    }
  }

  @Test("T12: interrupts without anything done end with the caller's time", arguments: [3, 1, 0])
  func emptyInterrupts(vectorCount: Int) throws {
    var configuration = InterruptRig.slow(vectorCount: vectorCount)
    configuration.faults = [
      ModelFault(on: .command(0x104), .drop), ModelFault(on: .poll, count: .max, .interrupt),
    ]
    let rig = try InterruptRig(configuration)
    var display = try rig.open()
    try rig.connect(display.interruptHandler)
    display.enableInterrupts()
    let frame = try display.nextFrame(waiting: patience)
    let presentation = try display.present(frame)
    let start = rig.platform.now
    let waiter = display.interruptWaiter(timeout: .milliseconds(50))
    #expect(throws: GPUError.self) { try display.finish(presentation, waiting: waiter) }
    let time = rig.platform.now.since(start)
    #expect(time >= .milliseconds(50) && time < .milliseconds(52))
    rig.machine.clearFaults()
    #expect(try rig.finish(display) == [])
    #expect(rig.machine.liveAllocationCount == 0)
  }

  @Test(
    "G54: answers that come one by one, each with an interrupt of its own, are right, only slower")
  func oneByOne() throws {
    let machine = HostileCase.machine {
      $0.faults = zip(
        [0x100, 0x101, 0x106, 0x105, 0x103, 0x104, 0x10a] as [UInt32], 1...
      ).map { ModelFault(on: .command($0), count: .max, .delay(polls: 5 * $1)) }
    }
    var display = try machine.open()
    for number in 0..<10 {
      var frame = try display.nextFrame(waiting: patience)
      LifeTests.draw(&frame, frame.bounds, number)
      try display.finish(try display.present(frame), waiting: patience)
      let picture = try #require(machine.pixels(ofScanout: 0))
      let isExact = (0..<12).allSatisfy { y in
        (0..<16).allSatisfy { x in picture[x, y].rgb == LifeTests.color(x, y, number) }
      }
      #expect(isExact)
    }
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations == [])
  }
}
