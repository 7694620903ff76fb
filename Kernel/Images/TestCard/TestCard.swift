import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOPCI

typealias Screen = Display<BoardPlatform, PCITransport<MMIO>>

/// Draws a picture that a program can check on every enabled scanout of every GPU, and draws it anew
/// where a display is connected or resized.
@main
struct TestCard {
  static func main() {
    let board = Board()
    guard let device = board.nextDevice(ofType: Screen.deviceType) else {
      panic("no GPU: expected a PCI function 1af4:1050, found none")
    }
    show(device, gpu: 0, board: board, serveOthers: {})
  }

  /// Draws on one GPU, then on those after it, and serves them all, for ever.
  ///
  /// A screen for each GPU, however many there are, and no heap: so each lives in a frame of its own.
  static func show(
    _ device: Board.FoundDevice, gpu: Int, board: borrowing Board, serveOthers: () -> Void
  ) {
    var screen = open(device.function, on: board.platform)
    screen.drawCards(gpu: gpu, orElse: { panic($0) })
    func serve() {
      serveOthers()
      screen.serveEvents(gpu: gpu)
    }
    guard let next = board.nextDevice(ofType: Screen.deviceType, after: device) else {
      printLine("TESTCARD READY")
      return run(serve, on: board.platform)
    }
    show(next, gpu: gpu + 1, board: board, serveOthers: serve)
  }

  /// Serves events every 10 ms.
  static func run(_ serve: () -> Void, on platform: BoardPlatform) {
    while true {
      serve()
      platform.wait(until: Nanoseconds(rawValue: platform.now.rawValue &+ 10_000_000))
    }
  }

  static var patience: PollingWaiter { PollingWaiter(timeout: .seconds(2)) }

  static func open(_ function: PCIFunction<MMIO>, on platform: BoardPlatform) -> Screen {
    let transport: PCITransport<MMIO>
    do {
      transport = try PCITransport(function, deviceType: Screen.deviceType)
    } catch {
      panic("GPU at \(function.address): \(error)")
    }
    do {
      return try Screen.open(transport, on: platform, waiting: patience)
    } catch {
      panic("GPU at \(function.address): \(error)")
    }
  }

  /// Red grows to the right, green downwards; blue tells neighbours and scanouts apart.
  static func draw(in frame: inout Frame) {
    let width = frame.width
    let height = frame.height
    let seed = Int(frame.scanout.rawValue) * 64
    var pixels = frame.pixels
    for y in 0..<height {
      let green = height > 1 ? y * 255 / (height - 1) : 0
      for x in 0..<width {
        let red = width > 1 ? x * 255 / (width - 1) : 0
        let blue = (x ^ y ^ seed) & 255
        pixels[y * width + x] = UInt32(truncatingIfNeeded: red << 16 | green << 8 | blue)
      }
    }
  }
}

extension Screen {
  /// Draws anew what has changed. What cannot be shown is said, and the next change is served.
  mutating func serveEvents(gpu: Int) {
    let before = scanouts
    do throws(GPUError) {
      guard try takeDisplayEvent(waiting: TestCard.patience) else { return }
    } catch {
      printLine("TESTCARD gpu=\(gpu) \(error)")
    }
    // An event may be about what was there when the device was opened.
    for index in 0..<scanoutCount where scanouts[index] != before[index] {
      drawCard(gpu: gpu, scanout: index, orElse: { printLine("TESTCARD \($0)") })
    }
  }

  /// Draws on every enabled scanout, and says so or why not.
  mutating func drawCards(gpu: Int, orElse fail: (Message) -> Void) {
    for index in 0..<scanoutCount { drawCard(gpu: gpu, scanout: index, orElse: fail) }
  }

  private mutating func drawCard(gpu: Int, scanout index: Int, orElse fail: (Message) -> Void) {
    guard scanouts[index].isEnabled else { return }
    do throws(GPUError) {
      try drawCard(gpu: gpu, scanout: index)
    } catch {
      fail("gpu=\(gpu) scanout=\(index) \(error)")
    }
  }

  private mutating func drawCard(gpu: Int, scanout index: Int) throws(GPUError) {
    var frame = try nextFrame(on: scanouts[index].id, waiting: TestCard.patience)
    TestCard.draw(in: &frame)
    let width = frame.width
    let height = frame.height
    let presentation = try present(frame)
    try finish(presentation, waiting: TestCard.patience)
    if gpu == 0 {
      printLine("TESTCARD scanout=\(index) size=\(width)x\(height)")
    } else {
      printLine("TESTCARD gpu=\(gpu) scanout=\(index) size=\(width)x\(height)")
    }
  }
}
