import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// Layouts, sizes and formats, by transfers and where the device shows the memory itself: each comes back when
/// the device has broken.
@Suite struct LayoutRecoveryTests {
  /// What three displays show.
  enum Layout: CaseIterable {
    case own, mirror, span, view, size, format
  }

  private static let ids = (0..<3).map { ScanoutID(rawValue: $0) }
  private static let sizes = [(40, 30), (24, 30), (40, 16)]

  private static func machine(_ queueSize: UInt16) -> ModelMachine {
    var configuration = ModelConfiguration()
    configuration.offeredFeatures |= 1 << 3 | 1 << 5
    configuration.queueSizes = [queueSize, 16]
    configuration.outputs = sizes.map { LayoutLifeTests.output(UInt32($0), UInt32($1)) }
    return ModelMachine(configuration)
  }

  /// Has the displays show something.
  ///
  /// - Returns: Of each of them, whose surface and which part of it.
  private static func arrange(
    _ layout: Layout, _ display: inout ModelDisplay
  ) throws -> [(source: Int, part: Rectangle)] {
    let own = sizes.map { Rectangle(x: 0, y: 0, width: $0, height: $1) }
    var shown = own.enumerated().map { (source: $0.offset, part: $0.element) }
    switch layout {
    case .own: break
    case .mirror:
      for index in 1..<3 {
        try display.mirror(ids[0], on: ids[index])
        shown[index] = (0, own[0])
      }
    case .span:
      try display.span(ids.span, arranged: .sideBySide)
      for index in 0..<3 {
        shown[index] = (0, own[index])
        shown[index].part.x = own.prefix(index).reduce(0) { $0 + $1.width }
      }
    case .view:
      try display.setMode(width: 100, height: 80, on: ids[1])
      let part = Rectangle(x: 17, y: 23, width: 24, height: 30)
      try display.show(part, of: ids[1], on: ids[1])
      try display.show(part, of: ids[1], on: ids[2])
      shown[1] = (1, part)
      shown[2] = (1, part)
    case .size:
      try display.setMode(width: 33, height: 17, on: ids[0])
      shown[0].part = Rectangle(x: 0, y: 0, width: 33, height: 17)
    case .format:
      try display.setMode(width: 40, height: 30, format: .b8g8r8a8, on: ids[0])
    }
    return shown
  }

  private static func wrongScanouts(
    _ machine: ModelMachine, _ shown: [(source: Int, part: Rectangle)], _ numbers: [Int]
  ) -> [Int] {
    shown.indices.filter {
      let (source, part) = shown[$0]
      return LayoutLifeTests.wrongPixelCount(machine, $0, part, numbers[source]) != 0
    }
  }

  @Test(
    "F-RECOVERY, H08: what the displays were to show is shown again, however it was laid out",
    arguments: Layout.allCases,
    [(64, false), (64, true), (16, false), (16, true)] as [(UInt16, Bool)])
  func layouts(_ layout: Layout, _ setting: (queueSize: UInt16, isShared: Bool)) throws {
    let machine = Self.machine(setting.queueSize)
    var display = try Display.open(
      machine.makeTransport(), on: machine.platform, buffers: .two,
      pixels: setting.isShared ? .shared([]) : .transferred, waiting: patience)
    for id in Self.ids.reversed() { try LayoutLifeTests.draw(0, &display, on: id) }
    let shown = try Self.arrange(layout, &display)
    let sources = Set(shown.map(\.source)).sorted()
    var numbers = [0, 0, 0]
    for number in 1..<6 {
      for source in sources {
        try LayoutLifeTests.draw(number * 3 + source, &display, on: Self.ids[source])
        numbers[source] = number * 3 + source
      }
      #expect(Self.wrongScanouts(machine, shown, numbers) == [], "\(number)")
    }
    for round in 0..<3 {
      machine.breakDevice()
      try display.recover(waiting: patience)
      // On a small queue, and where others show a surface, the rest follows with the next calls.
      for _ in 0..<4 { try display.drain() }
      #expect(Self.wrongScanouts(machine, shown, numbers) == [], "\(round)")
      for source in sources {
        numbers[source] += 100
        try LayoutLifeTests.draw(numbers[source], &display, on: Self.ids[source])
      }
      #expect(Self.wrongScanouts(machine, shown, numbers) == [], "\(round)")
    }
    try LayoutLifeTests.close(display, machine)
  }

  @Test("H08: what was refused before the device broke is not told afterwards, but shown")
  func refusedBefore() throws {
    let machine = Self.machine(64)
    var display = try machine.open()
    for id in Self.ids { try LayoutLifeTests.draw(0, &display, on: id) }
    machine.inject(ModelFault(on: .command(0x103), .refuse(0x1200)))
    try display.mirror(Self.ids[0], on: Self.ids[2])
    try display.drain()
    machine.breakDevice()
    try display.recover(waiting: patience)
    try LayoutLifeTests.draw(7, &display, on: Self.ids[0])
    let own = Rectangle(x: 0, y: 0, width: 40, height: 30)
    #expect(LayoutLifeTests.wrongPixelCount(machine, 0, own, 7) == 0)
    // It has gone back to its own surface.
    let last = Rectangle(x: 0, y: 0, width: 40, height: 16)
    try LayoutLifeTests.draw(8, &display, on: Self.ids[2])
    #expect(LayoutLifeTests.wrongPixelCount(machine, 2, last, 8) == 0)
    try LayoutLifeTests.close(display, machine)
  }
}
