import KernelAArch64
import KernelMemory
import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOPCI

/// Measures the driver on the first GPU, and switches the machine off.
///
/// Among its arguments may be `wait=poll`, `iterations=N` (200 unless given), `run=NAME` for one loop
/// alone (`run=painting` draws with all of VirtIOGraphics, and writes `lines=N` to a console), and
/// `rounds=N` to run the loops so often, one after the other, so that what is compared ran at about the
/// same time; `buffers=1|2|3`, `queue=split` and `features=-NAME,...` say how the display
/// is opened.
@main
struct Main {
  static func main() {
    var board = Board()
    guard let device = board.nextDevice(ofType: Screen.deviceType) else {
      panic("no GPU: expected a PCI function 1af4:1050, found none")
    }
    device.requireDMACoherence()
    do throws(GPUError) {
      try run(device, on: &board)
    } catch {
      panic("GPU at \(device.function.address): \(error)")
    }
    printLine("DONE")
    powerOff()
  }

  private static func run(_ device: Board.FoundDevice, on board: inout Board) throws(GPUError) {
    let arguments = board.arguments
    let polls = arguments.has("wait", "poll")
    let transport: PCITransport<MMIO>
    do throws(PCIError) {
      // Who polls spends no access on vectors.
      transport = try PCITransport(
        device.function, deviceType: Screen.deviceType, maximumVectorCount: polls ? 0 : 3)
    } catch {
      panic("GPU at \(device.function.address): \(error)")
    }
    let interrupts = transport.interrupts
    let count = min(arguments.number("iterations") ?? 200, 1_000_000)
    var meter = Meter()
    let polling = PollingWaiter(timeout: .seconds(2))
    var screen = try show(transport, on: board, waiting: polling, &meter)
    if polls || !board.startInterrupts() {
      var bench = Bench(screen, waiting: polling, meter: meter, count: count)
      return try bench.run(arguments)
    }
    let connection = board.connect(device, interrupts, to: screen.interruptHandler)
    let waiter = connection.waiter(
      screen.interruptHandler, on: board.platform, timeout: .seconds(2))
    if connection.areUsed { screen.enableInterrupts() }
    var bench = Bench(screen, waiting: waiter, meter: meter, count: count)
    try bench.run(arguments)
    _ = consume connection
  }

  /// The way from reset to the first picture, by polling; drawing is left out of the instructions.
  @inline(never)
  private static func show(
    _ transport: consuming PCITransport<MMIO>, on board: borrowing Board,
    waiting base: PollingWaiter, _ meter: inout Meter
  ) throws(GPUError) -> Screen {
    let platform = board.platform
    let declined = board.declinedFeatures()
    let buffers = board.arguments.number("buffers").flatMap { BufferCount(rawValue: Int($0)) }
    let counter = Counter()
    let waiter = BenchWaiter(base: base)
    var measurement = Measurement(name: "init", count: 1)
    let freePageCount = unsafe Pages.allocator?.freePageCount ?? 0
    let start = counter.ticks
    meter.start()
    var screen = try Screen.open(
      transport, on: platform, declining: declined, buffers: buffers ?? .two, waiting: waiter)
    meter.stop()
    let pageCount = freePageCount &- (unsafe Pages.allocator?.freePageCount ?? 0)
    meter.start()
    var frame = try screen.nextFrame(waiting: waiter)
    meter.stop()
    Drawing.pattern.draw(0, in: &frame)
    meter.start()
    let presentation = try screen.present(frame)
    try screen.finish(presentation, waiting: waiter)
    meter.stop()
    measurement.ticks = counter.ticks &- start
    let instructionCount = meter.take()
    if meter.counts { measurement.instructionCount = instructionCount }
    measurement.report()
    // All that the driver keeps but for pixels: for those the first frame and cursor take memory.
    let byteCount = pageCount &* PageAllocator.pageByteCount &+ MemoryLayout<Screen>.size
    printLine("ram=\(byteCount) display=\(MemoryLayout<Screen>.size)")
    return screen
  }
}
