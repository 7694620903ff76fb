import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// Pictures that the device shows where they were drawn.
@Suite struct BlobLifeTests {
  private static func machine(
    _ change: (inout ModelConfiguration) -> Void = { _ in }
  ) -> ModelMachine {
    var configuration = ModelConfiguration()
    configuration.offeredFeatures |= 1 << 3 | 1 << 5
    change(&configuration)
    return ModelMachine(configuration)
  }

  private static func open(
    _ machine: ModelMachine, _ flags: BlobFlags = [], buffers: BufferCount = .two
  ) throws -> ModelDisplay {
    try Display.open(
      machine.makeTransport(), on: machine.platform, buffers: buffers, pixels: .shared(flags),
      waiting: patience)
  }

  private static func isShown(_ machine: ModelMachine, _ expected: [UInt32], width: Int) -> Bool {
    guard let picture = machine.pixels(ofScanout: 0), picture.width == width else { return false }
    return expected.indices.allSatisfy {
      picture[$0 % width, $0 / width].rgb == expected[$0]
    }
  }

  private static func parts(_ number: Int) -> [Rectangle] {
    [
      Rectangle(x: number * 5 % 50, y: number * 3 % 40, width: 7, height: 5),
      Rectangle(x: 60 - number * 5 % 50, y: 40 - number * 3 % 40, width: 3, height: 8),
    ]
  }

  @Test(
    """
    F-BLOB, F-ALIGNMENT, GPU-BLOB-1, GPU-BLOB-2, GPU-ALIGN-1, GPU-SCANBLOB-1, GPU-D-13, GPU-D-15, \
    GPU-D-17: frames with damage are shown in place, pixel for pixel, and nothing is transferred
    """,
    arguments: BufferCount.allCases, [UInt32(1), 4096, 65536])
  func damage(_ buffers: BufferCount, _ alignment: UInt32) throws {
    let machine = Self.machine { $0.blobAlignment = alignment }
    var display = try Self.open(machine, buffers: buffers)
    #expect(display.features == [.edid, .resourceBlob, .blobAlignment])
    var expected = [UInt32](repeating: 0, count: 64 * 48)
    for number in 0..<20 {
      var frame = try display.nextFrame(waiting: patience)
      #expect(frame.pixels.count == 64 * 48)
      LifeTests.draw(&frame, frame.staleRegion, of: expected)
      let areas = number == 0 ? [frame.bounds] : Self.parts(number)
      for area in areas {
        LifeTests.draw(&frame, area, number)
        for y in area.y..<area.maxY {
          for x in area.x..<area.maxX { expected[y * 64 + x] = LifeTests.color(x, y, number) }
        }
      }
      try display.finish(try display.present(frame, damage: areas.span), waiting: patience)
      #expect(Self.isShown(machine, expected, width: 64), "\(number)")
    }
    try display.close(waiting: patience)
    let commands = machine.commands
    #expect(!commands.contains(0x105) && !commands.contains(0x101) && !commands.contains(0x106))
    #expect(!commands.contains(0x107))
    #expect(commands.count { $0 == 0x10c } == 1 && commands.count { $0 == 0x104 } == 20)
    // With one picture nothing moves.
    #expect(commands.count { $0 == 0x10d } == (buffers == .one ? 1 : 20))
    #expect(machine.finish() == [])
    #expect(machine.liveAllocationCount == 0)
  }

