import Testing
import VirtIOGraphics
import VirtIOTesting

/// What somebody sees of the Showcase, and does with it: its console, its keys, and what is drawn by hand.
@Suite struct ShowcaseTests {
  private static let (width, height) = (640, 480)

  private static func configuration(_ append: String) throws -> MachineConfiguration {
    var machine = MachineConfiguration(image: try Repository.image("Showcase"))
    machine.gpus = [MachineShape.gpu(width, height, "addr=1")]
    machine.append = append
    return machine
  }

  // MARK: What is to be seen

  /// The scene at its ninth step with what was drawn over it, but for the panel if there is one.
  private struct Expectation {
    private let width: Int
    private let panel: Rectangle
    private let bytes: [UInt8]

    init(
      _ width: Int, _ height: Int, scanout: Int = 0, _ sketch: SceneSketch = SceneSketch(),
      hasPanel: Bool = true
    ) throws {
      var scene = Scene(
        width: width, height: height,
        facts: SceneFacts(scanout: scanout, place: .function(bus: 0, device: 1, function: 0)))
      for _ in 0..<9 { scene.advance() }
      var pixels = [UInt32](repeating: 0, count: width * height)
      var canvas = Canvas(
        width: width, height: height, format: .b8g8r8x8, pixels: pixels.mutableSpan)
      scene.draw(on: &canvas)
      sketch.draw(on: &canvas)
      self.width = width
      panel = hasPanel ? try #require(ScenePanel(width: width, height: height)).bounds : .empty
      bytes = pixels.flatMap { [UInt8($0 >> 16 & 255), UInt8($0 >> 8 & 255), UInt8($0 & 255)] }
    }

    func matches(_ picture: Picture) -> Bool {
      guard picture.width == width, picture.bytes.count == bytes.count else { return false }
      // Around the panel: above it and in the row above, to its left, to its right, and below.
      var start = 0
      for y in panel.y..<panel.maxY {
        let end = 3 * (y * width + panel.x)
        if picture.bytes[start..<end] != bytes[start..<end] { return false }
        start = 3 * (y * width + panel.maxX)
      }
      return picture.bytes[start...] == bytes[start...]
    }
  }

