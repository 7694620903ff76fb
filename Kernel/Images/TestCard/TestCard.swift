import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOPCI

typealias Screen = Display<BoardPlatform, PCITransport<MMIO>>

/// Draws a picture that a program can check, on every enabled scanout of every GPU.
@main
struct TestCard {
  static func main() {
    let board = Board()
    var found = board.nextDevice(ofType: Screen.deviceType)
    if found == nil { panic("no GPU: expected a PCI function 1af4:1050, found none") }
    var gpu = 0
    while let device = found {
      do throws(PCIError) {
        let transport = try PCITransport(device.function, deviceType: Screen.deviceType)
        show(transport, gpu: gpu, on: board.platform)
      } catch {
        panic("GPU at \(device.function.address): \(error)")
      }
      gpu += 1
      found = board.nextDevice(ofType: Screen.deviceType, after: device)
    }
    printLine("TESTCARD READY")
    idle()
  }

  /// Draws on every enabled scanout of one GPU.
  static func show(_ transport: consuming PCITransport<MMIO>, gpu: Int, on platform: BoardPlatform) {
    let address = transport.address
    do throws(GPUError) {
      var screen = try Screen.open(transport, on: platform, waiting: .polling(.seconds(2)))
      for index in 0..<screen.scanoutCount where screen.scanouts[index].isEnabled {
        let scanout = screen.scanouts[index].id
        var frame = try screen.nextFrame(on: scanout, waiting: .polling(.seconds(2)))
        draw(in: &frame)
        let width = frame.width
        let height = frame.height
        let presentation = try screen.present(frame)
        try screen.finish(presentation, waiting: .polling(.seconds(2)))
        if gpu == 0 {
          printLine("TESTCARD scanout=\(index) size=\(width)x\(height)")
        } else {
          printLine("TESTCARD gpu=\(gpu) scanout=\(index) size=\(width)x\(height)")
        }
      }
    } catch {
      panic("GPU at \(address): \(error)")
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
