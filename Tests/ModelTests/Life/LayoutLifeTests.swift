import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// Sizes, mirrors, spans and panning on a device that checks all rules.
@Suite struct LayoutLifeTests {
  private let ids = (0..<16).map { ScanoutID(rawValue: $0) }

  private static func machine(_ outputs: [ModelConfiguration.Output], _ queueSize: UInt16 = 64)
    -> ModelMachine
  {
    var configuration = ModelConfiguration()
    configuration.outputs = outputs
    configuration.queueSizes = [queueSize, 16]
    return ModelMachine(configuration)
  }

  static func output(_ width: UInt32, _ height: UInt32, x: UInt32 = 0, y: UInt32 = 0)
    -> ModelConfiguration.Output
  {
    var output = ModelConfiguration.Output(width: width, height: height)
    (output.x, output.y) = (x, y)
    return output
  }

  /// Presents a whole picture, by default of the first surface.
  static func draw(
    _ number: Int, _ display: inout ModelDisplay, on id: ScanoutID? = nil
  ) throws {
    var frame = try display.nextFrame(on: id, waiting: patience)
    LifeTests.draw(&frame, frame.bounds, number)
    try display.finish(display.present(frame), waiting: patience)
  }

  /// How many pixels of a scanout differ from a part of a picture.
  static func wrongPixelCount(
    _ machine: ModelMachine, _ scanout: Int, _ part: Rectangle, _ number: Int
  ) -> Int? {
    guard let picture = machine.pixels(ofScanout: scanout),
      picture.width == part.width, picture.height == part.height
    else { return nil }
    var count = 0
    for y in 0..<part.height {
      for x in 0..<part.width
      where picture[x, y].rgb != LifeTests.color(part.x + x, part.y + y, number) { count += 1 }
    }
    return count
  }

  static func close(_ display: consuming ModelDisplay, _ machine: ModelMachine) throws {
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
    #expect(machine.liveAllocationCount == 0)
  }

  @Test(
    "F-SPAN, GPU-D-15: a span where the displays are placed, in both dimensions",
    arguments: [64, 16] as [UInt16])
  func span(_ queueSize: UInt16) throws {
    let outputs = [
      Self.output(20, 10, x: 100, y: 50), Self.output(8, 30, x: 120, y: 45),
      Self.output(20, 9, x: 100, y: 60),
    ]
    let machine = Self.machine(outputs, queueSize)
    var display = try machine.open()
    for number in 0..<3 { try Self.draw(number, &display, on: ids[number]) }
    try display.span(ids.span.extracting(0..<3))
    let parts = [
      Rectangle(x: 0, y: 5, width: 20, height: 10), Rectangle(x: 20, y: 0, width: 8, height: 30),
      Rectangle(x: 0, y: 15, width: 20, height: 9),
    ]
    for number in 3..<9 { try Self.draw(number, &display) }
    for (scanout, part) in parts.enumerated() {
      #expect(Self.wrongPixelCount(machine, scanout, part, 8) == 0)
    }
    for id in ids.prefix(3) { try display.followDisplay(on: id) }
    for number in 0..<3 { try Self.draw(number, &display, on: ids[number]) }
    #expect(
      Self.wrongPixelCount(machine, 1, Rectangle(x: 0, y: 0, width: 8, height: 30), 1) == 0)
    try Self.close(display, machine)
  }

  @Test(
    """
    F-SCANOUTS, F-MIRROR: sixteen scanouts show one surface
    """, arguments: [64, 16] as [UInt16], [false, true])
  func sixteen(_ queueSize: UInt16, isMirror: Bool) throws {
    let machine = Self.machine(Array(repeating: Self.output(16, 16), count: 16), queueSize)
    var display = try machine.open()
    for id in ids { try Self.draw(0, &display, on: id) }
    if isMirror {
      for id in ids.dropFirst() { try display.mirror(ids[0], on: id) }
    } else {
      try display.span(ids.span, arranged: .sideBySide)
    }
    for number in 1..<12 { try Self.draw(number, &display) }
    for scanout in 0..<16 {
      let part = Rectangle(x: isMirror ? 0 : 16 * scanout, y: 0, width: 16, height: 16)
      #expect(Self.wrongPixelCount(machine, scanout, part, 11) == 0, "\(scanout)")
    }
    try Self.close(display, machine)
  }

  @Test("sizes, mirrors and panning, one after the other: no rule is broken, nothing is lost")
  func all() throws {
    let machine = Self.machine([Self.output(64, 48), Self.output(30, 40)])
    var display = try machine.open(buffers: .three)
    for index in 0..<2 { try Self.draw(index, &display, on: ids[index]) }
    let whole = Rectangle(x: 0, y: 0, width: 100, height: 70)
    for number in 0..<5 {
      try display.setMode(width: 100, height: 70, on: ids[0])
      try display.mirror(ids[0], on: ids[1])
      try Self.draw(number, &display)
      #expect(Self.wrongPixelCount(machine, 1, whole, number) == 0)
      for step in 0..<8 {
        let part = Rectangle(x: 5 * step, y: 3 * step, width: 30, height: 40)
        try display.show(part, of: ids[0], on: ids[1])
        if step & 1 == 0 { try Self.draw(number + step, &display) } else { try display.drain() }
        #expect(Self.wrongPixelCount(machine, 1, part, number + step & ~1) == 0)
      }
      try display.followDisplay(on: ids[0])
      try display.followDisplay(on: ids[1])
      for index in 0..<2 { try Self.draw(index, &display, on: ids[index]) }
    }
    try Self.close(display, machine)
  }

  @Test("a device that wants a resource for each slot shows spans and views too")
  func separate() throws {
    var configuration = ModelConfiguration()
    configuration.outputs = [Self.output(20, 10), Self.output(8, 30)]
    configuration.refusesFurtherBacking = true
    let machine = ModelMachine(configuration)
    var display = try machine.open()
    for number in 0..<4 { try Self.draw(number, &display, on: ids[number & 1]) }
    try display.span(ids.span.extracting(0..<2), arranged: .sideBySide)
    let left = Rectangle(x: 0, y: 0, width: 20, height: 10)
    let right = Rectangle(x: 20, y: 0, width: 8, height: 30)
    for number in 0..<6 {
      try Self.draw(number, &display)
      #expect(Self.wrongPixelCount(machine, 0, left, number) == 0)
      #expect(Self.wrongPixelCount(machine, 1, right, number) == 0)
    }
    try display.show(left, of: ids[0], on: ids[1])
    try display.drain()
    #expect(Self.wrongPixelCount(machine, 1, left, 5) == 0)
    try Self.close(display, machine)
  }
}