  @Test("a frame comes back when another has taken its place on the scanout, and no sooner")
  func ownership() throws {
    let machine = Self.machine()
    var display = try Self.open(machine, buffers: .two)
    let first = try display.present(display.nextFrame(waiting: patience))
    try display.finish(first, waiting: patience)
    let second = try display.nextFrame(waiting: patience)
    let none = try display.tryNextFrame() == nil
    #expect(none, "the one is shown, the other in hand")
    try display.finish(try display.present(second), waiting: patience)
    let hasThird = try display.tryNextFrame() != nil
    #expect(hasThird)
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  @Test(
    "MODEL-GPU-8: whole frames as fast as they go, each drawn only where it is not shown",
    arguments: [BufferCount.two, .three], [PresentationPolicy.queued, .mailbox])
  func wholeFrames(_ buffers: BufferCount, _ policy: PresentationPolicy) throws {
    let machine = Self.machine { $0.notifications = .always }
    var display = try Self.open(machine, buffers: buffers)
    var last: Presentation?
    for number in 0..<100 {
      var frame = try display.nextFrame(waiting: patience)
      LifeTests.draw(&frame, frame.bounds, number)
      last = try display.present(frame, as: policy)
    }
    try display.finish(try #require(last), waiting: patience)
    let expected = (0..<64 * 48).map { LifeTests.color($0 % 64, $0 / 64, 99) }
    #expect(Self.isShown(machine, expected, width: 64))
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
    #expect(machine.liveAllocationCount == 0)
  }

  @Test("a display of another size gets another blob, and the first goes")
  func resize() throws {
    let machine = Self.machine()
    var display = try Self.open(machine)
    for width: UInt32 in [64, 100, 33] {
      machine.setOutput(0, to: .init(width: width, height: 30))
      _ = try display.takeDisplayEvent(waiting: patience)
      for number in 0..<3 {
        var frame = try display.nextFrame(waiting: patience)
        LifeTests.draw(&frame, frame.bounds, number)
        try display.finish(try display.present(frame), waiting: patience)
      }
      let expected = (0..<Int(width) * 30).map {
        LifeTests.color($0 % Int(width), $0 / Int(width), 2)
      }
      #expect(Self.isShown(machine, expected, width: Int(width)))
    }
    #expect(machine.commands.count { $0 == 0x10c } == 3)
    #expect(machine.commands.count { $0 == 0x102 } == 2)
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
    #expect(machine.liveAllocationCount == 0)
  }

  @Test("without coherent caches, all that was drawn in a slot is there when it is shown")
  func nonCoherent() throws {
    let machine = Self.machine {
      $0.caches = ModelCacheShape(lineByteCount: 64, seed: 11, evictionOneIn: 16)
    }
    var display = try Display.open(
      machine.makeTransport(), on: NonCoherentModelPlatform<64>(machine), pixels: .shared([]),
      waiting: patience)
    var expected = [UInt32](repeating: 0, count: 64 * 48)
    for number in 0..<12 {
      var frame = try display.nextFrame(waiting: patience)
      LifeTests.draw(&frame, frame.staleRegion, of: expected)
      let areas = number == 0 ? [frame.bounds] : Self.parts(number)
      for area in areas {
        LifeTests.draw(&frame, area, number)
        for y in area.y..<area.maxY {
          for x in area.x..<area.maxX { expected[y * 64 + x] = LifeTests.color(x, y, number) }
        }
      }
      try display.finish(try display.present(frame, damage: areas.span), waiting: patience)
      #expect(Self.isShown(machine, expected, width: 64), "\(number)")
    }
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  @Test("a device without blobs, or with an impossible alignment, is refused in words")
  func refused() throws {
    for (features, alignment) in [
      (UInt64(0), UInt32(4096)), (1 << 5, 4096), (3 << 3 & 8 | 1 << 5, 3),
    ] {
      var configuration = ModelConfiguration()
      configuration.offeredFeatures |= features
      configuration.blobAlignment = alignment
      let machine = ModelMachine(configuration)
      let expected: GPUError =
        features & 8 == 0 ? .notOffered(.resourceBlob) : .invalidBlobAlignment(3)
      #expect(throws: expected) {
        let display = try Self.open(machine)
        try display.close(waiting: patience)
      }
      #expect(machine.finish() == [])
      #expect(machine.liveAllocationCount == 0)
    }
  }

  @Test("GPU-D-3, RFB-D-1: a program that asks for no blobs gets none, and no alignment either")
  func unasked() throws {
    let machine = Self.machine()
    var display = try machine.open()
    #expect(display.features == [.edid])
    try display.finish(
      try display.present(try display.nextFrame(waiting: patience)), waiting: patience)
    try display.close(waiting: patience)
    #expect(!machine.commands.contains { $0 == 0x10c || $0 == 0x10d || $0 >= 0x200 && $0 < 0x300 })
    #expect(machine.finish() == [])
  }

  @Test(
    "S9: out of memory at any allocation is a typed error, loses nothing, and can be tried again")
  func allocations() throws {
    let whole = Self.machine()
    _ = try Self.open(whole).close(waiting: patience)
    let before = whole.allocationCount
    for site in before..<before + 2 {
      let machine = Self.machine()
      var display = try Self.open(machine)
      machine.failAllocations(site..<site + 1)
      var errors = 0
      do throws(GPUError) {
        _ = try display.nextFrame(waiting: patience)
      } catch {
        errors += 1
      }
      #expect(errors == 1)
      try display.finish(
        try display.present(try display.nextFrame(waiting: patience)), waiting: patience)
      try display.close(waiting: patience)
      #expect(machine.finish() == [])
      #expect(machine.liveAllocationCount == 0)
    }
  }
}
