import VirtBoard
import VirtIO
import VirtIOGPU

extension Showcase {
  /// Has the screen start over after an error that this helps against, and says how long it took until all
  /// was to be seen again.
  ///
  /// What a hostile device says of itself does not count: it starts over whatever the error, and a hundred times
  /// if it has to.
  ///
  /// - Throws: The error, if that does not help; or why the device does not come back, after three
  ///   attempts.
  @inline(never)
  static func mend<T: Transport & ~Copyable>(
    _ error: GPUError, _ screen: inout Display<BoardPlatform, T>,
    _ patience: BoardWaiter<BoardPlatform>, isHostile: Bool
  ) throws(GPUError) {
    guard isHostile || error.remedy == .recover else { throw error }
    let start = screen.platform.now
    let attemptCount = isHostile ? 100 : 3
    for attempt in 1...attemptCount {
      do throws(GPUError) {
        try screen.recover(waiting: patience)
        break
      } catch {
        if attempt == attemptCount { throw error }
      }
    }
    let time = screen.platform.now.since(start).rawValue / 1000
    printLine("SHOWCASE recovered us=\(time) after: \(error)")
  }
}
