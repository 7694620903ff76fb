import Boot
import Interrupts
import MMIO
import Memory
import PCI
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOPCI

typealias Screen = Display<KernelPlatform, PCITransport<MMIO>>

/// Who is to be told of the display's interrupts.
nonisolated(unsafe) var screenHandler: InterruptHandler<PCIInterrupts<MMIO>>?

@main
struct Kernel {
  static func main() {
    let platform = KernelPlatform(pages: PageAllocator(kernel_free_memory(), byteCount: 32 << 20))
    let controller = Controller()
    var bus = Bus(configuration: 0x40_1000_0000, memory: 0x1000_0000)
    guard let gpu = bus.find(vendor: 0x1af4, device: 0x1050),
      let function = PCIFunction(gpu, on: &bus)
    else { stop("PANIC: there is no GPU") }
    guard
      let transport = try? PCITransport(
        function, deviceType: Screen.deviceType, maximumVectorCount: 1)
    else { stop("PANIC: the GPU is not one by VirtIO") }
    do throws(GPUError) {
      try show(transport, on: platform, controller)
    } catch {
      stop("PANIC: the GPU did not show the picture")
    }
    SerialLine.write("KERNEL READY")
  }

  /// Shows a picture: opens the display by polling, and sleeps while the device shows it.
  static func show(
    _ transport: consuming PCITransport<MMIO>, on platform: KernelPlatform,
    _ controller: Controller
  ) throws(GPUError) {
    let interrupts = transport.interrupts
    var screen = try Screen.open(transport, on: platform, waiting: .polling(.seconds(2)))

    let handler = screen.interruptHandler
    let message = controller.message(0)
    screenHandler = handler
    Controller.handler = { _ in _ = screenHandler?.handleInterrupt(vector: 0) }
    interrupts.route(0, to: MSIMessage(address: message.address, data: message.number))
    interrupts.unmask()
    screen.enableInterrupts()

    let patience = InterruptWaiter(handler.latch, on: platform, timeout: .seconds(2))
    var frame = try screen.nextFrame(waiting: patience)
    draw(in: &frame)
    try screen.finish(try screen.present(frame), waiting: patience)
    interrupts.mask()  // The picture stays. Nobody is told of anything any more.
  }

  static func draw(in frame: inout Frame) {
    var canvas = Canvas(
      width: frame.width, height: frame.height, format: frame.format, pixels: frame.pixels)
    canvas.fill(Color(rgb: 0x20_2830))
    canvas.fill(Rectangle(x: 32, y: 32, width: 416, height: 96), with: Color(rgb: 0x2A_7F62))
    canvas.draw("My own kernel", x: 64, y: 64, scale: 4, color: .white)
  }
}
