import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOPCI
import VirtIOTesting

typealias ModelDisplay = Display<ModelPlatform, PCITransport<ModelAccess>>

/// How long the driver waits in these tests: on the model that is a number of polls.
let patience = PollingWaiter(timeout: .milliseconds(20))

extension ModelMachine {
  /// The driver on this machine, with its GPU in service.
  func open(buffers: BufferCount = .two) throws -> ModelDisplay {
    try Display.open(makeTransport(), on: platform, buffers: buffers, waiting: patience)
  }
}

/// The driver's whole life on a device that does nothing wrong: no rule may be broken.
@Suite struct LifeTests {
  /// A picture of which each pixel is different.
  static func color(_ x: Int, _ y: Int, _ frame: Int) -> UInt32 {
    UInt32(x & 255) << 16 | UInt32(y & 255) << 8 | UInt32((x ^ y ^ frame &* 37) & 255)
  }

  /// Draws part of a picture.
  static func draw(_ frame: inout Frame, _ area: Rectangle, _ number: Int) {
    let width = frame.width
    var pixels = frame.pixels
    for y in area.y..<area.y + area.height {
      for x in area.x..<area.x + area.width { pixels[y * width + x] = color(x, y, number) }
    }
  }

  /// Draws what is stale of a picture that is known.
  static func draw(_ frame: inout Frame, _ stale: DamageList, of picture: [UInt32]) {
    let width = frame.width
    var pixels = frame.pixels
    for index in stale.rectangles.indices {
      let area = stale.rectangles[index]
      for y in area.y..<area.maxY {
        for x in area.x..<area.maxX { pixels[y * width + x] = picture[y * width + x] }
      }
    }
  }

  @Test("INIT-1, PCI-COM-8, GPU-INIT-1: open and close break no rule and lose nothing")
  func openAndClose() throws {
    let machine = ModelMachine()
    let display = try machine.open()
    #expect(display.scanoutCount == 1)
    #expect(display.features == [.edid])
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
    #expect(machine.liveAllocationCount == 0)
  }

