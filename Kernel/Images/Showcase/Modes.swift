import VirtBoard
import VirtIO
import VirtIOGPU

/// The sizes that the first display can be given: its own, and the usual ones. A device takes any of them, whatever
/// its display says of itself.
struct Modes {
  private typealias Size = (width: UInt32, height: UInt32)

  private var sizes = InlineArray<10, Size>(repeating: (0, 0))
  private var count = 1
  private var current = 0

  private static var usual: InlineArray<9, Size> {
    [
      (640, 480), (800, 600), (1024, 768), (1280, 720), (1280, 1024), (1440, 900), (1600, 1200),
      (1920, 1080), (1920, 1200),
    ]
  }

  /// Makes the list anew.
  private mutating func read<T: Transport & ~Copyable>(
    from screen: borrowing Display<BoardPlatform, T>
  ) {
    guard let first = screen.firstScanout, let own = screen.scanout(first) else { return }
    count = 1
    let usual = Self.usual
    for index in usual.indices where usual[index] != (own.width, own.height) {
      sizes[count] = usual[index]
      count &+= 1
    }
  }

  /// Says which sizes there are, each by its key.
  mutating func sayAll<T: Transport & ~Copyable>(of screen: borrowing Display<BoardPlatform, T>) {
    read(from: screen)
    var line: Message = "modes: 0 the display's own"
    for index in 1..<count {
      line.write(", ")
      line.write(UInt64(index))
      line.write(" ")
      line.write(UInt64(sizes[index].width))
      line.write("x")
      line.write(UInt64(sizes[index].height))
    }
    printLine(line)
  }

  /// Says how the first display describes itself, if it has.
  func sayDescription<T: Transport & ~Copyable>(of screen: inout Display<BoardPlatform, T>) {
    guard let first = screen.firstScanout, let edid = screen.edid(of: first), edid.isValid else {
      return printLine("display: it has not said what it is")
    }
    var line: Message = "display: "
    if let name = edid.displayName {
      line.write(ascii: name.ascii)
      line.write(", ")
    }
    let list = edid.modes
    line.write(UInt64(list.count))
    line.write(" modes")
    if let preferred = list.preferred {
      line.write(", rather ")
      line.write(UInt64(preferred.width))
      line.write("x")
      line.write(UInt64(preferred.height))
      line.write(" at ")
      line.write((UInt64(preferred.refreshRate) &+ 500) / 1000)
      line.write(" Hz")
    }
    printLine(line)
  }

  /// Gives the first display the next size, or the one of a number; one that there is not is said.
  mutating func choose<T: Transport & ~Copyable>(
    _ wanted: Int?, for screen: inout Display<BoardPlatform, T>
  ) throws(GPUError) {
    read(from: screen)
    let index = wanted ?? (current &+ 1 < count ? current &+ 1 : 0)
    guard index >= 0, index < count else {
      return printLine("SHOWCASE mode=\(index): there is none; h says which there are")
    }
    if index == 0 {
      try screen.followDisplay()
      printLine("SHOWCASE mode=0: the display's own")
    } else {
      let size = sizes[index]
      try screen.setMode(width: size.width, height: size.height)
      printLine("SHOWCASE mode=\(index): \(size.width)x\(size.height)")
    }
    current = index
  }
}
