import KernelAArch64
import VirtBoard
import VirtIO
import VirtIOGPU

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

  /// Works for some tenths of a second, and says how much it got done in the worst and in the best of
  /// them, and what came meanwhile.
  static func work(_ count: UInt64, _ platform: BoardPlatform) {
    var least = UInt64.max
    var most: UInt64 = 0
    printLine("INTERRUPTS working")
    for _ in 0..<count {
      let end = Nanoseconds(rawValue: platform.now.rawValue &+ 100_000_000)
      var done: UInt64 = 0
      while platform.now < end { done &+= 1 }
      least = min(least, done)
      most = max(most, done)
      // Lines that were kept back come in again when the main loop rests.
      platform.wait(until: Nanoseconds(rawValue: platform.now.rawValue &+ 1000))
    }
    let found = Board.interruptStatistics
    printLine("INTERRUPTS worked least=\(least) most=\(most)")
    printLine(
      """
      INTERRUPTS n=\(found.count) storms=\(found.stormCount) unregistered=\(found.unregisteredCount) \
      spurious=\(found.spuriousCount) unclaimed=\(found.unclaimedCount)
      """)
  }
}
