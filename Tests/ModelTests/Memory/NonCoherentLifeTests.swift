import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOPCI
import VirtIOTesting

/// The unchanged driver on a device that does not snoop the caches: what either side writes is seen by
/// the other, and nothing is lost.
@Suite struct NonCoherentLifeTests {
  /// Caches that keep all they can, and some that evict now and then.
  static let seeds: [UInt64?] = [nil] + (0..<6).map { $0 }

  private static func machine(_ lineByteCount: Int, _ seed: UInt64?) -> ModelMachine {
    var configuration = ModelConfiguration()
    configuration.caches = ModelCacheShape(
      lineByteCount: lineByteCount, seed: seed ?? 0, evictionOneIn: seed == nil ? 0 : 3)
    return ModelMachine(configuration)
  }

  @Test("F-CACHES, S9: a whole life with cache lines of 64 bytes is exact", arguments: seeds)
  func lines64(_ seed: UInt64?) throws {
    try wholeLife(64, seed) { NonCoherentModelPlatform<64>($0) }
  }

  @Test("S9: a whole life with cache lines of 128 bytes is exact", arguments: seeds)
  func lines128(_ seed: UInt64?) throws {
    try wholeLife(128, seed) { NonCoherentModelPlatform<128>($0) }
  }

  @Test("S9: a whole life with the longest lines there can be is exact", arguments: seeds)
  func lines2048(_ seed: UInt64?) throws {
    try wholeLife(2048, seed) { NonCoherentModelPlatform<2048>($0) }
  }

