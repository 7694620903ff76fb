import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOPCI

/// Leads the life of ``Scenario`` on the first GPU and switches the machine off.
///
/// With `frames=N` among its arguments it stops after N frames, so that the picture can be looked at.
@main
struct Main {
  static func main() {
    let board = Board()
    let last = board.arguments.number("frames")
    guard let device = board.nextDevice(ofType: 16) else {
      panic("no GPU: expected a PCI function 1af4:1050, found none")
    }
    device.requireDMACoherence()
    let transport: PCITransport<MMIO>
    do {
      transport = try PCITransport(device.function, deviceType: 16, maximumVectorCount: 0)
    } catch {
      panic("\(error)")
    }
    do throws(GPUError) {
      let patience = PollingWaiter(timeout: .seconds(2))
      try Scenario.run(
        transport, on: board.platform, declining: board.declinedFeatures(), waiting: patience
      ) { stage in
        say(stage)
        guard case .frame(let number) = stage, last == UInt64(number) else { return }
        printLine("SCENARIO READY")
        idle()
      }
    } catch {
      panic("\(error)")
    }
    printLine("SCENARIO DONE")
  }

  static func say(_ stage: Scenario.Stage) {
    switch stage {
    case .frame(let number): printLine("SCENARIO frame=\(number)")
    case .cursorShown: printLine("SCENARIO cursor shown")
    case .cursorMoved(let x, let y): printLine("SCENARIO cursor x=\(x) y=\(y)")
    case .cursorHidden: printLine("SCENARIO cursor hidden")
    }
  }
}
