import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// The console of the image Console, on the model device: what is drawn on a frame makes all of it right,
/// however many frames are on their way.
@Suite struct ConsoleFrameTests {
  private static let (columns, rows) = (10, 5)
  /// A little wider and higher than the grid.
  private static let (width, height) = (64, 48)

  /// The whole console, drawn on nothing.
  private static func expected(_ console: borrowing TextConsole) -> [UInt32] {
    var words = Array(repeating: UInt32(0), count: width * height)
    var canvas = Canvas(width: width, height: height, format: .b8g8r8x8, pixels: words.mutableSpan)
    canvas.fill(.black)
    console.draw(on: &canvas)
    return words
  }

  /// How many words of a frame are others than they should be.
  private static func wrongWordCount(_ frame: inout Frame, _ expected: [UInt32]) -> Int {
    let pixels = frame.pixels
    var count = 0
    for index in expected.indices where pixels[index] != expected[index] { count += 1 }
    return count
  }

  /// Lines of a log, with one that is coloured and one that goes back to the top now and then.
  private static func text(_ number: Int) -> [UInt8] {
    switch number % 7 {
    case 3: Array("\u{1B}[3\(number % 8)mline \(number)\u{1B}[0m\n".utf8)
    case 5: Array("\u{1B}[H\(number)\u{1B}[5;1H".utf8)
    default: Array("line \(number)\n".utf8)
    }
  }

  @Test(
    "each frame holds the whole console, though only its damage and what it missed are drawn",
    arguments: BufferCount.allCases, [PresentationPolicy.queued, .mailbox])
  func everyFrame(_ buffers: BufferCount, _ policy: PresentationPolicy) throws {
    var configuration = ModelConfiguration()
    configuration.traceLimit = 0
    configuration.chance = ModelChance(seed: 3, oneIn: 3)
    let machine = ModelMachine(configuration)
    var display = try machine.open(buffers: buffers)
    var cells = Array(
      repeating: TextCell(),
      count: TextConsole.cellCount(columns: Self.columns, rows: Self.rows, history: 3))
    var console = TextConsole(columns: Self.columns, rows: Self.rows, cells: cells.mutableSpan)
    var seen: Set<Int> = []
    for number in 0..<100 {
      let text = Self.text(number)
      console.write(text.span)
      var frame = try display.nextFrame(waiting: patience)
      let damage = console.takeDamage()
      if !frame.staleRegion.isEmpty { seen.insert(number) }
      ConsoleFrame.draw(console, on: &frame, damage, font: BasicFont())
      let expected = Self.expected(console)
      let wrongCount = Self.wrongWordCount(&frame, expected)
      #expect(wrongCount == 0, "frame \(number)")
      if wrongCount > 0 { return }
      let presentation = try display.present(frame, damage: damage.rectangles, as: policy)
      guard number % 5 == 4 else { continue }
      try display.finish(presentation, waiting: patience)
      let shown = try #require(machine.pixels(ofScanout: 0))
      let isShown = expected.indices.allSatisfy {
        shown[$0 % Self.width, $0 / Self.width].rgb == expected[$0] & 0xFF_FFFF
      }
      #expect(isShown, "frame \(number)")
    }
    // With one buffer a frame misses nothing; with more, each misses what the others have shown.
    #expect(buffers == .one ? seen.count <= 1 : seen.count > 50)
    try display.close(waiting: patience)
    #expect(machine.finish().filter { $0.id != "GPU-INIT-3" } == [])
  }
}
