import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOMMIO
import VirtIOPCI

/// One display after another on the same GPU, in the same boot.
enum Lives {
  /// Opens, uses and closes a display so often, and says how much memory there is before and after each.
  static func show(_ count: UInt64, on board: inout Board) {
    let platform = board.platform
    say(platform)
    for number in 0..<count {
      if let device = board.nextDevice(ofType: 16) {
        guard
          let transport = try? PCITransport(
            device.function, deviceType: 16, maximumVectorCount: 0)
        else { panic("no usable GPU") }
        Situation.live(transport, isInFlight: number & 1 == 1, on: platform)
      } else if let slot = board.nextSlot(ofType: 16) {
        guard let transport = try? MMIOTransport(slot.registers) else { panic("no usable GPU") }
        Situation.live(transport, isInFlight: number & 1 == 1, on: platform)
      } else {
        panic("no GPU")
      }
      say(platform)
    }
  }

  private static func say(_ platform: BoardPlatform) {
    printLine("FAULTS pages=\(Exhaustion.count(on: platform) >> 12)")
  }
}