  @Test(
    """
    F-MODEL, F-UNIT, GPU-INIT-2, GPU-D-6, GPU-D-15: the first frame is on the scanout, pixel for \
    pixel
    """)
  func firstFrame() throws {
    let machine = ModelMachine()
    var display = try machine.open()
    var frame = try display.nextFrame(waiting: patience)
    Self.draw(&frame, frame.bounds, 0)
    let presentation = try display.present(frame)
    try display.finish(presentation, waiting: patience)
    let picture = try #require(machine.pixels(ofScanout: 0))
    #expect((picture.width, picture.height) == (64, 48))
    for y in 0..<48 {
      for x in 0..<64 { #expect(picture[x, y].rgb == Self.color(x, y, 0)) }
    }
    #expect(machine.notificationCount(ofQueue: 0) == 2)
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
    #expect(machine.pixels(ofScanout: 0) == nil)
  }

  @Test(
    "SPLIT-KICK-4, SPLIT-BAR-1, SPLIT-BAR-2, CLEAN-1, RFB-8: ten frames with damage, the rest stays",
    arguments: [true, false])
  func damage(ordersForPlatform: Bool) throws {
    var configuration = ModelConfiguration()
    if !ordersForPlatform { configuration.offeredFeatures &= ~(1 << 36) }
    let machine = ModelMachine(configuration)
    var display = try machine.open()
    var expected = [UInt32](repeating: 0, count: 64 * 48)
    for number in 0..<10 {
      var frame = try display.nextFrame(waiting: patience)
      let areas =
        number == 0
        ? [frame.bounds]
        : [
          Rectangle(x: number * 5, y: number * 3, width: 7, height: 5),
          Rectangle(x: 60 - number * 5, y: 40 - number * 3, width: 3, height: 8),
        ]
      Self.draw(&frame, frame.staleRegion, of: expected)
      for area in areas {
        Self.draw(&frame, area, number)
        for y in area.y..<area.y + area.height {
          for x in area.x..<area.x + area.width {
            expected[y * 64 + x] = Self.color(x, y, number)
          }
        }
      }
      let presentation = try display.present(frame, damage: areas.span)
      try display.finish(presentation, waiting: patience)
      let picture = try #require(machine.pixels(ofScanout: 0))
      for index in expected.indices {
        #expect(picture[index % 64, index / 64].rgb == expected[index])
      }
    }
    // One doorbell to open, and one a frame: EDID has none of its own.
    #expect(machine.notificationCount(ofQueue: 0) == 11)
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  @Test("F-CURSOR, GPU-CUR-1, GPU-CUR-2, GPU-D-7, GPU-D-20: the cursor appears, moves and goes")
  func cursor() throws {
    let machine = ModelMachine()
    var display = try machine.open()
    let image = (0..<64 * 64).map { UInt32($0) << 8 | 0xff }
    try display.setCursor(
      image.span, hotspotX: 3, hotspotY: 4, x: 10, y: 20, waiting: patience)
    let cursor = try #require(machine.cursor(ofScanout: 0))
    #expect((cursor.x, cursor.y, cursor.hotspotX, cursor.hotspotY) == (10, 20, 3, 4))
    #expect(cursor.pixels.count == 64 * 64 * 4)
    #expect(cursor.pixels[4 * 100..<4 * 100 + 4] == [0xff, 100, 0, 0])
    try display.moveCursor(toX: 30, y: 40)
    let moved = try #require(machine.cursor(ofScanout: 0))
    #expect((moved.x, moved.y) == (30, 40))
    try display.setCursor(image.span, hotspotX: 0, hotspotY: 0, x: 1, y: 1, waiting: patience)
    try display.hideCursor()
    #expect(machine.cursor(ofScanout: 0) == nil)
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  @Test("GPU-EVT-1, GPU-EVT-2, CFG-3, GPU-D-4: a resized display gets a picture of its new size")
  func resize() throws {
    let machine = ModelMachine()
    var display = try machine.open()
    let first = try display.present(display.nextFrame(waiting: patience))
    try display.finish(first, waiting: patience)
    #expect(try display.takeDisplayEvent(waiting: patience) == false)
    machine.setOutput(0, to: .init(width: 100, height: 30))
    #expect(try display.takeDisplayEvent(waiting: patience))
    for number in 0..<3 {
      var frame = try display.nextFrame(waiting: patience)
      #expect((frame.width, frame.height) == (100, 30))
      Self.draw(&frame, frame.bounds, number)
      let presentation = try display.present(frame)
      try display.finish(presentation, waiting: patience)
    }
    let picture = try #require(machine.pixels(ofScanout: 0))
    #expect((picture.width, picture.height) == (100, 30))
    #expect(picture[99, 29].rgb == Self.color(99, 29, 2))
    // Of the old surface nothing is left: queues, commands, cursor's commands, the ledger, the pixels.
    #expect(machine.liveAllocationCount == 6)
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  @Test(
    """
    F-EDIDCACHE, GPU-INIT-3, GPU-EVT-2: displays are asked for their EDID along with frames, and \
    again
    """)
  func edid() throws {
    var configuration = ModelConfiguration()
    configuration.outputs = [.init(width: 20, height: 10), .init(width: 8, height: 30)]
    configuration.edid = (0..<256).map { UInt8(truncatingIfNeeded: $0 * 3) }
    let machine = ModelMachine(configuration)
    var display = try machine.open()
    let (first, second) = (ScanoutID(rawValue: 0), ScanoutID(rawValue: 1))
    let none = display.edid(of: first)?.bytes.count
    #expect(none == nil, "nobody has asked")
    for round in 0..<2 {
      for id in [first, second] {
        let doorbells = machine.notificationCount(ofQueue: 0)
        let presentation = try display.present(display.nextFrame(on: id, waiting: patience))
        try display.finish(presentation, waiting: patience)
        #expect(machine.notificationCount(ofQueue: 0) == doorbells + 1, "no doorbell of its own")
        let answer = display.edid(of: id)
        let edid = try #require(answer)
        #expect((0..<edid.bytes.count).map { edid.bytes[$0] } == configuration.edid)
      }
      guard round == 0 else { break }
      machine.setOutput(1, to: .init(width: 30, height: 8))
      #expect(try display.takeDisplayEvent(waiting: patience))
      let forgotten = display.edid(of: first)?.bytes.count
      #expect(forgotten == nil, "what was known is out of date")
    }
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
    #expect(machine.liveAllocationCount == 0)
  }

  @Test("F-SCANOUTS, GPU-D-5: two scanouts show two pictures") func twoScanouts() throws {
    var configuration = ModelConfiguration()
    configuration.outputs = [.init(width: 20, height: 10), .init(width: 8, height: 30)]
    let machine = ModelMachine(configuration)
    var display = try machine.open()
    for index in 0..<2 {
      var frame = try display.nextFrame(on: ScanoutID(rawValue: UInt32(index)), waiting: patience)
      Self.draw(&frame, frame.bounds, index)
      let presentation = try display.present(frame)
      try display.finish(presentation, waiting: patience)
    }
    #expect(machine.pixels(ofScanout: 0)?[19, 9].rgb == Self.color(19, 9, 0))
    #expect(machine.pixels(ofScanout: 1)?[7, 29].rgb == Self.color(7, 29, 1))
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  @Test("with one picture and a small queue a frame is complete once the device is done with it")
  func smallQueue() throws {
    var configuration = ModelConfiguration()
    configuration.queueSizes = [16, 2]
    configuration.offeredFeatures = Features([.version1, .accessPlatform]).rawValue
    let machine = ModelMachine(configuration)
    var display = try machine.open(buffers: .one)
    for _ in 0..<5 {
      let presentation = try display.present(display.nextFrame(waiting: patience))
      try display.finish(presentation, waiting: patience)
    }
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  @Test("SPLIT-D-5, SPLIT-AVAIL-1: the indices of 16 bits wrap", .enabled(if: Sweep.isWhole))
  func wrap() throws {
    var configuration = ModelConfiguration()
    configuration.queueSizes = [16, 2]
    configuration.memoryByteCount = 1 << 20
    configuration.traceLimit = 0
    let machine = ModelMachine(configuration)
    var display = try machine.open()
    let image = [UInt32](repeating: 0xff00_ff00, count: 64 * 64)
    try display.setCursor(image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: patience)
    for number in 0..<UInt32(66_000) { try display.moveCursor(toX: number, y: 1) }
    #expect(machine.cursor(ofScanout: 0)?.x == 65_999)
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }
}

extension Picture.Pixel {
  /// The colour as one number.
  var rgb: UInt32 { UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue) }
}
