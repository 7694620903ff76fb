import Foundation
import Testing
import VirtIOGraphics
import VirtIOTesting

/// The report of a crash on the display: each pixel of it, whatever the kernel was doing.
@Suite struct CrashScreenTests {
  /// `Faults` on a machine with a GPU; it stays when its report is shown.
  static func configuration(
    _ append: String, gpu: String = MachineShape.gpu(1280, 800), stays: Bool = true
  ) throws -> MachineConfiguration {
    var machine = MachineConfiguration(image: try Repository.image("Faults"))
    machine.gpus = [gpu]
    machine.append = append + (stays ? " crash=halt" : "")
    return machine
  }

  /// Waits until the report is on so many scanouts.
  ///
  /// - Returns: The report.
  static func report(_ machine: QEMUMachine, scanouts: Int = 1) async throws -> [String] {
    let last = "crash screen: on scanout \(scanouts - 1)"
    guard try await machine.serial.first(where: { $0.text == last }) != nil else {
      throw machine.ended(waitingFor: last)
    }
    let lines = machine.serial.lines.map(\.text)
    let start = try #require(lines.firstIndex { $0.hasPrefix("PANIC: ") })
    #expect(lines.count { $0.contains("PANIC") } == 1)
    return lines[start...].filter { !$0.hasPrefix("crash screen: ") }
  }

  /// The report as a picture, by the code that draws it in the kernel.
  static func picture(of report: [String], width: Int, height: Int) -> Picture? {
    var pixels = [UInt32](repeating: 0, count: width * height)
    let text = Array(report.map { "\($0)\n" }.joined().utf8)
    var canvas = Canvas(
      width: width, height: height, format: .b8g8r8x8, pixels: pixels.mutableSpan)
    CrashPage(width: width, height: height).draw(text.span, on: &canvas)
    let bytes = pixels.flatMap { [UInt8($0 >> 16 & 255), UInt8($0 >> 8 & 255), UInt8($0 & 255)] }
    return Picture(width: width, height: height, bytes: bytes)
  }

