import VirtBoard
import VirtIO
import VirtIOGPU

extension Display where P: InterruptPlatform, T: ~Copyable {
  /// Has the display start over after an error that this helps against, and says how long it took until
  /// all was to be seen again.
  ///
  /// - Returns: Whether it goes on.
  @inline(never)
  mutating func mend(_ error: GPUError, gpu: Int, waiting patience: BoardWaiter<P>) -> Bool {
    guard error.remedy == .recover else { return false }
    let start = platform.now
    do throws(GPUError) {
      try recover(waiting: patience)
    } catch {
      printLine("TESTCARD gpu=\(gpu) not recovered: \(error)")
      return false
    }
    let time = platform.now.since(start).rawValue / 1000
    if gpu == 0 {
      printLine("TESTCARD recovered us=\(time)")
    } else {
      printLine("TESTCARD gpu=\(gpu) recovered us=\(time)")
    }
    return true
  }
}
