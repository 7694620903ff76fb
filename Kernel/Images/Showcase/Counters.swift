import VirtBoard
import VirtIO

/// How far the Showcase has come, for somebody who watches the serial line.
struct Counters {
  private let isSaid: Bool
  /// When the last line was due.
  private var last: Nanoseconds
  /// When the last frame was done.
  private var shown: Nanoseconds
  /// The most time between two frames since the last line.
  private var longest: UInt64 = 0
  /// How often the device started over.
  var resetCount: UInt64 = 0

  /// How much memory there was.
  private let memory: Int

  init(isSaid: Bool, on platform: BoardPlatform) {
    self.isSaid = isSaid
    memory = isSaid ? Self.freeByteCount(on: platform) : 0
    last = platform.now
    shown = last
  }

  /// Takes note of a frame, and says once a second how many there were, which step the first scene is at, how
  /// often the device started over, and the longest time without a frame.
  mutating func say(_ count: UInt64, _ stage: borrowing Stage, on platform: BoardPlatform) {
    guard isSaid else { return }
    let now = platform.now
    longest = max(longest, now.since(shown).rawValue / 1000)
    shown = now
    guard now.since(last) >= .seconds(1) else { return }
    last = now
    let step = UInt64(stage.first?.step ?? 0)
    printLine(
      "SHOWCASE counters frames=\(count) step=\(step) resets=\(resetCount) longest us=\(longest)")
    longest = 0
  }

  /// Says what has been counted, and how much memory there was before and is after everything.
  func sayAll(interruptCount: UInt64, on platform: BoardPlatform) {
    guard isSaid else { return }
    printLine("SHOWCASE counted doorbells=\(Doorbells.count) interrupts=\(interruptCount)")
    printLine("SHOWCASE memory before=\(memory) after=\(Self.freeByteCount(on: platform))")
  }

  /// How much memory could be had: all of it is taken, the largest pieces first, and given back.
  private static func freeByteCount(on platform: BoardPlatform) -> Int {
    var pieces = InlineArray<256, CoherentRegion?>(repeating: nil)
    var (count, sum, size) = (0, 0, 1 << 30)
    while size >= 4096, count < pieces.count {
      if let piece = platform.allocate(byteCount: size, alignment: 4096) {
        pieces[count] = piece
        count += 1
        sum += size
      } else {
        size /= 2
      }
    }
    for index in 0..<count {
      if let piece = pieces[index] { platform.free(piece) }
    }
    return sum
  }
}