  /// Compares a head with a report.
  static func check(
    _ machine: QEMUMachine, _ report: [String], head: Int = 0, width: Int = 1280,
    height: Int = 800, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let shown = try await machine.picture(gpu: 0, head: head)
    #expect(shown.width == width && shown.height == height, sourceLocation: sourceLocation)
    let isRight = shown == picture(of: report, width: width, height: height)
    #expect(isRight, "head \(head)", sourceLocation: sourceLocation)
    #expect(
      shown.width < 16 || shown[0, 0] == .init(red: 0x8E, green: 0x1F, blue: 0x2F),
      sourceLocation: sourceLocation)
  }

  @Test(
    "F-CRASH: each fault is on the display as it is on the serial line",
    arguments: ["stack", "text", "execute", "null", "unmapped", "panic", "hoard"])
  func faults(_ fault: String) async throws {
    try await MachineSlots.shared.run(Self.configuration("fault=\(fault)")) { machine in
      let report = try await Self.report(machine)
      #expect(report.contains("backtrace:"))
      try await Self.check(machine, report)
      #expect(machine.guestErrors() == [])
    }
  }

  @Test("the characters on the display are those on the serial line, read from its pixels")
  func reading() async throws {
    try await MachineSlots.shared.run(Self.configuration("fault=text")) { machine in
      let report = try await Self.report(machine)
      let picture = try await machine.picture(gpu: 0, head: 0)
      let rows = ScreenReader(scale: 2).rows(of: picture)
      // Long lines go on in the next row, indented.
      let lines = rows.reduce(into: [String]()) { lines, row in
        if row.hasPrefix("  0x"), let last = lines.popLast() {
          lines.append("\(last) \(row.dropFirst(2))")
        } else if !row.isEmpty {
          lines.append(row)
        }
      }
      #expect(lines == report)
    }
  }

  @Test(
    """
    F-CRASH: whatever the display was doing: idle, with frames in flight, in need of a reset, in \
    a handler
    """,
    arguments: ["frame", "flight", "broken", "handler"], ["virt", "gic-version=3"])
  func states(_ state: String, _ machineOption: String) async throws {
    for fault in ["panic", "stack"] {
      var configuration = try Self.configuration("fault=\(fault) state=\(state)")
      if machineOption != "virt" { configuration.machineOptions = [machineOption] }
      try await MachineSlots.shared.run(configuration) { machine in
        let report = try await Self.report(machine)
        try await Self.check(machine, report)
        let lines = machine.serial.lines.map(\.text)
        #expect(lines.contains("FAULTS status=0x4f") == (state == "broken"))
        if state == "handler", fault == "stack" {
          #expect(report.first?.hasPrefix("PANIC: interrupt stack overflow: ") == true)
        }
        // A queue that was broken makes the device do old commands again.
        if state != "broken" { #expect(machine.guestErrors() == []) }
      }
    }
  }

  @Test("a GPU without PCI", arguments: ["boot", "flight", "handler"])
  func withoutPCI(_ state: String) async throws {
    var configuration = try Self.configuration(
      "fault=null gpu=slot state=\(state)", gpu: "virtio-gpu-device,xres=800,yres=600")
    configuration.extraArguments = ["-global", "virtio-mmio.force-legacy=false"]
    try await MachineSlots.shared.run(configuration) { machine in
      let report = try await Self.report(machine)
      try await Self.check(machine, report, width: 800, height: 600)
      #expect(machine.guestErrors() == [])
    }
  }

  @Test(
    "any size: what does not fit is left out, with care",
    arguments: [
      (16, 16), (17, 40), (100, 60), (320, 200), (641, 399), (1023, 769), (1920, 1080),
      (4001, 17), (17, 4001),
    ])
  func sizes(_ width: Int, _ height: Int) async throws {
    let configuration = try Self.configuration(
      "fault=stack", gpu: MachineShape.gpu(width, height))
    try await MachineSlots.shared.run(configuration) { machine in
      let report = try await Self.report(machine)
      try await Self.check(machine, report, width: width, height: height)
    }
  }

  @Test("a second head shows it too, in its own size")
  func twoHeads() async throws {
    var configuration = try Self.configuration(
      "fault=unmapped state=flight", gpu: MachineShape.gpu(640, 480, "max_outputs=2"))
    configuration.display = .heads(2)
    configuration.startsStopped = true
    try await MachineSlots.shared.run(configuration) { machine in
      try await machine.setDesktopSize(head: 1, width: 1000, height: 700)
      try await machine.resume()
      let report = try await Self.report(machine, scanouts: 2)
      try await Self.check(machine, report, width: 640, height: 480)
      try await Self.check(machine, report, head: 1, width: 1000, height: 700)
    }
  }

  @Test("a display that is too large is left as it is, and that is said; then the machine is off")
  func tooLarge() async throws {
    let configuration = try Self.configuration(
      "fault=panic", gpu: MachineShape.gpu(2000, 2000))
    try await MachineSlots.shared.run(configuration) { machine in
      try await machine.waitUntilEnded()
      #expect(
        machine.serial.lines.last?.text
          == "crash screen: not on scanout 0: no memory for 16000000 contiguous bytes")
    }
  }

  @Test("without crash=halt the machine is switched off when the report is shown")
  func powersOff() async throws {
    let configuration = try Self.configuration("fault=panic state=flight", stays: false)
    try await MachineSlots.shared.run(configuration) { machine in
      try await machine.waitUntilEnded()
      #expect(machine.serial.lines.last?.text == "crash screen: on scanout 0")
    }
  }

  @Test(
    "a crash screen that crashes gets one line, then power-off",
    arguments: ["fault", "stack", "panic"])
  func crashes(_ screen: String) async throws {
    let configuration = try Self.configuration("fault=text screen=\(screen)")
    try await MachineSlots.shared.run(configuration) { machine in
      try await machine.waitUntilEnded()
      let lines = machine.serial.lines.map(\.text)
      let last = try #require(lines.last)
      if screen == "panic" {
        #expect(lines.contains("PANIC: the crash screen was asked to panic"))
      } else {
        #expect(last.hasPrefix("crash screen: exception: ESR 0x960000"))
        #expect(lines.count { $0.contains("exception: ") } == 1)
      }
      #expect(lines.first?.hasPrefix("PANIC: write to read-only memory") == true)
    }
  }

  @Test("its work is bounded: so many accesses to the GPU, however it was left")
  func accesses() async throws {
    for state in ["boot", "handler"] {
      var configuration = try Self.configuration("fault=panic state=\(state)")
      configuration.traceEvents = ["memory_region_ops_read", "memory_region_ops_write"]
      try await MachineSlots.shared.run(configuration) { machine in
        _ = try await Self.report(machine)
        // Nobody else has driven it.
        let accesses = machine.log().filter { $0.contains("'virtio-pci-") }
        #expect((20...120).contains(accesses.count), "\(accesses.count)")
      }
    }
  }

  /// Has the processor refuse the first instruction of a function, of each of its forms, the next time that
  /// it runs.
  private static func poison(
    _ image: String, _ function: String, by memory: QTestClient
  ) async throws {
    let path = try Repository.image(image)
    let file = try #require(FileManager.default.contents(atPath: path))
    let symbols = try ELFSymbols([UInt8](file)).symbols.filter { $0.name.contains(function) }
    try #require(!symbols.isEmpty, "\(function)")
    for symbol in symbols { try await memory.write32(symbol.address, 0) }
  }

  @Test(
    "images that were at work: TestCard waiting, the Showcase in motion",
    arguments: [("TestCard", "serveEvents"), ("Showcase", "advance")], ["poll", "interrupt"])
  func images(_ image: (String, String), _ wait: String) async throws {
    var configuration = MachineConfiguration(image: try Repository.image(image.0))
    configuration.gpus = [MachineShape.gpu(1280, 800)]
    configuration.append = "crash=halt wait=\(wait)"
    configuration.hasTestAccess = true
    try await MachineSlots.shared.run(configuration) { machine in
      try await machine.waitUntilReady()
      try await Self.poison(image.0, image.1, by: machine.connectTestAccess())
      let report = try await Self.report(machine)
      #expect(report.first?.hasPrefix("PANIC: unexpected exception: ") == true)
      try await Self.check(machine, report)
      #expect(machine.guestErrors() == [])
    }
  }

  @Test("a device that is not where it was never leaves reset: one line, then power-off")
  func neverReset() async throws {
    var configuration = MachineConfiguration(image: try Repository.image("TestCard"))
    configuration.gpus = [MachineShape.gpu(640, 480, "addr=1")]
    configuration.append = "crash=halt wait=poll"
    configuration.hasTestAccess = true
    try await MachineSlots.shared.run(configuration) { machine in
      try await machine.waitUntilReady()
      let memory = try machine.connectTestAccess()
      let function = OutsideConfiguration(slot: 1, memory)
      try await function.write32(try await function.read32(at: 0x20) + 0x80_0000, at: 0x20)
      try await Self.poison("TestCard", "serveEvents", by: memory)
      try await machine.waitUntilEnded()
      let lines = machine.serial.lines.map(\.text).filter { $0.hasPrefix("crash screen: ") }
      #expect(
        lines == ["crash screen: the device never left reset: expected status 0, found 0xff"])
    }
  }
}

