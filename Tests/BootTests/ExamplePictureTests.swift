import Foundation
import Testing
import VirtIOGraphics
import VirtIOTesting

/// What the examples show, as their READMEs have them booted.
@Suite struct ExamplePictureTests {
  @Test("TwoDisplays draws a picture on each display, or one over both")
  func twoDisplays() async throws {
    let image = try await Example.build("TwoDisplays")
    for layout in [nil, "layout=span"] {
      var machine = MachineConfiguration(image: image)
      machine.gpus = [MachineShape.gpu(640, 480, "max_outputs=2")]
      machine.display = .heads(2)
      machine.startsStopped = true
      machine.append = layout
      try await MachineSlots.shared.run(machine) { machine in
        try await machine.setDesktopSize(head: 1, width: 400, height: 480)
        try await machine.resume()
        try await machine.waitUntilReady()
        let left = try await machine.picture(head: 0)
        let right = try await machine.picture(head: 1)
        if layout == nil {
          #expect(left.isSame(as: Self.sunset("Left", width: 640, height: 480)))
          #expect(right.isSame(as: Self.sunset("Right", width: 400, height: 480)))
          try await Example.keepPicture(of: machine, as: "TwoDisplays")
        } else {
          let whole = Self.sunset("One picture", width: 1040, height: 480)
          #expect(left.isSame(as: whole?.columns(0..<640)))
          #expect(right.isSame(as: whole?.columns(640..<1040)))
        }
        #expect(machine.serial.lines.map(\.text) == ["DISPLAYS READY"])
        #expect(machine.guestErrors() == [])
      }
    }
  }

  private static func sunset(_ title: TextLiteral, width: Int, height: Int) -> Picture? {
    Picture(width: width, height: height) { canvas in
      let sky = Gradient(
        from: Color(rgb: 0x1B_1F3B), to: Color(rgb: 0xC8_553D), direction: .horizontal)
      canvas.fill(canvas.bounds, with: sky)
      let sun = Circle(x: width / 2, y: height / 2, radius: height / 4)
      canvas.fill(sun, with: Color(rgb: 0xF2_B134))
      canvas.draw(title, x: 32, y: 32, scale: 3, color: .white)
    }
  }

  @Test("Console writes colours, a box, three alphabets and its log")
  func console() async throws {
    var machine = MachineConfiguration(image: try await Example.build("Console"))
    machine.gpus = [MachineShape.gpu(640, 480)]
    try await MachineSlots.shared.run(machine) { machine in
      try await machine.waitUntilReady()
      let log = machine.serial.lines.map(\.text)
      #expect(log.count == 3 && log[0] == "a display of 640 x 480 pixels")
      let picture = try await machine.picture()
      #expect(try picture.isSame(as: Self.terminal(log.dropLast(), width: 640, height: 480)))
      #expect(machine.guestErrors() == [])
      try await Example.keepPicture(of: machine, as: "Console")
    }
  }

  private static func terminal(_ log: ArraySlice<String>, width: Int, height: Int) throws
    -> Picture?
  {
    let colors = (0..<8).map { "\u{1B}[4\($0)m    " }.joined()
    let text = """
      \u{1B}[1;32mswift-virtio\u{1B}[0m on \u{1B}[4mbare metal\u{1B}[0m

      \(colors)\u{1B}[0m

      ┌─────────────────────┐
      │ Grüße, κόσμε, Жук ! │
      └─────────────────────┘

      \(log.joined(separator: "\n"))
      \u{1B}[33m$\u{1B}[0m 
      """
    let path = try Repository.checkout().root + "/build/font/console.psf"
    let bytes = FileManager.default.contents(atPath: path).map { [UInt8]($0) } ?? []
    guard let font = try? PSFFont(bytes.span) else {
      return draw(text, font: BasicFont(), width: width, height: height)
    }
    return draw(text, font: font, width: width, height: height)
  }

  private static func draw<Font: BitmapFont & ~Copyable & ~Escapable>(
    _ text: String, font: borrowing Font, width: Int, height: Int
  ) -> Picture? {
    var cells = Array(repeating: TextCell(), count: 8192)
    var console = TextConsole(
      columns: width / font.cellWidth, rows: height / font.cellHeight, cells: cells.mutableSpan)
    let bytes = Array(text.utf8)
    console.write(bytes.span)
    var pixels = Array(repeating: UInt32(0), count: width * height)
    var canvas = Canvas(width: width, height: height, format: .b8g8r8x8, pixels: pixels.mutableSpan)
    console.draw(on: &canvas, font: font)
    return Picture(width: width, height: height, pixels: pixels)
  }

  @Test("Paint draws where the pointer goes while its button is down, and a key clears the picture")
  func paint() async throws {
    var machine = MachineConfiguration(image: try await Example.build("Paint"))
    machine.gpus = [MachineShape.gpu(640, 480)]
    machine.devices = ["virtio-tablet-pci", "virtio-keyboard-pci"]
    try await MachineSlots.shared.run(machine) { machine in
      try await machine.waitUntilReady()
      #expect(try await machine.shows(Self.painting([])))
      let strokes = [
        [(100, 100), (300, 140), (300, 360), (120, 300)], [(400, 240), (400, 240)],
        [(639, 479), (520, 60)],
      ]
      // A pointer that only moves leaves nothing.
      try await machine.movePointer(to: (50, 400), of: (640, 480))
      for stroke in strokes {
        try await machine.movePointer(to: stroke[0], of: (640, 480))
        try await machine.press("left", true)
        for place in stroke.dropFirst() { try await machine.movePointer(to: place, of: (640, 480)) }
        try await machine.press("left", false)
      }
      #expect(try await machine.shows(Self.painting(strokes)))
      try await Example.keepPicture(of: machine, as: "Paint")
      try await machine.pressKey("spc")
      #expect(try await machine.shows(Self.painting([])))
      #expect(machine.serial.lines.map(\.text) == ["PAINT READY"])
      #expect(machine.guestErrors() == [])
    }
  }

  private static func painting(_ strokes: [[(Int, Int)]]) -> Picture? {
    Picture(width: 640, height: 480) { canvas in
      canvas.fill(Color(rgb: 0xFA_F7F0))
      for stroke in strokes {
        for (from, to) in zip(stroke, stroke.dropFirst()) {
          let dx = to.0 - from.0
          let dy = to.1 - from.1
          let steps = max(abs(dx), abs(dy), 1)
          for step in 0...steps {
            let x = from.0 + dx * step / steps
            let y = from.1 + dy * step / steps
            canvas.fill(Circle(x: x, y: y, radius: 4), with: Color(rgb: 0x2B_4C7E))
          }
        }
      }
    }
  }
}
