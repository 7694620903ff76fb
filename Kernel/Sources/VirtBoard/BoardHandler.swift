internal import KernelAArch64
internal import KernelInterrupts
internal import VirtIO
internal import VirtIOMMIO
internal import VirtIOPCI

/// What the board does when an interrupt comes: one of a few things, as nothing here can hold a closure.
enum BoardHandler: InterruptService {
  typealias Device = InterruptHandler<PCIInterrupts<MMIO>>

  /// The timer: whoever sleeps has been woken by that alone.
  case timer
  /// A vector of a device.
  case message(Device, vector: Int)
  /// The line of a device, which others may pull too.
  case line(Device)
  /// The line of a device without PCI.
  case slot(InterruptHandler<MMIOInterrupts<MMIO>>)

  func serve(_ id: InterruptID) -> Bool {
    switch self {
    case .timer:
      Timer.stop()
      return true
    case .message(let device, let vector): return device.handleInterrupt(vector: vector)
    case .line(let device): return device.handleLineInterrupt()
    case .slot(let device):
      // The tree may call this line edge-triggered: it has to fall, or it can never rise again. But a
      // device that always has something to say is not listened to for ever.
      var isFromIt = false
      for _ in 0..<4 {
        guard device.handleLineInterrupt() else { break }
        isFromIt = true
      }
      return isFromIt
    }
  }
}
