import KernelCrashScreen
import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOMMIO
import VirtIOPCI

/// Something to look at: a scene in motion on every enabled scanout of the first GPU, in the size that the
/// display has at the moment. Displays may come, go, and be resized.
///
/// On the first of them there are also a cursor, what somebody draws with a tablet or a mouse, and a console with
/// all that is said on the serial line, and what a frame takes. Keys of that line and of a keyboard do the same:
/// `h` tells which.
///
/// With `frames=N` among its arguments it switches the machine off after N frames; with `wait=poll` it
/// does without interrupts; with `buffers=1`, `2` or `3` each scanout has room for so many pictures; with
/// `steps=N` each scene stops after N steps, while frames go on; with `pace=none` no frame waits for its time;
/// with `only=scene` there is nothing but the scenes.
/// A device that breaks is taken into service again; with `device=hostile` one that lies, too, as often as it
/// does. With `counters=yes` it says each second how far it has come, and at last which memory it has.
@main
struct Showcase {
  static func main() {
    BoardLog.keep()
    var board = Board()
    if let device = board.nextDevice(ofType: deviceType) {
      board.installCrashScreen(on: device)
      device.requireDMACoherence()
      do throws(PCIError) {
        let transport = try PCITransport(
          device.function, deviceType: deviceType, maximumVectorCount: polls(board) ? 0 : 3)
        let address = transport.address
        let place = SceneFacts.Place.function(
          bus: address.bus, device: address.device, function: address.function)
        run(transport, of: device, at: place, on: &board)
      } catch {
        panic("GPU at \(device): \(error)")
      }
    } else if let slot = board.nextSlot(ofType: deviceType) {
      board.installCrashScreen(on: slot)
      slot.requireDMACoherence()
      do throws(MMIOError) {
        guard let transport = try MMIOTransport(slot.registers) else { return }
        run(transport, of: slot, at: .registers(UInt64(slot.registers.base)), on: &board)
      } catch {
        panic("GPU at \(slot): \(error)")
      }
    } else {
      panic("no GPU: expected a PCI function 1af4:1050 or a virtio,mmio node, found none")
    }
  }

  /// Whether it does without interrupts.
  static func polls(_ board: borrowing Board) -> Bool { board.arguments.has("wait", "poll") }

  /// The device type of a GPU.
  static var deviceType: UInt16 { 16 }

  /// Shows the scene until there were enough frames, or somebody has enough.
  static func run<Device: BoardDevice, T: Transport & ~Copyable>(
    _ transport: consuming T, of device: Device, at place: SceneFacts.Place, on board: inout Board
  ) where T.Interrupts == Device.Interrupts {
    let interrupts = transport.interrupts
    let platform = board.platform
    var counters = Counters(isSaid: board.arguments.has("counters", "yes"), on: platform)
    do throws(GPUError) {
      let buffers = board.arguments.number("buffers").flatMap { BufferCount(rawValue: Int($0)) }
      var screen = try Display.open(
        CountingTransport(transport), on: platform, declining: board.declinedFeatures(),
        buffers: buffers ?? .two, waiting: .polling(.seconds(2)))
      if !polls(board) { board.startInterrupts() }
      let connection = device.connect(interrupts, to: screen.interruptHandler, on: board)
      if connection.areUsed { screen.enableInterrupts() }
      let patience = connection.waiter(screen.interruptHandler, on: platform, timeout: .seconds(2))
      guard screen.firstScanout != nil else { panic("GPU at \(device): no scanout is enabled") }
      let frameCount = try show(
        on: &screen, at: place, connection, &counters, board, waiting: patience)
      // No handler may find the memory of a screen that is closed.
      screen.disableInterrupts()
      let interruptCount = connection.count
      _ = consume connection
      try screen.close(waiting: .polling(.seconds(2)))
      counters.sayAll(interruptCount: interruptCount, on: platform)
      printLine("SHOWCASE DONE frames=\(frameCount)")
    } catch {
      panic("GPU at \(device): \(error)")
    }
  }

  /// Shows frames until there were enough; says how many there were.
  @inline(never)  // What each of the two has in its frame is of no use to the other.
  private static func show<T: Transport & ~Copyable>(
    on screen: inout Display<BoardPlatform, T>, at place: SceneFacts.Place,
    _ connection: borrowing DeviceInterrupts, _ counters: inout Counters,
    _ board: borrowing Board, waiting patience: BoardWaiter<BoardPlatform>
  ) throws(GPUError) -> UInt64 {
    let platform = board.platform
    let frames = board.arguments.number("frames")
    let isPaced = !board.arguments.has("pace", "none")
    let isHostile = board.arguments.has("device", "hostile")
    let isAlone = board.arguments.has("only", "scene")
    var stage = Stage(
      place: place, lastStep: board.arguments.number("steps"), isHostile: isHostile,
      hasOverlay: !isAlone)
    var cells = InlineArray<768, TextCell>(repeating: TextCell())
    var console = ScenePanel.console(in: cells.mutableSpan)
    var desk = Desk(on: platform)
    if !isAlone { desk.open(on: board) }
    var counts = Readout.Counts()
    var due = platform.now
    while counts.frames < frames ?? .max, !desk.isClosed {
      // An interrupt may have been lost.
      if counts.frames % 64 == 0 { screen.interruptHandler.latch.suspectConfiguration() }
      do throws(GPUError) {
        if !isAlone {
          try desk.serve(&screen, stage.frontSize, &console, counts, waiting: patience)
        }
        try stage.step(on: &screen, under: &console, &desk.pointer.sketch, waiting: patience)
      } catch {
        // This step is left out; the last one is to be seen until the next.
        try mend(error, &screen, patience, isHostile: isHostile)
        counters.resetCount += 1
      }
      counts.frames += 1
      counts.doorbells = Doorbells.count
      counts.interrupts = connection.count
      counts.drawing = stage.drawingTime
      counters.say(counts.frames, stage, on: platform)
      if counts.frames == 1 { printLine("SHOWCASE READY") }
      guard isPaced else { continue }
      // A frame that came late is not made up for by others that come early.
      due = max(Nanoseconds(rawValue: due.rawValue &+ interval.rawValue), platform.now)
      platform.wait(until: due)
    }
    desk.close()
    return counts.frames
  }

  /// 60 frames a second.
  static var interval: Nanoseconds { .microseconds(16_667) }
}
