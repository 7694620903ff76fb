import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOInput
import VirtIOPCI

typealias Screen = Display<BoardPlatform, PCITransport<MMIO>>
typealias Input = InputSource<BoardPlatform, PCITransport<MMIO>>

@main
struct Main {
  static func main() {
    let board = Board()
    let patience = PollingWaiter(timeout: .seconds(2))
    guard let gpu = board.nextDevice(ofType: Screen.deviceType) else { panic("there is no GPU") }
    guard let tablet = board.nextDevice(ofType: Input.deviceType),
      let keyboard = board.nextDevice(ofType: Input.deviceType, after: tablet),
      // Which is which does not matter: both are asked.
      var first = try? Input.open(
        transport(of: tablet, Input.deviceType), on: board.platform, waiting: patience),
      var second = try? Input.open(
        transport(of: keyboard, Input.deviceType), on: board.platform, waiting: patience)
    else { panic("there is no tablet and keyboard") }
    do throws(GPUError) {
      // With one buffer all that was drawn is still there in the next frame.
      var screen = try Screen.open(
        transport(of: gpu, Screen.deviceType), on: board.platform, buffers: .one, waiting: patience)
      var brush = Brush()
      var frame = try screen.nextFrame(waiting: patience)
      brush.clear(&frame)
      try screen.finish(try screen.present(frame), waiting: patience)
      printLine("PAINT READY")
      while true {
        frame = try screen.nextFrame(waiting: patience)
        while brush.damage.isEmpty {
          board.platform.wait(until: Nanoseconds(rawValue: board.platform.now.rawValue + 5_000_000))
          while let event = next(of: &first) ?? next(of: &second) { brush.take(event, on: &frame) }
        }
        _ = try screen.present(frame, damage: brush.takeDamage().rectangles)
      }
    } catch {
      panic("\(error)")
    }
  }

  private static func transport(
    of device: Board.FoundDevice, _ deviceType: UInt16
  ) -> PCITransport<MMIO> {
    device.requireDMACoherence()
    guard
      let transport = try? PCITransport(
        device.function, deviceType: deviceType, maximumVectorCount: 0)
    else { panic("\(device) does not have what VirtIO devices have on PCI") }
    return transport
  }

  private static func next(of input: inout Input) -> InputEvent? {
    guard let event = try? input.nextEvent() else { return nil }
    return event
  }
}