  private func wholeLife<P: Platform>(
    _ lineByteCount: Int, _ seed: UInt64?, _ platform: (ModelMachine) -> P
  ) throws {
    let machine = Self.machine(lineByteCount, seed)
    var frameCount = 0
    try Scenario.run(machine.makeTransport(), on: platform(machine), waiting: patience) { stage in
      switch stage {
      case .frame(let number):
        frameCount += 1
        let picture = machine.pixels(ofScanout: 0)
        #expect(picture.map { Self.wrongPixelCount($0, after: number) } == 0, "\(stage)")
      case .cursorShown:
        let cursor = machine.cursor(ofScanout: 0)
        #expect(
          cursor?.pixels.prefix(3) == [0xff, 0, 0] || cursor?.pixels.prefix(3) == [0xff, 0x80, 0])
      case .cursorMoved(let x, let y):
        let cursor = machine.cursor(ofScanout: 0)
        #expect(cursor?.x == x && cursor?.y == y)
      case .cursorHidden: #expect(machine.cursor(ofScanout: 0) == nil)
      }
    }
    #expect(frameCount == Scenario.frameCount + 1)
    #expect(machine.finish().filter { $0.id != "GPU-INIT-3" } == [])
    #expect(machine.liveAllocationCount == 0)
  }

  @Test(
    "S9: two scanouts at once with lines of 64 bytes, while answers come late", arguments: 0..<6)
  func twoScanouts64(_ seed: UInt64) throws {
    try twoScanouts(64, seed) { NonCoherentModelPlatform<64>($0) }
  }

  @Test(
    "S9: two scanouts at once with lines of 128 bytes, while answers come late", arguments: 0..<6)
  func twoScanouts128(_ seed: UInt64) throws {
    try twoScanouts(128, seed) { NonCoherentModelPlatform<128>($0) }
  }

  @Test(
    "S9: two scanouts at once with the longest lines, while answers come late", arguments: 0..<6)
  func twoScanouts2048(_ seed: UInt64) throws {
    try twoScanouts(2048, seed) { NonCoherentModelPlatform<2048>($0) }
  }

  /// One scanout is given frames while the device is still at those of the other: the driver writes
  /// requests next to responses that the device is writing.
  private func twoScanouts<P: Platform>(
    _ lineByteCount: Int, _ seed: UInt64, _ platform: (ModelMachine) -> P
  ) throws {
    var configuration = ModelConfiguration()
    configuration.caches = ModelCacheShape(
      lineByteCount: lineByteCount, seed: seed, evictionOneIn: 4)
    configuration.outputs = [.init(width: 20, height: 10), .init(width: 24, height: 12)]
    configuration.faults = (0..<40).map {
      ModelFault(on: .buffer(queue: 0), skipping: $0 * 3, .delay(polls: 1 + $0 % 5))
    }
    let machine = ModelMachine(configuration)
    var display = try Display.open(
      machine.makeTransport(), on: platform(machine), waiting: patience)
    for number in 0..<30 {
      let scanout = ScanoutID(rawValue: UInt32(number % 2))
      var frame = try display.nextFrame(on: scanout, waiting: patience)
      LifeTests.draw(&frame, frame.bounds, number)
      let presentation = try display.present(frame)
      if number >= 28 { try display.finish(presentation, waiting: patience) }
    }
    #expect(machine.pixels(ofScanout: 0)?[19, 9].rgb == LifeTests.color(19, 9, 28))
    #expect(machine.pixels(ofScanout: 1)?[23, 11].rgb == LifeTests.color(23, 11, 29))
    try display.close(waiting: patience)
    #expect(machine.finish().filter { $0.id != "GPU-INIT-3" } == [])
  }

  @Test("S9: the device's description of a display arrives, asked for twice", arguments: seeds)
  func edid(_ seed: UInt64?) throws {
    var configuration = ModelConfiguration()
    configuration.caches = ModelCacheShape(
      lineByteCount: 64, seed: seed ?? 0, evictionOneIn: seed == nil ? 0 : 3)
    configuration.edid = (0..<256).map { UInt8(truncatingIfNeeded: $0 * 7 + 1) }
    let machine = ModelMachine(configuration)
    let platform = NonCoherentModelPlatform<64>(machine)
    var display = try Display.open(machine.makeTransport(), on: platform, waiting: patience)
    for _ in 0..<2 {
      let edid = try display.readEDID(of: ScanoutID(rawValue: 0), waiting: patience)
      let bytes = edid.bytes.indices.map { edid.bytes[$0] }
      #expect(bytes == configuration.edid)
    }
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  private static func wrongPixelCount(_ picture: Picture, after number: Int) -> Int {
    let (width, height) = (picture.width, picture.height)
    return (0..<width * height).count { index in
      let (x, y) = (index % width, index / width)
      let expected = Scenario.pixel(x: x, y: y, after: number, width: width, height: height)
      return picture[x, y].rgb != expected
    }
  }

  @Test(
    "S9, RFB-8: each feature of the platform by itself, with memory that is not coherent",
    arguments: [0, 1 << 33, 1 << 36, 1 << 33 | 1 << 36] as [UInt64])
  func features(_ platformFeatures: UInt64) throws {
    var configuration = ModelConfiguration()
    configuration.caches = ModelCacheShape(lineByteCount: 64)
    configuration.offeredFeatures =
      configuration.offeredFeatures & ~(1 << 33 | 1 << 36) | platformFeatures
    let machine = ModelMachine(configuration)
    try Scenario.run(
      machine.makeTransport(), on: NonCoherentModelPlatform<64>(machine), waiting: patience
    ) { _ in }
    #expect(machine.finish().filter { $0.id != "GPU-INIT-3" } == [])
  }

  @Test("S9: a command that is answered too late, and a wrong answer, leave no line behind")
  func faults() throws {
    let machine = Self.machine(64, nil)
    let platform = NonCoherentModelPlatform<64>(machine)
    var display = try Display.open(machine.makeTransport(), on: platform, waiting: patience)
    let transfer: UInt32 = 0x0105
    machine.inject(ModelFault(on: .command(transfer), .refuse(0x1200)))
    machine.inject(ModelFault(on: .command(transfer), skipping: 1, .delay(polls: 40)))
    var failureCount = 0
    for _ in 0..<12 {
      do throws(GPUError) {
        let frame = try display.nextFrame(waiting: patience)
        try display.finish(try display.present(frame), waiting: patience)
      } catch {
        failureCount += 1
      }
    }
    #expect(failureCount == 1)
    try display.close(waiting: patience)
    #expect(machine.finish().filter { $0.id != "GPU-INIT-3" } == [])
  }
}
