import KernelCrashScreen
import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOMMIO
import VirtIOPCI

/// Draws a picture that a program can check on every enabled scanout of every GPU, and draws it anew
/// where a display is connected or resized. A device that breaks is taken into service again. The GPUs are
/// those on PCI; without any, those whose registers lie in memory. With `wait=poll` among its arguments it
/// does without interrupts.
@main
struct TestCard {
  static func main() {
    var board = Board()
    if let device = board.nextDevice(ofType: deviceType) {
      board.installCrashScreen(on: device)
      let vectorCount = board.arguments.has("wait", "poll") ? 0 : 3
      show(
        device, gpu: 0, board: &board,
        transport: { transport(of: $0, maximumVectorCount: vectorCount) }, others: { _ in false })
    } else if let slot = board.nextSlot(ofType: deviceType) {
      board.installCrashScreen(on: slot)
      show(slot, gpu: 0, board: &board, transport: transport, others: { _ in false })
    }
    panic("no GPU: expected a PCI function 1af4:1050 or a virtio,mmio node, found none")
  }

  private static func transport(
    of device: Board.FoundDevice, maximumVectorCount: Int
  ) -> PCITransport<MMIO> {
    do {
      return try PCITransport(
        device.function, deviceType: deviceType, maximumVectorCount: maximumVectorCount)
    } catch {
      panic("GPU at \(device): \(error)")
    }
  }

  private static func transport(of slot: Board.FoundSlot) -> MMIOTransport<MMIO> {
    do throws(MMIOError) {
      if let transport = try MMIOTransport(slot.registers) { return transport }
    } catch {
      panic("GPU at \(slot): \(error)")
    }
    panic("GPU at \(slot): it has gone")
  }

  /// The device type of a GPU.
  static var deviceType: UInt16 { 16 }

  /// What is asked of all screens, each of which asks those before it.
  enum Task {
    /// Serve your events.
    case serve
    /// Say whether you have been woken since.
    case tellWhetherAwake
  }

  /// Draws on one GPU, then on those after it, and serves them all, for ever.
  private static func show<Device: BoardDevice, T: Transport & ~Copyable>(
    _ device: Device, gpu: Int, board: inout Board, transport: (Device) -> T,
    others: (Task) -> Bool
  ) where T.Interrupts == Device.Interrupts {
    let platform = board.platform
    if device.isDMACoherent {
      show(
        device, on: platform, gpu: gpu, board: &board, transport: transport, others: others)
    } else {
      show(
        device, on: NonCoherentBoardPlatform(platform), gpu: gpu, board: &board,
        transport: transport, others: others)
    }
  }

  /// A screen for each GPU, however many there are, and no heap: so each lives in a frame of its own.
  ///
  /// The screen is opened by polling, as the first of them is before there are interrupts, and goes on
  /// with them unless `wait=poll` was asked for.
  @inline(never)
  private static func show<
    Device: BoardDevice, P: InterruptPlatform, T: Transport & ~Copyable
  >(
    _ device: Device, on platform: P, gpu: Int, board: inout Board, transport: (Device) -> T,
    others: (Task) -> Bool
  ) where T.Interrupts == Device.Interrupts {
    let bus = transport(device)
    let interrupts = bus.interrupts
    var screen = open(device, bus, on: platform, declining: board.declinedFeatures())
    if !board.arguments.has("wait", "poll") { board.startInterrupts() }
    let connection = device.connect(interrupts, to: screen.interruptHandler, on: board)
    if connection.areUsed { screen.enableInterrupts() }
    let patience = connection.waiter(screen.interruptHandler, on: platform, timeout: .seconds(2))
    screen.drawCards(gpu: gpu, waiting: patience)
    guard let next = device.next(ofType: deviceType, on: &board) else {
      printLine("TESTCARD READY")
      return run(on: board.platform) { task in
        let isAwake = others(task)
        return screen.perform(task, gpu: gpu, waiting: patience) || isAwake
      }
    }
    show(next, gpu: gpu + 1, board: &board, transport: transport) { task in
      let isAwake = others(task)
      return screen.perform(task, gpu: gpu, waiting: patience) || isAwake
    }
  }

