import Foundation

extension QEMUMachine {
  /// A picture of a head as the bytes of a PNG file.
  package func screenshotFile(gpu: Int = 0, head: Int = 0) async throws -> [UInt8] {
    let path = file("gpu\(gpu)-head\(head).png")
    try await screenshot(gpu: gpu, head: head, to: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return [UInt8](FileManager.default.contents(atPath: path) ?? Data())
  }

  /// Takes pictures of a head for some time, or until the guest ends.
  ///
  /// A picture that comes late, for QEMU takes its time to make one, delays those behind it: none is made up
  /// for. Pictures of another size than the first are left out.
  ///
  /// - Parameter rate: How many pictures a second.
  /// - Returns: The pictures, and how long each was to be seen, in milliseconds.
  package func record(
    head: Int = 0, for duration: Duration, rate: Int
  ) async throws -> (animation: Animation, milliseconds: UInt16) {
    let clock = ContinuousClock()
    let start = clock.now
    let interval = Duration.seconds(1) / max(rate, 1)
    var animation = Animation()
    var (due, end) = (start, start)
    while due < start + duration, !serial.isFinished {
      try await Task.sleep(until: due, clock: clock)
      let file: [UInt8]
      do {
        file = try await screenshotFile(head: head)
      } catch {
        // A guest that ends meanwhile takes QEMU along: what there is by then, if anything, is the recording.
        guard try await ends(within: .seconds(1)) else { throw error }
        break
      }
      animation.add(png: file)
      due = max(due + interval, clock.now)
      end = due
    }
    let milliseconds = Int((end - start) / .milliseconds(1)) / max(animation.count, 1)
    return (animation, UInt16(clamping: milliseconds))
  }

  private func ends(within limit: Duration) async throws -> Bool {
    let deadline = ContinuousClock.now + limit
    while !serial.isFinished, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(5))
    }
    return serial.isFinished
  }
}