/// Reads the text of a crash screen from its pixels, by the font alone.
struct ScreenReader {
  let scale: Int

  /// The character whose glyph these pixels are.
  private func character(_ isInk: (Int, Int) -> Bool) -> Character {
    let font = BasicFont()
    let rows = (0..<8).map { y in
      (0..<6).reduce(UInt32(0)) { $0 | (isInk($1, y) ? 1 << UInt32(31 - $1) : 0) }
    }
    for code in UInt8(0x20)...0x7E {
      let scalar = Unicode.Scalar(code)
      if (0..<8).allSatisfy({ font.row($0, of: scalar) == rows[$0] }) { return Character(scalar) }
    }
    return "\u{FFFD}"
  }

  /// The rows of the band and of what is below, without spaces at their ends.
  func rows(of picture: Picture) -> [String] {
    let margin = 12 * scale
    let band = picture[0, 0]
    let bandHeight = (0..<picture.height).first { picture[0, $0] != band } ?? picture.height
    let inks: Set<Picture.Pixel> = [
      .init(red: 255, green: 255, blue: 255), .init(red: 0xD8, green: 0xE0, blue: 0xEC),
    ]
    let tops =
      Array(stride(from: margin, to: bandHeight - margin, by: 10 * scale))
      + stride(
        from: bandHeight + margin, through: picture.height - margin - 8 * scale, by: 10 * scale)
    return tops.map { top in
      var row = ""
      for column in 0..<(picture.width - 2 * margin) / (6 * scale) {
        row.append(
          character { x, y in
            inks.contains(
              picture[margin + (column * 6 + x) * scale + scale / 2, top + y * scale + scale / 2])
          })
      }
      while row.last == " " { row.removeLast() }
      return row
    }
  }
}
