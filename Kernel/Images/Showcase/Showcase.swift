import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOPCI

typealias Screen = Display<BoardPlatform, PCITransport<MMIO>>

/// Something to look at: a scene in motion on every enabled scanout of the first GPU.
///
/// With `frames=N` among its arguments it switches the machine off after N frames; with `wait=poll` it
/// does without interrupts.
@main
struct Showcase {
  static func main() {
    var board = Board()
    guard let device = board.nextDevice(ofType: Screen.deviceType) else {
      panic("no GPU: expected a PCI function 1af4:1050, found none")
    }
    device.requireDMACoherence()
    do throws(PCIError) {
      let transport = try PCITransport(
        device.function, deviceType: Screen.deviceType,
        maximumVectorCount: polls(board) ? 0 : 3)
      run(transport, of: device, on: &board)
    } catch {
      panic("GPU at \(device.function.address): \(error)")
    }
  }

  /// Whether it does without interrupts.
  static func polls(_ board: borrowing Board) -> Bool { board.arguments.has("wait", "poll") }

  /// Shows the scene until there were enough frames, or for ever.
  static func run(
    _ transport: consuming PCITransport<MMIO>, of device: Board.FoundDevice, on board: inout Board
  ) {
    let address = transport.address
    let interrupts = transport.interrupts
    let platform = board.platform
    let frames = board.arguments.number("frames")
    do throws(GPUError) {
      var screen = try Screen.open(
        transport, on: platform, declining: board.declinedFeatures(),
        waiting: .polling(.seconds(2)))
      if !polls(board) { board.startInterrupts() }
      let connection = board.connect(device, interrupts, to: screen.interruptHandler)
      if connection.areUsed { screen.enableInterrupts() }
      let patience = connection.waiter(screen.interruptHandler, on: platform, timeout: .seconds(2))
      var scenes = InlineArray<16, Scene?>(repeating: nil)
      for index in 0..<screen.scanoutCount where screen.scanouts[index].isEnabled {
        let scanout = screen.scanouts[index]
        scenes[index] = Scene(
          width: Int(scanout.width), height: Int(scanout.height),
          facts: SceneFacts(
            scanout: index, bus: address.bus, device: address.device,
            function: address.function))
        printLine("SHOWCASE scanout=\(index) size=\(scanout.width)x\(scanout.height)")
      }
      guard screen.firstScanout != nil else { panic("GPU at \(address): no scanout is enabled") }
      var count: UInt64 = 0
      var due = platform.now
      while count < frames ?? .max {
        for index in scenes.indices { try step(&scenes[index], index, on: &screen, patience) }
        count += 1
        if count == 1 { printLine("SHOWCASE READY") }
        // A frame that came late is not made up for by others that come early.
        due = max(Nanoseconds(rawValue: due.rawValue &+ interval.rawValue), platform.now)
        platform.wait(until: due)
      }
      // No handler may find the memory of a screen that is closed.
      screen.disableInterrupts()
      _ = consume connection
      try screen.close(waiting: .polling(.seconds(2)))
      printLine("SHOWCASE DONE frames=\(count)")
    } catch {
      panic("GPU at \(address): \(error)")
    }
  }

  /// 60 frames a second.
  static var interval: Nanoseconds { .microseconds(16_667) }

  /// Draws one frame of one scanout: all of it at first, then what changes.
  static func step(
    _ scene: inout Scene?, _ index: Int, on screen: inout Screen,
    _ patience: BoardWaiter<BoardPlatform>
  ) throws(GPUError) {
    guard var current = scene else { return }
    let scanout = ScanoutID(rawValue: UInt32(index))
    var frame = try screen.nextFrame(on: scanout, waiting: patience)
    let isStale = !frame.staleRegion.isEmpty
    if !isStale { current.advance() }
    var canvas = Canvas(
      width: frame.width, height: frame.height, format: frame.format, pixels: frame.pixels)
    if isStale {
      current.draw(on: &canvas)
      _ = try screen.present(frame)
    } else {
      let damage = current.damage
      current.draw(on: &canvas, in: damage)
      _ = try screen.present(frame, damage: damage.rectangles)
    }
    scene = current
  }
}
