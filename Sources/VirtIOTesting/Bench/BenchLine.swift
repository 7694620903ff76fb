/// What the Bench image says about one loop: `NAME n=COUNT ticks=T [draw=T present=T] [insn=N] [pixels=P]`.
package struct BenchLine: Sendable, Equatable {
  /// The loop's name.
  package let name: String
  /// How often it went round.
  package let count: Int
  /// How long all of it took, in ticks of the guest's counter.
  package let ticks: Int
  /// How much of that was drawing, if it both draws and presents.
  package let drawingTicks: Int?
  /// How many instructions the driver executed for one round, if somebody counted.
  package let instructionCount: Int?
  /// How many pixels a round has, if it is about those.
  package let pixelCount: Int?

  /// How many nanoseconds a tick of QEMU's counter takes.
  private static let tickLength = 16.0

  /// Nil if the line is about something else.
  package init?(_ text: String) {
    let words = text.split(separator: " ")
    guard words.count >= 3 else { return nil }
    var numbers: [Substring: Int] = [:]
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, let number = Int(parts[1]), number >= 0 else { return nil }
      numbers[parts[0]] = number
    }
    guard let count = numbers["n"], count > 0, let ticks = numbers["ticks"] else { return nil }
    name = String(words[0])
    self.count = count
    self.ticks = ticks
    drawingTicks = numbers["draw"]
    instructionCount = numbers["insn"]
    pixelCount = numbers["pixels"]
  }

  /// How many instructions a pixel took, if it is about those and somebody counted.
  package var instructionsPerPixel: Double? {
    guard let instructionCount, let pixelCount, pixelCount > 0 else { return nil }
    return Double(instructionCount) / Double(pixelCount)
  }

  /// How long a round took, in microseconds.
  package var microseconds: Double { Double(ticks) * Self.tickLength / 1000 / Double(count) }

  /// How much of that was drawing.
  package var drawingMicroseconds: Double? {
    drawingTicks.map { Double($0) * Self.tickLength / 1000 / Double(count) }
  }
}
