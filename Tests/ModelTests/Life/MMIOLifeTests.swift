import Testing
import VirtIO
import VirtIOGPU
import VirtIOMMIO
import VirtIOTesting

/// The driver's life over registers in memory: the same as over PCI, and no rule may be broken.
@Suite struct MMIOLifeTests {
  private static func machine(
    _ faults: [ModelFault] = [], offering features: Features = []
  ) -> ModelMachine {
    var configuration = ModelConfiguration()
    configuration.offeredFeatures |= features.rawValue
    configuration.bus = .memory
    configuration.faults = faults
    return ModelMachine(configuration)
  }

  private static func transport(_ machine: ModelMachine) throws -> MMIOTransport<ModelAccess> {
    guard let transport = try machine.makeSlotTransport() else {
      throw MMIOError.wrongMagic(found: 0)
    }
    return transport
  }

  @Test(
    "CONF-4, MMIO-1, MMIO-2, MMIO-3, MMIO-4, MMIO-14, MMIO-15, MMIO-17, MMIO-INIT-6: one life of a display"
  )
  func wholeLife() throws {
    let machine = Self.machine()
    var stages: [Scenario.Stage] = []
    try Scenario.run(Self.transport(machine), on: machine.platform, waiting: patience) { stage in
      stages.append(stage)
      guard case .frame(let number) = stage else { return }
      let picture = machine.pixels(ofScanout: 0)
      let wrong = picture.map { ModelScenarioTests.wrongPixelCount($0, after: number) }
      #expect(wrong == 0, "\(stage)")
    }
    #expect(stages.count == Scenario.frameCount + 1 + 10 + 1)
    #expect(machine.finish() == [])
    #expect(machine.liveAllocationCount == 0)
  }

  @Test("MMIO-8, MMIO-10, MMIO-12, MMIO-13, MMIO-INIT-4: what is not to be driven is left alone")
  func refused() throws {
    let magic = Self.machine([.init(on: .read(.magicValue), .value(0))])
    #expect(throws: MMIOError.wrongMagic(found: 0)) { _ = try Self.transport(magic) }
    let version = Self.machine([.init(on: .read(.version), .value(1))])
    #expect(throws: MMIOError.wrongVersion(found: 1)) { _ = try Self.transport(version) }
    let empty = Self.machine([.init(on: .read(.deviceID), .value(0))])
    let isThere = try empty.makeSlotTransport() != nil
    #expect(!isThere)
    for machine in [magic, version, empty] { #expect(machine.finish() == []) }
  }

  @Test(
    "MMIO-INT-1, MMIO-INT-3, MMIO-21, MMIO-22: interrupts, each acknowledged, and the line is let go of"
  )
  func interrupts() throws {
    let machine = Self.machine()
    var display = try Display.open(
      Self.transport(machine), on: machine.platform, waiting: patience)
    let handler = display.interruptHandler
    display.enableInterrupts()
    while handler.handleLineInterrupt() {}
    _ = try display.takeDisplayEvent(waiting: patience)
    let frame = try display.nextFrame(waiting: patience)
    try display.finish(try display.present(frame), waiting: patience)
    #expect(machine.pullsLine && handler.handleLineInterrupt() && !machine.pullsLine)
    #expect(!handler.handleLineInterrupt())
    machine.setOutput(0, to: .init(width: 32, height: 16))
    #expect(machine.pullsLine && handler.handleLineInterrupt() && !machine.pullsLine)
    #expect(try display.takeDisplayEvent(waiting: patience))
    #expect(display.scanouts[0].width == 32)
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  @Test(
    """
    F-NOTIFDATA, MMIO-16, MMIO-17, MMIO-D-2, PACKED-DESC-3, PACKED-DESC-4: one life of a display, \
    told what is next
    """,
    arguments: [[], .packedRing, .inOrder, [.packedRing, .inOrder, .ringReset]] as [Features])
  func notificationData(_ features: Features) throws {
    let machine = Self.machine(offering: features.union(.notificationData))
    var frameCount = 0
    try Scenario.run(Self.transport(machine), on: machine.platform, waiting: patience) { stage in
      guard case .frame(let number) = stage else { return }
      frameCount += 1
      let picture = machine.pixels(ofScanout: 0)
      #expect(picture.map { ModelScenarioTests.wrongPixelCount($0, after: number) } == 0)
    }
    #expect(frameCount == Scenario.frameCount + 1)
    #expect(machine.finish() == [])
    #expect(machine.liveAllocationCount == 0)
  }

  @Test(
    "MMIO-23, MMIO-24, VQRST-1, VQRST-3: the cursor queue is reset while frames go on",
    arguments: [.ringReset, [.ringReset, .packedRing, .notificationData]] as [Features])
  func queueReset(_ features: Features) throws {
    let machine = Self.machine(offering: features)
    var display = try Display.open(
      Self.transport(machine), on: machine.platform, waiting: patience)
    #expect(display.queueFeatures.isSuperset(of: features))
    let image = [UInt32](repeating: 0xff00_ff00, count: 64 * 64)
    try display.setCursor(image.span, hotspotX: 0, hotspotY: 0, x: 1, y: 2, waiting: patience)
    for _ in 0..<3 {
      let frame = try display.nextFrame(waiting: patience)
      let presentation = try display.present(frame)
      try display.restartCursorQueue(waiting: patience)
      try display.finish(presentation, waiting: patience)
      try display.moveCursor(toX: 9, y: 9)
    }
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
    #expect(machine.liveAllocationCount == 0)
  }
}
