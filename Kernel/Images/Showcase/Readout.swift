import VirtBoard
import VirtIO
import VirtIOGraphics

/// The line below the log: what a frame takes, counted and timed over the last second.
struct Readout {
  /// What has been counted so far.
  struct Counts {
    var frames: UInt64 = 0
    var doorbells: UInt64 = 0
    var interrupts: UInt64 = 0
    /// How long has been drawn.
    var drawing: UInt64 = 0
  }

  private var last = Counts()
  private var start: Nanoseconds

  init(on platform: BoardPlatform) {
    start = platform.now
  }

  /// Writes the line anew if a second has passed since it was written.
  mutating func update(
    _ counts: Counts, on console: inout TextConsole, _ platform: BoardPlatform
  ) {
    let now = platform.now
    let time = now.since(start).rawValue
    let frames = counts.frames &- last.frames
    guard time >= 1_000_000_000, frames > 0 else { return }
    var line: Message = "\u{1B}7\u{1B}[10;1H\u{1B}[?7l\u{1B}[38;2;255;255;255;48;2;28;42;96m "
    line.write(hundredths: time / frames / 10_000)
    line.write(" ms a frame, drawing ")
    line.write(hundredths: (counts.drawing &- last.drawing) / frames / 10_000)
    line.write(" ms; ")
    line.write(hundredths: 100 &* (counts.doorbells &- last.doorbells) / frames)
    line.write(" doorbells, ")
    line.write(hundredths: 100 &* (counts.interrupts &- last.interrupts) / frames)
    line.write(" interrupts\u{1B}[K\u{1B}[?7h\u{1B}8")
    console.write(line.text)
    last = counts
    start = now
  }
}

extension Message {
  /// Adds a number with two decimals.
  fileprivate mutating func write(hundredths number: UInt64) {
    write(number / 100)
    write(number % 100 < 10 ? ".0" : ".")
    write(number % 100)
  }
}
