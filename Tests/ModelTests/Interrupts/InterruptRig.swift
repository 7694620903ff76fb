import Foundation
import Synchronization
import Testing
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

typealias InterruptedDisplay = Display<SleepingPlatform, PCITransport<ModelAccess>>

/// A machine with somebody who takes its interrupts, as a kernel does.
final class InterruptRig: Sendable {
  let machine: ModelMachine
  /// Where messages go, a word for each vector.
  private let mail: ModelRegion

  private struct State {
    var interrupts: PCIInterrupts<ModelAccess>?
    var handler: InterruptedDisplay.Handler?
    var lostCount = 0
    var handled: [Handled] = []
    var sleepCount = 0
    var isThreaded = false
  }
  private let state = Mutex(State())

  /// What a handler was called for, and whether it was its own.
  enum Handled: Equatable {
    case vector(Int, Bool)
    case line(Bool)
  }

  /// A device that takes its time, so that there is something to wait for.
  static func slow(vectorCount: Int = 3) -> ModelConfiguration {
    var configuration = ModelConfiguration()
    configuration.vectorCount = vectorCount
    configuration.offeredFeatures &= ~(1 << 1)
    configuration.faults = [ModelFault(on: .command(0x104), count: .max, .delay(polls: 50))]
    return configuration
  }

  init(_ configuration: ModelConfiguration = ModelConfiguration()) throws {
    machine = ModelMachine(configuration)
    mail = try #require(machine.platform.allocate(byteCount: 4 * 2048, alignment: 4096))
  }

  var platform: SleepingPlatform { SleepingPlatform(rig: self, base: machine.platform) }

  /// Opens the driver by polling.
  func open(maximumVectorCount: Int = 3) throws -> InterruptedDisplay {
    let transport = try machine.makeTransport(maximumVectorCount: maximumVectorCount)
    let interrupts = transport.interrupts
    state.withLock { $0.interrupts = interrupts }
    return try Display.open(transport, on: platform, waiting: patience)
  }

  func interrupts() throws -> PCIInterrupts<ModelAccess> {
    try #require(state.withLock { $0.interrupts })
  }

  // MARK: The interrupt controller

  static func data(of vector: Int) -> UInt32 { 0xa000_0000 | UInt32(vector) }

  /// Routes all interrupts to a handler, by message if there are any, else by the line.
  func connect(_ handler: InterruptedDisplay.Handler) throws {
    let interrupts = try interrupts()
    state.withLock { $0.handler = handler }
    let count = interrupts.vectorCount
    for vector in 0..<count {
      let address = mail.deviceAddress.rawValue + UInt64(4 * vector)
      #expect(
        interrupts.route(vector, to: MSIMessage(address: address, data: Self.data(of: vector))))
    }
    if count > 0 {
      interrupts.unmask()
    } else {
      interrupts.enableLine()
    }
  }

  /// Takes all interrupts that have come, in the interrupt's context.
  func takeInterrupts() {
    let handler = state.withLock { $0.handler }
    guard let handler else { return }
    for interrupt in machine.takeInterrupts() {
      guard case .message(let vector, let address, let data) = interrupt else { continue }
      #expect(address == mail.deviceAddress.rawValue + UInt64(4 * Int(vector)))
      #expect(data == Self.data(of: Int(vector)))
      if lose() { continue }
      let number = Int(data & 0xffff)
      let isOurs = handler.handleInterrupt(vector: number)
      state.withLock { $0.handled.append(.vector(number, isOurs)) }
    }
    // The line is a level: as long as it is pulled, the handler is called.
    for _ in 0..<8 where machine.pullsLine {
      if lose() { break }
      let isOurs = handler.handleLineInterrupt()
      state.withLock { $0.handled.append(.line(isOurs)) }
    }
  }

  private func lose() -> Bool {
    state.withLock { state in
      guard state.lostCount > 0 else { return false }
      state.lostCount -= 1
      return true
    }
  }

  /// Loses the next interrupts.
  func loseInterrupts(_ count: Int) { state.withLock { $0.lostCount = count } }

  /// What was handled since the last time.
  func takeHandled() -> [Handled] {
    state.withLock { state in
      defer { state.handled = [] }
      return state.handled
    }
  }

  // MARK: Sleeping

  /// How often somebody has slept since the last time.
  func takeSleepCount() -> Int {
    state.withLock { state in
      defer { state.sleepCount = 0 }
      return state.sleepCount
    }
  }

  /// Whether interrupts are taken by a thread, not by whoever sleeps.
  var isThreaded: Bool {
    get { state.withLock { $0.isThreaded } }
    set { state.withLock { $0.isThreaded = newValue } }
  }

  fileprivate func sleep(until deadline: Nanoseconds, unless isAwake: () -> Bool) {
    state.withLock { $0.sleepCount += 1 }
    while !isAwake(), machine.platform.now < deadline {
      if isThreaded {
        sched_yield()
      } else {
        takeInterrupts()
      }
    }
  }

  // MARK: Pictures

  /// Presents a picture and waits for it.
  func show(
    _ number: Int, on display: inout InterruptedDisplay, waiting waiter: some Waiter
  ) throws {
    var frame = try display.nextFrame(waiting: waiter)
    LifeTests.draw(&frame, frame.bounds, number)
    try display.finish(try display.present(frame), waiting: waiter)
  }

  /// Whether a scanout shows a picture, pixel for pixel.
  func shows(_ number: Int) -> Bool {
    guard let picture = machine.pixels(ofScanout: 0) else { return false }
    return (0..<picture.height).allSatisfy { y in
      (0..<picture.width).allSatisfy { x in
        picture[x, y].rgb == LifeTests.color(x, y, number)
      }
    }
  }

  // MARK: The end

  /// Closes a display, and says which rules were broken.
  func finish(_ display: consuming InterruptedDisplay) throws -> [Violation] {
    let interrupts = try interrupts()
    interrupts.mask()
    interrupts.disableLine()
    state.withLock { $0.handler = nil }
    try display.close(waiting: patience)
    machine.platform.free(mail)
    return machine.finish()
  }
}

/// A platform on which somebody can sleep.
struct SleepingPlatform: InterruptPlatform {
  let rig: InterruptRig
  let base: ModelPlatform

  func allocate(byteCount: Int, alignment: Int) -> ModelRegion? {
    base.allocate(byteCount: byteCount, alignment: alignment)
  }
  func free(_ region: ModelRegion) { base.free(region) }
  var now: Nanoseconds { base.now }
  func sleep(until deadline: Nanoseconds, unless isAwake: () -> Bool) {
    rig.sleep(until: deadline, unless: isAwake)
  }
}
