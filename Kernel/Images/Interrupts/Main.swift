import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOPCI

typealias Screen = Display<BoardPlatform, PCITransport<MMIO>>

/// One display, two lives: opened by polling, before there is an interrupt controller or a timer, and
/// switched to interrupts later in the same boot.
///
/// Frame 0 is shown by polling, frame 1 is given to the device by polling and waited for by interrupts,
/// and the others are shown by interrupts. With `frames=N` among its arguments it stops after N of
/// them, so that the picture can be looked at. Then it measures, if it is asked to:
///
/// With `lives=N` it does all of that N times, each time with a display of its own: the others are closed.
///
/// - `idle=N`: what N idle milliseconds cost;
/// - `load=N`: how much of each tenth of a second is left to it, until N of them were quiet;
/// - `lost=N`: how late frames are whose interrupt is lost, until N of them were;
/// - `small=N`: how many interrupts N frames cost that take no time to draw, from when somebody raises
///   an interrupt that is nobody's.
@main
struct Main {
  static func main() {
    var board = Board()
    guard let device = board.nextDevice(ofType: Screen.deviceType) else {
      panic("no GPU: expected a PCI function 1af4:1050, found none")
    }
    device.requireDMACoherence()
    let lives = max(board.arguments.number("lives") ?? 1, 1)
    for life in 1...lives {
      let transport: PCITransport<MMIO>
      do {
        transport = try PCITransport(device.function, deviceType: Screen.deviceType)
      } catch {
        panic("\(error)")
      }
      do throws(GPUError) {
        try live(transport, of: device, on: &board, isLast: life == lives)
      } catch {
        panic("\(error)")
      }
      printLine("INTERRUPTS closed")
    }
  }

  private static func live(
    _ transport: consuming PCITransport<MMIO>, of device: Board.FoundDevice, on board: inout Board,
    isLast: Bool
  ) throws(GPUError) {
    let last = board.arguments.number("frames") ?? 3
    let interrupts = transport.interrupts
    let platform = board.platform
    let polling = BoardWaiter<BoardPlatform>.polling(.polling(.seconds(2)))
    var screen = try Screen.open(
      transport, on: platform, declining: board.declinedFeatures(), waiting: polling)
    let first = try present(0, on: &screen, waiting: polling)
    try screen.finish(first, waiting: polling)
    printLine("INTERRUPTS frame=0")
    if last == 1 { return stay(platform) }

    let second = try present(1, on: &screen, waiting: polling)
    guard board.startInterrupts() else { panic("no interrupts") }
    let connection = board.connect(device, interrupts, to: screen.interruptHandler)
    guard connection.areUsed else { panic("the GPU does not interrupt") }
    screen.enableInterrupts()
    let waiter = connection.waiter(screen.interruptHandler, on: platform, timeout: .seconds(2))
    try screen.finish(second, waiting: waiter)
    printLine("INTERRUPTS frame=1")
    for number in 2..<max(last, 2) {
      let presentation = try present(number, on: &screen, waiting: waiter)
      try screen.finish(presentation, waiting: waiter)
      printLine("INTERRUPTS frame=\(number)")
    }
    if let time = board.arguments.number("idle") { try idle(time, &screen, waiter, platform) }
    if let count = board.arguments.number("load") { try work(count, &screen, waiter, platform) }
    if let count = board.arguments.number("lost") { try lose(count, &screen, waiter, platform) }
    if let count = board.arguments.number("small") {
      try countInterrupts(count, &screen, waiter, platform)
    }
    if isLast { stay(platform) }
    // No handler may find the memory of a screen that is closed.
    screen.disableInterrupts()
    _ = consume connection
    try screen.close(waiting: polling)
  }

  /// Says that there is no more to come, and rests.
  private static func stay(_ platform: BoardPlatform) {
    printLine("INTERRUPTS READY")
    while true {
      platform.wait(until: Nanoseconds(rawValue: platform.now.rawValue &+ 1_000_000_000))
    }
  }

  /// Draws what TestCard would on the scanout of that number.
  private static func present(
    _ number: UInt64, on screen: inout Screen, waiting waiter: BoardWaiter<BoardPlatform>
  ) throws(GPUError) -> Presentation {
    var frame = try screen.nextFrame(waiting: waiter)
    let width = frame.width
    let height = frame.height
    let seed = Int(truncatingIfNeeded: number &* 64)
    var pixels = frame.pixels
    for y in 0..<height {
      let green = height > 1 ? y * 255 / (height - 1) : 0
      for x in 0..<width {
        let red = width > 1 ? x * 255 / (width - 1) : 0
        let blue = (x ^ y ^ seed) & 255
        pixels[y * width + x] = UInt32(truncatingIfNeeded: red << 16 | green << 8 | blue)
      }
    }
    return try screen.present(frame)
  }
}
