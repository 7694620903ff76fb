import KernelAArch64
import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOGraphics

extension Main {
  /// Serves the display for some milliseconds in which nothing happens, and says how many instructions
  /// that took and how many interrupts came.
  static func idle(
    _ milliseconds: UInt64, _ screen: inout Screen, _ waiter: BoardWaiter<BoardPlatform>,
    _ platform: BoardPlatform
  ) throws(GPUError) {
    let latch = screen.interruptHandler.latch
    let before = Board.interruptStatistics.count
    let end = Nanoseconds(rawValue: platform.now.rawValue &+ milliseconds &* 1_000_000)
    EventCounter.startCountingInstructions()
    while platform.now < end {
      if !latch.takeWake() { latch.suspectConfiguration() }
      _ = try screen.takeDisplayEvent(waiting: waiter)
      platform.wait(until: Nanoseconds(rawValue: platform.now.rawValue &+ 20_000_000)) {
        latch.isAwake
      }
    }
    let count = EventCounter.count
    let after = Board.interruptStatistics.count
    printLine("INTERRUPTS idle insn=\(count) n=\(after &- before)")
  }

  /// Works until so many tenths of a second in a row were quiet, once an interrupt has come. Says how
  /// much it got done in the worst and in the best of them, and what came meanwhile; then how long a
  /// frame takes, by the interrupts that are let in again.
  static func work(
    _ count: UInt64, _ screen: inout Screen, _ waiter: BoardWaiter<BoardPlatform>,
    _ platform: BoardPlatform
  ) throws(GPUError) {
    var least = UInt64.max
    var most: UInt64 = 0
    let first = Board.interruptStatistics.count
    var last = first
    var quiet: UInt64 = 0
    printLine("INTERRUPTS working")
    while quiet < count {
      let end = Nanoseconds(rawValue: platform.now.rawValue &+ 100_000_000)
      var done: UInt64 = 0
      while platform.now < end { done &+= 1 }
      let now = Board.interruptStatistics.count
      quiet = now == last && now != first ? quiet + 1 : 0
      last = now
      least = min(least, done)
      most = max(most, done)
      // Lines that were kept back come in again when the main loop has nothing to do.
      platform.sleep(until: platform.now, unless: { true })
    }
    let found = Board.interruptStatistics
    printLine("INTERRUPTS worked least=\(least) most=\(most)")
    printLine(
      """
      INTERRUPTS n=\(found.count) storms=\(found.stormCount) unregistered=\(found.unregisteredCount) \
      spurious=\(found.spuriousCount) unclaimed=\(found.unclaimedCount)
      """)
    let time = try showSmall(&screen, waiter, platform)
    printLine(
      "INTERRUPTS after us=\(time / 1000) n=\(Board.interruptStatistics.count &- found.count)")
  }

  /// Shows frames until so many took longer than 10 ms, as each does that nobody is told of. Says how
  /// long those took.
  static func lose(
    _ count: UInt64, _ screen: inout Screen, _ waiter: BoardWaiter<BoardPlatform>,
    _ platform: BoardPlatform
  ) throws(GPUError) {
    var least = UInt64.max
    var most: UInt64 = 0
    var late: UInt64 = 0
    var inTime: UInt64 = 0
    printLine("INTERRUPTS losing")
    while late < count {
      let time = try showSmall(&screen, waiter, platform)
      if time > 10_000_000 {
        late += 1
        least = min(least, time)
        most = max(most, time)
      } else {
        inTime += 1
      }
    }
    printLine("INTERRUPTS lost us=\(least / 1000)...\(most / 1000) late=\(late) intime=\(inTime)")
  }

  /// Shows so many frames as soon as an interrupt has come that is nobody's, and says how many came for
  /// them.
  static func countInterrupts(
    _ count: UInt64, _ screen: inout Screen, _ waiter: BoardWaiter<BoardPlatform>,
    _ platform: BoardPlatform
  ) throws(GPUError) {
    printLine("INTERRUPTS waiting")
    while Board.interruptStatistics.unregisteredCount == 0 {
      platform.sleep(
        until: Nanoseconds(rawValue: platform.now.rawValue &+ 20_000_000), unless: { false })
    }
    let before = Board.interruptStatistics.count
    for _ in 0..<count { try showSmall(&screen, waiter, platform) }
    printLine("INTERRUPTS small n=\(Board.interruptStatistics.count &- before)")
  }

  /// Shows a frame of which nothing but the first pixel is drawn.
  ///
  /// - Returns: How long the device had it, in nanoseconds.
  @discardableResult
  static func showSmall(
    _ screen: inout Screen, _ waiter: BoardWaiter<BoardPlatform>,
    _ platform: BoardPlatform
  ) throws(GPUError) -> UInt64 {
    var frame = try screen.nextFrame(waiting: waiter)
    var pixels = frame.pixels
    pixels[0] = pixels[0] &+ 1
    let damage: InlineArray<1, Rectangle> = [Rectangle(x: 0, y: 0, width: 1, height: 1)]
    let start = platform.now
    let presentation = try screen.present(frame, damage: damage.span)
    try screen.finish(presentation, waiting: waiter)
    frameIsFree()
    return platform.now.since(start).rawValue
  }
}

/// Marks in a trace of instructions where a frame is the driver's again.
@inline(never)
@c(frame_is_free)
func frameIsFree() {
  _ = InterruptMask.isSet
}
