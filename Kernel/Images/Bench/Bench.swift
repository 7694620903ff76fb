import KernelAArch64
import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOPCI

typealias Screen = Display<BoardPlatform, PCITransport<MMIO>>

/// The loops by which drivers are compared, on one display.
///
/// `insn` is what the driver executes for one round: encoding, ring, completion and getting the memory
/// back. Left out are drawing, and what spins on the device, from the first call of
/// `kernel_probe_spin_start` in a round to the last of `kernel_probe_spin_end`.
struct Bench<W: Waiter>: ~Copyable {
  private var screen: Screen
  private let waiter: BenchWaiter<W>
  private var meter: Meter
  private let counter = Counter()
  private let count: UInt64

  /// Takes over a display on which a frame has been shown.
  init(_ screen: consuming Screen, waiting waiter: W, meter: Meter, count: UInt64) {
    self.screen = screen
    self.waiter = BenchWaiter(base: waiter)
    self.meter = meter
    self.count = count
  }

  /// Runs the loops that the arguments of the kernel name, or all.
  mutating func run(_ arguments: BootArguments) throws(GPUError) {
    let choice = Choice(arguments)
    for _ in 0..<(arguments.number("rounds") ?? 1) { try run(choice, arguments) }
  }

  private mutating func run(
    _ choice: Choice, _ arguments: BootArguments
  ) throws(GPUError) {
    if choice.has("draw_fill") { try draw(.fill, "draw_fill") }
    if choice.has("draw_pattern") { try draw(.pattern, "draw_pattern") }
    if choice.has("present_only") { try present(.nothing, "present_only") }
    if choice.has("fill_present") { try present(.fill, "fill_present") }
    if choice.has("pattern_present") { try present(.pattern, "pattern_present") }
    if choice.has("cursor_move") { try moveCursor() }
    // What costs no driver anything is measured only when asked for.
    if arguments.has("run", "painting") { try paint(lineCount: arguments.number("lines")) }
  }

  private func report(_ measurement: consuming Measurement, _ instructionCount: UInt64) {
    if meter.counts { measurement.instructionCount = instructionCount }
    measurement.report()
  }

  /// Draws, and presents nothing.
  private mutating func draw(_ drawing: Drawing, _ name: StaticString) throws(GPUError) {
    var measurement = Measurement(name: name, count: count)
    var frame = try screen.nextFrame(waiting: waiter)
    let start = counter.ticks
    for number in 0..<UInt32(truncatingIfNeeded: count) {
      meter.start()
      drawing.draw(number, in: &frame)
      meter.stop()
    }
    measurement.ticks = counter.ticks &- start
    report(measurement, meter.take())
  }

  /// Draws with each call that there is, and writes to a console; presents nothing.
  private mutating func paint(lineCount: UInt64?) throws(GPUError) {
    var frame = try screen.nextFrame(waiting: waiter)
    var painting = Painting(meter, count: count)
    painting.run(in: &frame)
    painting.write(min(lineCount ?? 100_000, 1_000_000), in: &frame)
  }

  /// Draws and presents whole frames. Each is complete before its memory is drawn in again.
  private mutating func present(_ drawing: Drawing, _ name: StaticString) throws(GPUError) {
    var measurement = Measurement(name: name, count: count)
    var drawingTicks: UInt64 = 0
    var last: Presentation?
    let start = counter.ticks
    for number in 0..<UInt32(truncatingIfNeeded: count) {
      meter.start()
      var frame = try screen.nextFrame(waiting: waiter)
      meter.stop()
      if drawing != .nothing {
        let before = counter.ticks
        drawing.draw(number, in: &frame)
        drawingTicks &+= counter.ticks &- before
      }
      meter.start()
      last = try screen.present(frame)
      meter.stop()
    }
    if let last {
      meter.start()
      try screen.finish(last, waiting: waiter)
      meter.stop()
    }
    measurement.ticks = counter.ticks &- start
    if drawing != .nothing { measurement.drawingTicks = drawingTicks }
    report(measurement, meter.take())
  }

  /// Moves the cursor all over the screen. A move that finds the queue full waits and is made again.
  private mutating func moveCursor() throws(GPUError) {
    let image = InlineArray<4096, UInt32>(repeating: 0xffff_ffff)
    try screen.setCursor(image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: waiter)
    var measurement = Measurement(name: "cursor_move", count: count)
    var instructionCount: UInt64 = 0
    let start = counter.ticks
    for number in 0..<UInt32(truncatingIfNeeded: count) {
      while true {
        // The device is left the time to take each, so that each finds the same.
        if meter.counts { counter.delay(nanoseconds: 200_000) }
        meter.start()
        let isMoved = try tryMoveCursor(toX: number % 640, y: number % 480)
        meter.stop()
        let spent = meter.take()
        if isMoved {
          instructionCount &+= spent
          break
        }
      }
    }
    measurement.ticks = counter.ticks &- start
    report(measurement, instructionCount)
  }

  @inline(__always)
  private mutating func tryMoveCursor(toX x: UInt32, y: UInt32) throws(GPUError) -> Bool {
    do throws(GPUError) {
      try screen.moveCursor(toX: x, y: y)
      return true
    } catch {
      guard case .busy = error else { throw error }
      return false
    }
  }
}

/// Which loops to run: all, or the one that `run=NAME` names.
private struct Choice {
  private let arguments: BootArguments
  private let isOne: Bool

  init(_ arguments: BootArguments) {
    self.arguments = arguments
    let names: InlineArray<8, StaticString> = [
      "init", "draw_fill", "draw_pattern", "present_only", "fill_present", "pattern_present",
      "cursor_move", "painting",
    ]
    var isOne = false
    for index in names.indices { isOne = isOne || arguments.has("run", names[index]) }
    self.isOne = isOne
  }

  func has(_ name: StaticString) -> Bool { !isOne || arguments.has("run", name) }
}
