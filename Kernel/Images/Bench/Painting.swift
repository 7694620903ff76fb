import KernelAArch64
import VirtBoard
import VirtIOGPU
import VirtIOGraphics

/// What drawing costs, a pixel: each call of VirtIOGraphics on a canvas, and nothing presented.
struct Painting: ~Copyable {
  private var meter: Meter
  private let counter = Counter()
  private let count: UInt64

  init(_ meter: Meter, count: UInt64) {
    self.meter = meter
    self.count = count
  }

  /// Runs all loops on a frame's pixels.
  mutating func run(in frame: inout Frame) {
    let (width, height, format) = (frame.width, frame.height, frame.format)
    var canvas = Canvas(width: width, height: height, format: format, pixels: frame.pixels)
    let size = canvas.bounds.area
    repeated("paint_fill", pixelCount: size, on: &canvas) { $0.fill(Color(rgb: $1)) }
    gradients(size, on: &canvas)
    repeated("paint_line", pixelCount: 16 &* width, on: &canvas, Self.lines)
    repeated("paint_circle", pixelCount: Self.pixels(inRadius: 200), on: &canvas) {
      $0.fill(Circle(x: 220, y: 220, radius: 200), with: Color(rgb: $1))
    }
    repeated("paint_shade", pixelCount: size, on: &canvas) {
      $0.blend($0.bounds, with: Color(rgb: $1).withAlpha(100))
    }
    pictures(on: &canvas)
  }

  private mutating func gradients(_ size: Int, on canvas: inout Canvas) {
    repeated("paint_gradient", pixelCount: size, on: &canvas) {
      $0.fill($0.bounds, with: Gradient(from: Color(rgb: $1), to: .white, isDithered: true))
    }
    repeated("paint_diagonal", pixelCount: size, on: &canvas) {
      let gradient = Gradient(
        from: Color(rgb: $1), to: .white, direction: .diagonal, isDithered: true)
      $0.fill($0.bounds, with: gradient)
    }
  }

  /// Sixteen lines, one pixel in each column.
  private static func lines(on canvas: inout Canvas, _ number: UInt32) {
    for place in 0..<16 {
      let down = (canvas.height &- 1) &* place / 16
      canvas.line(from: (0, down), to: (canvas.width &- 1, 7), with: Color(rgb: number))
    }
  }

  /// How many pixels a circle has.
  private static func pixels(inRadius radius: Int) -> Int {
    var count = 0
    for y in -radius...radius {
      for x in -radius...radius where x &* x &+ y &* y <= radius &* radius &+ radius {
        count &+= 1
      }
    }
    return count
  }

  /// A small picture all over, as it is and laid over by its own alpha.
  private mutating func pictures(on canvas: inout Canvas) {
    var picture = InlineArray<4096, UInt32>(repeating: 0)
    for index in picture.indices {
      picture[index] = UInt32(truncatingIfNeeded: index) &* 0x0102_0304
    }
    let (columns, rows) = (canvas.width / 64, canvas.height / 64)
    repeated("paint_copy", pixelCount: columns &* rows &* 4096, on: &canvas) { canvas, _ in
      for place in 0..<columns &* rows {
        canvas.copy(picture.span, width: 64, x: place % columns &* 64, y: place / columns &* 64)
      }
    }
    repeated("paint_blend", pixelCount: columns &* rows &* 4096, on: &canvas) { canvas, _ in
      for place in 0..<columns &* rows {
        canvas.blend(
          picture.span, in: .b8g8r8a8, width: 64, x: place % columns &* 64,
          y: place / columns &* 64)
      }
    }
  }

  /// Draws the same many times.
  private mutating func repeated(
    _ name: StaticString, pixelCount: Int, on canvas: inout Canvas,
    _ draw: (inout Canvas, UInt32) -> Void
  ) {
    var measurement = Measurement(name: name, count: count)
    measurement.pixelCount = UInt64(truncatingIfNeeded: pixelCount)
    let start = counter.ticks
    for number in 0..<UInt32(truncatingIfNeeded: count) {
      meter.start()
      draw(&canvas, number &* 0x1_0305)
      meter.stop()
    }
    measurement.ticks = counter.ticks &- start
    let instructionCount = meter.take()
    if meter.counts { measurement.instructionCount = instructionCount }
    measurement.report()
  }

  // MARK: The console

  /// Where the console lives: cleared memory, of which the image holds nothing.
  nonisolated(unsafe) private static var cells = InlineArray<8192, TextCell>(repeating: TextCell())

  /// Writes lines of a log to a console, and then some that are drawn, too: each as its damage.
  mutating func write(_ lineCount: UInt64, in frame: inout Frame) {
    let font = BasicFont()
    let (width, height, format) = (frame.width, frame.height, frame.format)
    // SAFETY: one processor runs this, once.
    var cells = unsafe Self.cells.mutableSpan
    var console = TextConsole(
      columns: min(100, width / font.cellWidth), rows: min(40, height / font.cellHeight),
      cells: cells._mutatingExtracting(...))
    report("console_write", lineCount) { meter, number in
      let line = Self.line(number)
      meter.start()
      console.write(line.text)
      meter.stop()
    }
    var canvas = Canvas(width: width, height: height, format: format, pixels: frame.pixels)
    report("console_draw", min(lineCount, 200)) { meter, number in
      let line = Self.line(number)
      meter.start()
      console.write(line.text)
      let damage = console.takeDamage(font: font)
      console.draw(on: &canvas, in: damage.rectangles, font: font)
      meter.stop()
    }
  }

  /// A line as a kernel's log has them.
  private static func line(_ number: UInt64) -> Message {
    "[\(number)] virtio 0:1.0: the picture of frame \(number &* 7) is on its way to the device\n"
  }

  private mutating func report(
    _ name: StaticString, _ lineCount: UInt64, _ body: (inout Meter, UInt64) -> Void
  ) {
    var measurement = Measurement(name: name, count: max(1, lineCount))
    let start = counter.ticks
    for number in 0..<max(1, lineCount) { body(&meter, number) }
    measurement.ticks = counter.ticks &- start
    let instructionCount = meter.take()
    if meter.counts { measurement.instructionCount = instructionCount }
    measurement.report()
  }
}