  /// Serves events: at once if they interrupt, else every 20 ms.
  private static func run(on platform: BoardPlatform, _ screens: (Task) -> Bool) {
    while true {
      _ = screens(.serve)
      platform.wait(until: Nanoseconds(rawValue: platform.now.rawValue &+ 20_000_000)) {
        screens(.tellWhetherAwake)
      }
    }
  }

  // A screen is returned in memory of the caller; inlined, it would lie on the stack several times.
  @inline(never)
  private static func open<Device: BoardDevice, P: Platform, T: Transport & ~Copyable>(
    _ device: Device, _ transport: consuming T, on platform: P, declining declined: Features
  ) -> Display<P, T> {
    do {
      return try Display.open(
        transport, on: platform, declining: declined, waiting: .polling(.seconds(2)))
    } catch {
      panic("GPU at \(device): \(error)")
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

extension Display where P: InterruptPlatform, T: ~Copyable {
  /// Does its part of a task.
  ///
  /// - Returns: Whether it has been woken, if that was the question.
  @inline(never)
  mutating func perform(_ task: TestCard.Task, gpu: Int, waiting patience: BoardWaiter<P>) -> Bool {
    let latch = interruptHandler.latch
    if task == .tellWhetherAwake { return latch.isAwake }
    // Who was not woken looks all the same: an interrupt may have been lost.
    if !latch.takeWake() { latch.suspectConfiguration() }
    serveEvents(gpu: gpu, waiting: patience)
    return false
  }

  /// Draws anew what has changed. What cannot be shown is said, and the next change is served.
  @inline(never)
  mutating func serveEvents(gpu: Int, waiting patience: BoardWaiter<P>) {
    let before = scanouts
    let start = platform.now
    do throws(GPUError) {
      guard try takeDisplayEvent(waiting: patience) else { return }
    } catch {
      printLine("TESTCARD gpu=\(gpu) \(error)")
      _ = mend(error, gpu: gpu, waiting: patience)
    }
    // An event may be about what was there when the device was opened.
    var isShown = false
    var rest = UInt16.max
    while rest != 0 {
      let index = rest.trailingZeroBitCount
      rest &= rest &- 1
      guard scanouts[index] != before[index], scanouts[index].isEnabled else { continue }
      if let error = drawOrMend(gpu: gpu, scanout: index, waiting: patience) {
        printLine("TESTCARD gpu=\(gpu) scanout=\(index) \(error)")
      } else {
        isShown = true
      }
    }
    if isShown { printLine("TESTCARD shown us=\(platform.now.since(start).rawValue / 1000)") }
  }

  /// Draws on every enabled scanout, and says so or why not.
  @inline(never)
  mutating func drawCards(gpu: Int, waiting patience: BoardWaiter<P>) {
    for index in 0..<scanoutCount where scanouts[index].isEnabled {
      guard let error = drawOrMend(gpu: gpu, scanout: index, waiting: patience) else { continue }
      panic("gpu=\(gpu) scanout=\(index) \(error)")
    }
  }

  /// Draws on a scanout, on a device that has started over if that helps.
  ///
  /// - Returns: Why it could not be done; nil if it was.
  @inline(never)
  private mutating func drawOrMend(gpu: Int, scanout index: Int, waiting patience: BoardWaiter<P>)
    -> GPUError?
  {
    var isMended = false
    while true {
      do throws(GPUError) {
        try drawCard(gpu: gpu, scanout: index, waiting: patience)
        return nil
      } catch {
        // Once, as it may be this very picture that the device breaks at.
        if isMended || !mend(error, gpu: gpu, waiting: patience) { return error }
        isMended = true
      }
    }
  }

  @inline(never)
  private mutating func drawCard(gpu: Int, scanout index: Int, waiting patience: BoardWaiter<P>)
    throws(GPUError)
  {
    var frame = try nextFrame(on: scanouts[index].id, waiting: patience)
    TestCard.draw(in: &frame)
    let width = frame.width
    let height = frame.height
    let presentation = try present(frame)
    try finish(presentation, waiting: patience)
    if gpu == 0 {
      printLine("TESTCARD scanout=\(index) size=\(width)x\(height)")
    } else {
      printLine("TESTCARD gpu=\(gpu) scanout=\(index) size=\(width)x\(height)")
    }
  }
}
