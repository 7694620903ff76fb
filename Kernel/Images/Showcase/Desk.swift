import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOGraphics

/// What somebody has in front of them besides the scene: keys, a pointer, and a console.
struct Desk: ~Copyable {
  /// Where the pointer is, and what it has drawn.
  var pointer = Pointer()
  /// Whether somebody wants to end it all.
  private(set) var isClosed = false

  private let platform: BoardPlatform
  private var inputs = Inputs()
  private var readout: Readout
  private var log = BoardLog()
  private var modes = Modes()
  /// Where the cursor was shown last; nil if it has no image yet.
  private var shown: (x: UInt32, y: UInt32, scanout: ScanoutID)?

  /// A desk that nobody sits at.
  init(on platform: BoardPlatform) {
    self.platform = platform
    readout = Readout(on: platform)
  }

  /// Takes the input devices of a board into service.
  mutating func open(on board: borrowing Board) {
    inputs.open(on: board)
    printLine("keys: h says which there are")
  }

  /// Does what keys say, moves the cursor, and writes to the console what has been said.
  mutating func serve<T: Transport & ~Copyable>(
    _ screen: inout Display<BoardPlatform, T>, _ size: (width: Int, height: Int)?,
    _ console: inout TextConsole, _ counts: Readout.Counts,
    waiting patience: BoardWaiter<BoardPlatform>
  ) throws(GPUError) {
    var pressed = InlineArray<16, Command?>(repeating: nil)
    var count = 0
    while count < 16, let byte = receiveByte() {
      pressed[count] = Command(byte: byte)
      count &+= 1
    }
    inputs.take(&pointer) { key in
      guard count < 16, let command = Command(key: key) else { return }
      pressed[count] = command
      count &+= 1
    }
    for index in 0..<count {
      if let command = pressed[index] { try perform(command, on: &screen) }
    }
    while let byte = log.nextByte() { console.write(byte: byte) }
    readout.update(counts, on: &console, platform)
    if let size { try moveCursor(on: &screen, size, waiting: patience) }
  }

  private mutating func perform<T: Transport & ~Copyable>(
    _ command: Command, on screen: inout Display<BoardPlatform, T>
  ) throws(GPUError) {
    switch command {
    case .help:
      printLine("keys: m next mode, 0-9 a mode, c clear the drawing, h help, q power off")
      modes.sayDescription(of: &screen)
      modes.sayAll(of: screen)
    case .nextMode: try choose(nil, for: &screen)
    case .mode(let number): try choose(number, for: &screen)
    case .clear: pointer.sketch.clear()
    case .quit: isClosed = true
    }
  }

  /// Gives the first display another mode; if it cannot have it, that is said.
  private mutating func choose<T: Transport & ~Copyable>(
    _ number: Int?, for screen: inout Display<BoardPlatform, T>
  ) throws(GPUError) {
    do throws(GPUError) {
      try modes.choose(number, for: &screen)
    } catch {
      guard error.isAboutSize else { throw error }
      printLine("SHOWCASE mode: \(error)")
    }
  }

  /// Has the cursor point where the pointer is, on the first display, whose picture has this size.
  private mutating func moveCursor<T: Transport & ~Copyable>(
    on screen: inout Display<BoardPlatform, T>, _ size: (width: Int, height: Int),
    waiting patience: BoardWaiter<BoardPlatform>
  ) throws(GPUError) {
    guard let first = screen.firstScanout else { return }
    let pixel = pointer.place.pixel(width: size.width, height: size.height)
    let place = (x: UInt32(clamping: pixel.x), y: UInt32(clamping: pixel.y), scanout: first)
    if let shown {
      if shown == place { return }
      try screen.moveCursor(toX: place.x, y: place.y, on: first)
    } else {
      do throws(GPUError) {
        let image = Arrow.pixels
        try screen.setCursor(
          image.span, width: Arrow.side, height: Arrow.side, hotspotX: 0, hotspotY: 0, x: place.x,
          y: place.y, on: first, waiting: patience)
      } catch {
        // Without one the rest is to be seen all the same.
        guard error.isAboutSize else { throw error }
        printLine("SHOWCASE cursor: \(error)")
      }
    }
    shown = place
  }

  /// Gives the memory of the input devices back.
  mutating func close() { inputs.close() }
}
