import VirtBoard
import VirtIO
import VirtIOPCI

@main
struct Main {
  static func main() {
    let board = Board()
    guard let device = board.nextDevice(ofType: 16) else { panic("there is no GPU") }
    device.requireDMACoherence()
    do throws(PCIError) {
      let transport = try PCITransport(device.function, deviceType: 16)
      printLine("a GPU at \(transport.address)")
    } catch {
      panic("\(error)")
    }
  }
}
