import KernelAArch64
import KernelProbes

/// Counts the instructions of a stretch of code but for those that spin on the device, where the
/// machine can count instructions: QEMU with `-icount`.
///
/// What measuring costs itself is measured first, without and with a spin, and taken off.
struct Meter {
  /// How many instructions all stretches had.
  private(set) var total: UInt64 = 0
  private var ownCount: UInt32 = 0
  private var ownSpinningCount: UInt32 = 0

  /// Starts the counter, and measures nothing twice.
  init() {
    EventCounter.startCountingInstructions()
    start()
    stop()
    ownCount = UInt32(truncatingIfNeeded: total)
    total = 0
    start()
    kernel_probe_spin_start()
    kernel_probe_spin_end()
    stop()
    ownSpinningCount = UInt32(truncatingIfNeeded: total)
    total = 0
  }

  /// Whether this machine counts.
  var counts: Bool { ownCount > 0 }

  /// Starts a stretch.
  @inline(__always)
  func start() { kernel_probe_start() }

  /// Ends it.
  @inline(__always)
  mutating func stop() {
    kernel_probe_stop()
    let spin = kernel_probe_spin_count()
    let own = spin == 0 ? ownCount : ownSpinningCount
    total &+= UInt64(kernel_probe_count() &- spin &- own)
  }

  /// What all stretches since the last call had.
  mutating func take() -> UInt64 {
    defer { total = 0 }
    return total
  }
}