  /// The lines of the panel, read from its pixels by the font alone, without spaces at their ends.
  private static func text(_ picture: Picture) throws -> [String] {
    let panel = try #require(ScenePanel(width: picture.width, height: picture.height))
    let font = ScenePanel.font
    return (0..<ScenePanel.rows).map { row in
      var line = ""
      for column in 0..<ScenePanel.columns {
        let x = panel.x + column * font.cellWidth * panel.scale
        let y = panel.y + row * font.cellHeight * panel.scale
        // The upper row of a cell is always empty.
        let paper = picture[x, y]
        let rows = (0..<font.cellHeight).map { dy in
          (0..<font.cellWidth).reduce(UInt32(0)) { bits, dx in
            let isInk = picture[x + dx * panel.scale, y + dy * panel.scale] != paper
            return bits | (isInk ? 1 << UInt32(31 - dx) : 0)
          }
        }
        line.unicodeScalars.append(glyphs[rows] ?? "\u{FFFD}")
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  /// The characters of the panel's font, by their shapes.
  private static let glyphs: [[UInt32]: Unicode.Scalar] = {
    let font = ScenePanel.font
    let scalars = (UInt8(0x20)...0x7E).map { Unicode.Scalar($0) }
    let shapes = scalars.map { scalar in (0..<font.cellHeight).map { font.row($0, of: scalar) } }
    return Dictionary(zip(shapes, scalars)) { first, _ in first }
  }()

  /// Lines as they are broken on the panel.
  private static func broken(_ lines: [String]) -> [String] {
    lines.flatMap { line in
      stride(from: 0, to: line.utf8.count, by: ScenePanel.columns).map { start in
        var part = String(line.dropFirst(start).prefix(ScenePanel.columns))
        while part.last == " " { part.removeLast() }
        return part
      }
    }
  }

  /// Looks until a picture is what it should be: what was said is to be seen a frame later.
  private static func look(
    _ machine: QEMUMachine, head: Int = 0, until isRight: (Picture) throws -> Bool
  ) async throws -> Bool {
    for _ in 0..<200 {
      if try isRight(try await machine.picture(gpu: 0, head: head)) { return true }
      try await Task.sleep(for: .milliseconds(50))
    }
    return false
  }

  /// Whether the panel comes to show the last of the lines that were said on the serial line.
  private static func showsLog(_ machine: QEMUMachine, head: Int = 0) async throws -> Bool {
    try await look(machine, head: head) { picture in
      let said = broken(machine.serial.lines.map(\.text))
      let shown = Array(try text(picture).dropLast())
      // Below the last line is the one where the next begins.
      return shown == Array(said.suffix(8))
        + Array(repeating: "", count: shown.count - min(8, said.count))
    }
  }

  /// Waits for a line that starts so.
  private static func line(_ start: String, _ machine: QEMUMachine) async throws -> String {
    let line = try await machine.serial.first { $0.text.hasPrefix(start) || $0.saysPanic }
    guard let line, !line.saysPanic else { throw machine.ended(waitingFor: start) }
    return line.text
  }

  // MARK: Keys

  @Test(
    """
    all that the kernel has said since it began is on its console; keys of the serial line say what there is, \
    change the mode, and switch off
    """)
  func keys() async throws {
    try await MachineSlots.shared.run(Self.configuration("steps=9")) { machine in
      _ = try await Self.line("SHOWCASE scanout=0 step=9", machine)
      #expect(machine.serial.lines.count < 9, "all of it fits")
      #expect(try await Self.showsLog(machine))
      #expect(try Expectation(Self.width, Self.height).matches(try await machine.picture()))
      // Keys that nobody has a use for, too.
      await machine.type(Array("\u{1B}xh".utf8))
      let display = try await Self.line("display: ", machine)
      let modes = try await Self.line("modes: ", machine)
      _ = try await Self.line("keys: m next mode, 0-9 a mode, c clear the drawing, ", machine)
      #expect(try await Self.showsLog(machine))
      #expect(display.hasPrefix("display: QEMU Monitor, "))
      #expect(display.contains(" modes, rather 640x480 at "))
      #expect(modes.hasPrefix("modes: 0 the display's own, 1 800x600, 2 1024x768, "))
      await machine.type(Array("m".utf8))
      _ = try await Self.line("SHOWCASE mode=1: 800x600", machine)
      try await Self.check(machine, 800, 600)
      await machine.type(Array("2".utf8))
      try await Self.check(machine, 1024, 768)
      await machine.type(Array("0".utf8))
      _ = try await Self.line("SHOWCASE mode=0: ", machine)
      #expect(try await Self.look(machine) { $0.width == 640 && $0.height == 480 })
      await machine.type(Array("q".utf8))
      // That QEMU ends without an error, too, is seen to by whoever runs it.
      try await machine.waitUntilEnded()
      #expect(machine.serial.lines.last?.text.hasPrefix("SHOWCASE DONE frames=") == true)
      #expect(machine.guestErrors() == [])
    }
  }

  /// Sees the scene in a size, and the log on it.
  private static func check(_ machine: QEMUMachine, _ width: Int, _ height: Int) async throws {
    _ = try await line("SHOWCASE scanout=0 step=9 of \(width)x\(height)", machine)
    let isRight = try Expectation(width, height).matches(try await machine.picture())
    #expect(isRight, "\(width)x\(height)")
    #expect(try await showsLog(machine), "\(width)x\(height)")
  }

  // MARK: Displays

  @Test("the console is on the first display, whichever that is, and leaves nothing behind")
  func front() async throws {
    var configuration = try Self.configuration("steps=9")
    configuration.gpus[0] += ",max_outputs=2"
    configuration.display = .heads(2)
    try await MachineSlots.shared.run(configuration) { machine in
      _ = try await Self.line("SHOWCASE scanout=0 step=9", machine)
      let first = try await machine.connectVNC(head: 0)
      let second = try await machine.connectVNC(head: 1)
      let alone = try Expectation(Self.width, Self.height, scanout: 1, hasPanel: false)
      let below = try Expectation(Self.width, Self.height, scanout: 1)
      try await second.setDesktopSize(width: UInt16(Self.width), height: UInt16(Self.height))
      #expect(try await Self.look(machine, head: 1, until: alone.matches))
      // QEMU passes on only what is another size than the last, and the last of this head was none.
      try await first.setDesktopSize(width: 648, height: 480)
      try await first.setDesktopSize(width: 0, height: 0)
      #expect(try await Self.showsLog(machine, head: 1))
      #expect(try await Self.look(machine, head: 1, until: below.matches))
      try await first.setDesktopSize(width: UInt16(Self.width), height: UInt16(Self.height))
      #expect(try await Self.look(machine, head: 1, until: alone.matches))
      #expect(try await Self.showsLog(machine))
      #expect(machine.guestErrors() == [])
    }
  }

  // MARK: A keyboard and a tablet

  private static func move(_ x: Int, _ y: Int, isPressed: Bool? = nil) -> [JSONValue] {
    var events: [JSONValue] = [("x", x), ("y", y)].map { axis, value in
      .object([
        "type": .string("abs"),
        "data": .object(["axis": .string(axis), "value": .integer(value)]),
      ])
    }
    if let isPressed {
      events.append(
        .object([
          "type": .string("btn"),
          "data": .object(["down": .boolean(isPressed), "button": .string("left")]),
        ]))
    }
    return events
  }

  private static func key(_ name: String, _ isDown: Bool) -> JSONValue {
    .object([
      "type": .string("key"),
      "data": .object([
        "down": .boolean(isDown),
        "key": .object(["type": .string("qcode"), "data": .string(name)]),
      ]),
    ])
  }

  private static func send(_ events: [JSONValue], to machine: QEMUMachine) async throws {
    try await machine.qmp.execute("input-send-event", ["events": .array(events)])
  }

  private static func press(_ name: String, on machine: QEMUMachine) async throws {
    try await send([key(name, true)], to: machine)
    try await send([key(name, false)], to: machine)
  }

  @Test(
    """
    a tablet moves the cursor, and with its button leaves strokes, pixel for pixel; keys of a keyboard do what \
    those of the serial line do
    """)
  func drawing() async throws {
    var configuration = try Self.configuration("steps=9")
    configuration.hasInput = true
    configuration.traceEvents = ["virtio_gpu_update_cursor"]
    try await MachineSlots.shared.run(configuration) { machine in
      _ = try await Self.line("SHOWCASE scanout=0 step=9", machine)
      var sketch = SceneSketch()
      let strokes = [
        [(2000, 3000), (9000, 20_000), (21_000, 500)], [(32_767, 0), (30_000, 21_000)], [(0, 0)],
      ]
      for stroke in strokes {
        for (index, (x, y)) in stroke.enumerated() {
          // The first place is where it is pressed.
          try await Self.send(
            Self.move(x, y, isPressed: index == 0 ? true : nil), to: machine)
          sketch.move(to: ScenePlace(x: x, y: y), isPressed: true)
        }
        try await Self.send(Self.move(stroke[0].0, stroke[0].1, isPressed: false), to: machine)
        sketch.move(to: ScenePlace(x: stroke[0].0, y: stroke[0].1), isPressed: false)
      }
      try await Self.send(Self.move(16_384, 8192), to: machine)
      let drawn = try Expectation(Self.width, Self.height, sketch)
      #expect(try await Self.look(machine, until: drawn.matches))
      let places = machine.log().filter { $0.hasPrefix("virtio_gpu_update_cursor ") }
      #expect(places.last?.contains("x 320, y 120,") == true, "\(places.suffix(3))")
      // The drawing stays in another mode, and goes when that is wanted.
      try await Self.press("m", on: machine)
      _ = try await Self.line("SHOWCASE scanout=0 step=9 of 800x600", machine)
      let larger = try Expectation(800, 600, sketch)
      #expect(try await Self.look(machine, until: larger.matches))
      try await Self.press("c", on: machine)
      let wiped = try Expectation(800, 600)
      #expect(try await Self.look(machine, until: wiped.matches))
      try await Self.press("h", on: machine)
      _ = try await Self.line("keys: m next mode, ", machine)
      try await Self.press("q", on: machine)
      try await machine.waitUntilEnded()
      #expect(machine.serial.lines.last?.text.hasPrefix("SHOWCASE DONE frames=") == true)
      #expect(machine.guestErrors() == [])
    }
  }

  // MARK: Counts

  @Test(
    "the doorbells and the interrupts that it counts are those that QEMU has seen, and all memory comes back"
  )
  func counts() async throws {
    var configuration = try Self.configuration("counters=yes frames=90")
    configuration.traceEvents = ["virtio_queue_notify", "gic_acknowledge_irq"]
    try await MachineSlots.shared.run(configuration) { machine in
      try await machine.waitUntilEnded()
      let line = try await Self.line("SHOWCASE counted ", machine)
      let doorbells = machine.log().count { $0.hasPrefix("virtio_queue_notify ") }
      let interrupts = machine.acknowledgedInterrupts.count { (80...82).contains($0) }
      #expect(line == "SHOWCASE counted doorbells=\(doorbells) interrupts=\(interrupts)")
      // A device that is at work already need not be told, and one that is not waited for need not tell.
      #expect(doorbells > 10 && interrupts > 10)
      let memory = try await Self.line("SHOWCASE memory ", machine)
      let numbers = memory.split(separator: "=").compactMap { Int($0.prefix { $0.isNumber }) }
      #expect(numbers.count == 2 && numbers.first == numbers.last)
      #expect(machine.guestErrors() == [])
    }
  }
}
