import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOPCI
import VirtIOTesting

/// What a display has after it has started over, and what becomes of one that cannot.
@Suite struct StartOverTests {
  private typealias Patient = RecoveryPatient<ModelPlatform, PCITransport<ModelAccess>>

  private static func configuration(_ features: Features = .eventIndex, heads: Int = 1)
    -> ModelConfiguration
  {
    var configuration = ModelConfiguration()
    let others: Features = [.indirectDescriptors, .eventIndex]
    configuration.offeredFeatures =
      configuration.offeredFeatures & ~others.rawValue | features.rawValue
    configuration.outputs = (0..<heads).map { .init(width: 20 - UInt32($0), height: 10) }
    configuration.memoryByteCount = 2 << 20
    return configuration
  }

  /// A machine with a display that shows frames and a cursor.
  private static func makePatient(
    _ machine: ModelMachine, heads: Int = 1, buffers: BufferCount = .two
  ) throws -> Patient {
    var patient = try Patient(
      machine, machine.makeTransport(), on: machine.platform, buffers: buffers)
    for scanout in 0..<heads { for _ in 0..<3 { patient.take(.frame(scanout)) } }
    patient.take(.finish)
    patient.take(.setCursor(x: 4, y: 5))
    #expect(patient.errors.isEmpty && patient.complaints == [])
    return patient
  }

  // MARK: The way back

  @Test(
    "STATUS-4: a cursor and a picture come back on a queue that has no room for both at once",
    arguments: [8, 16, 18, 20])
  func smallQueue(_ size: UInt16) throws {
    var configuration = Self.configuration([])
    configuration.queueSizes = [size, 2]
    let machine = ModelMachine(configuration)
    var patient: Patient
    do {
      patient = try Patient(machine, machine.makeTransport(), on: machine.platform, buffers: .two)
    } catch GPUError.device(.queueTooSmall) {
      #expect(size == 8)
      return
    }
    patient.take(.frame(0))
    patient.take(.setCursor(x: 4, y: 5))
    patient.recover()
    patient.take(.frame(0))
    patient.take(.finish)
    #expect(patient.errors.isEmpty && patient.complaints == [])
  }

  @Test("STATUS-4, INIT-1: the way back is the way of the first initialisation, and no longer")
  func steps() throws {
    let machine = ModelMachine(Self.configuration())
    var patient = try Self.makePatient(machine)
    let commands = machine.commands.count
    let doorbells = machine.notificationCount(ofQueue: 0)
    patient.recover()
    // The displays; then the cursor and the picture at once; then the EDID behind it.
    #expect(
      machine.commands.dropFirst(commands)
        == [0x100, 0x101, 0x106, 0x105, 0x101, 0x106, 0x105, 0x103, 0x104, 0x10a, 0x300])
    #expect(machine.notificationCount(ofQueue: 0) == doorbells + 2)
    #expect(patient.finishAll() == [])
  }

  @Test("sixteen heads come back, though there are not commands for all at once") func manyHeads()
    throws
  {
    let machine = ModelMachine(Self.configuration(heads: 16))
    var patient = try Self.makePatient(machine, heads: 16)
    machine.breakDevice()
    patient.take(.frame(3))
    patient.take(.finish)
    #expect(patient.recoveryCount == 1 && patient.errors.count == 1)
    #expect(patient.finishAll() == [])
  }

  @Test("SMP09, G38: again and again, with ids and fences that are never used twice at a time")
  func manyTimes() throws {
    let machine = ModelMachine(Self.configuration(.packedRing))
    var patient = try Self.makePatient(machine, buffers: .three)
    for round in 0..<50 {
      machine.breakDevice()
      patient.take(round % 2 == 0 ? .frame(0) : .damage(0))
      patient.take(.finish)
      patient.take(.moveCursor(x: UInt32(round), y: 1))
    }
    #expect(patient.recoveryCount == 50 && patient.errors.count == 50)
    #expect(patient.finishAll() == [])
  }

  @Test(
    "a device behind registers in memory, split and packed",
    arguments: [[], .packedRing] as [Features])
  func memoryMapped(_ features: Features) throws {
    var configuration = Self.configuration(features)
    configuration.bus = .memory
    let machine = ModelMachine(configuration)
    let found = try machine.makeSlotTransport()
    guard let transport = consume found else {
      Issue.record("no device")
      return
    }
    var patient = try RecoveryPatient(machine, transport, on: machine.platform, buffers: .two)
    patient.take(.frame(0))
    patient.take(.finish)
    patient.take(.setCursor(x: 1, y: 2))
    for _ in 0..<3 {
      machine.breakDevice()
      patient.take(.frame(0))
      patient.take(.finish)
    }
    #expect(patient.recoveryCount == 3)
    #expect(patient.finishAll() == [])
  }

  @Test("S9: where the device does not snoop the caches", arguments: 0..<4 as Range<UInt64>)
  func nonCoherent(_ seed: UInt64) throws {
    var configuration = Self.configuration()
    configuration.caches = ModelCacheShape(
      lineByteCount: 64, seed: seed, evictionOneIn: seed == 0 ? 0 : 3)
    let machine = ModelMachine(configuration)
    var patient = try RecoveryPatient(
      machine, machine.makeTransport(), on: NonCoherentModelPlatform<64>(machine), buffers: .three)
    patient.take(.frame(0))
    patient.take(.finish)
    patient.take(.setCursor(x: 1, y: 2))
    for _ in 0..<6 {
      machine.breakDevice()
      patient.take(.damage(0))
      patient.take(.finish)
      patient.take(.frame(0))
      patient.take(.moveCursor(x: 7, y: 8))
    }
    #expect(patient.recoveryCount == 6)
    #expect(patient.finishAll().filter { !$0.contains("GPU-INIT-3") } == [])
  }

  // MARK: Frames

  @Test("S13: a frame in hand outlives the reset, and so do its pixels and what it lacks")
  func frameInHand() throws {
    let machine = ModelMachine(Self.configuration())
    var display = try machine.open()
    var first = try display.nextFrame(waiting: patience)
    LifeTests.draw(&first, first.bounds, 1)
    try display.finish(display.present(first), waiting: patience)
    var frame = try display.nextFrame(waiting: patience)
    LifeTests.draw(&frame, frame.bounds, 2)
    machine.breakDevice()
    try display.recover(waiting: patience)
    #expect(machine.pixels(ofScanout: 0)?[5, 5].rgb == LifeTests.color(5, 5, 1))
    try display.finish(display.present(frame), waiting: patience)
    #expect(machine.pixels(ofScanout: 0)?[5, 5].rgb == LifeTests.color(5, 5, 2))
    let next = try display.nextFrame(waiting: patience)
    #expect(next.staleRegion.bounds == next.bounds)
    _ = consume next
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
    #expect(machine.liveAllocationCount == 0)
  }

  @Test(
    "SMP09: whoever waits for frames of which none came back is told once, and then that all is well"
  )
  func underWay() throws {
    let machine = ModelMachine(Self.configuration())
    var display = try Display.open(
      machine.makeTransport(), on: machine.platform, buffers: .three, waiting: patience)
    try display.finish(display.present(display.nextFrame(waiting: patience)), waiting: patience)
    machine.breakDevice()
    var presentations: [Presentation] = []
    for number in 0..<3 {
      var frame = try display.nextFrame(waiting: patience)
      LifeTests.draw(&frame, frame.bounds, number)
      presentations.append(try display.present(frame, as: number == 2 ? .mailbox : .queued))
    }
    #expect(throws: GPUError.self) { try display.finish(presentations[0], waiting: patience) }
    try display.recover(waiting: patience)
    for presentation in presentations { #expect(try display.isComplete(presentation)) }
    #expect(machine.pixels(ofScanout: 0)?[9, 9].rgb == LifeTests.color(9, 9, 2))
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  @Test("a picture that is drawn over just now is not shown half-drawn, but the next frame is")
  func drawnOver() throws {
    let machine = ModelMachine(Self.configuration())
    var display = try machine.open(buffers: .one)
    try display.finish(display.present(display.nextFrame(waiting: patience)), waiting: patience)
    var frame = try display.nextFrame(waiting: patience)
    machine.breakDevice()
    try display.recover(waiting: patience)
    #expect(machine.pixels(ofScanout: 0) == nil)
    LifeTests.draw(&frame, frame.bounds, 7)
    try display.finish(display.present(frame), waiting: patience)
    #expect(machine.pixels(ofScanout: 0)?[5, 5].rgb == LifeTests.color(5, 5, 7))
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  @Test("GPU-EVT-1: what was to be seen stays until its successor is shown, and goes then")
  func successor() throws {
    let machine = ModelMachine(Self.configuration())
    var patient = try Self.makePatient(machine)
    let allocations = machine.liveAllocationCount
    patient.take(.resize(width: 30, height: 7))
    var frame = try patient.display.nextFrame(waiting: patience)
    #expect(frame.width == 30)
    machine.breakDevice()
    patient.recover()
    #expect(patient.complaints == [], "the picture of the old size is back")
    LifeTests.draw(&frame, frame.bounds, 1)
    let presentation = try patient.display.present(frame)
    try patient.display.finish(presentation, waiting: patience)
    #expect(machine.pixels(ofScanout: 0)?.width == 30)
    patient.take(.frame(0))
    patient.take(.finish)
    patient.take(.frame(0))
    #expect(machine.liveAllocationCount == allocations)
    #expect(patient.finishAll() == [])
  }

  @Test("a device that reads no further than the first slot gets a resource a slot again")
  func separate() throws {
    var configuration = Self.configuration()
    configuration.refusesFurtherBacking = true
    let machine = ModelMachine(configuration)
    var patient = try Self.makePatient(machine, buffers: .three)
    for _ in 0..<5 {
      machine.breakDevice()
      patient.take(.damage(0))
      patient.take(.finish)
    }
    #expect(patient.recoveryCount == 5)
    #expect(patient.finishAll() == [])
  }

  // MARK: The cursor

  @Test("GPU-CUR-2: a cursor whose image was under way is shown as it was asked for")
  func cursorUnderWay() throws {
    let machine = ModelMachine(Self.configuration())
    var display = try machine.open()
    let old = (0..<64 * 64).map { UInt32($0) << 8 }
    let new = (0..<64 * 64).map { UInt32($0) << 8 | 1 }
    try display.setCursor(
      old.span, hotspotX: 1, hotspotY: 1, x: 10, y: 10, waiting: patience)
    machine.inject(ModelFault(on: .command(0x105), .drop))
    #expect(throws: GPUError.self) {
      try display.setCursor(
        new.span, hotspotX: 2, hotspotY: 3, x: 20, y: 30, waiting: patience)
    }
    try display.recover(waiting: patience)
    var cursor = try #require(machine.cursor(ofScanout: 0))
    #expect((cursor.x, cursor.y, cursor.hotspotX, cursor.hotspotY) == (20, 30, 2, 3))
    #expect(cursor.pixels[0] == 1)
    // One that is hidden comes back hidden, and has an image when it gets one.
    try display.hideCursor()
    machine.breakDevice()
    try display.recover(waiting: patience)
    #expect(machine.cursor(ofScanout: 0) == nil)
    try display.setCursor(
      old.span, hotspotX: 1, hotspotY: 1, x: 11, y: 12, waiting: patience)
    cursor = try #require(machine.cursor(ofScanout: 0))
    #expect((cursor.x, cursor.y, cursor.pixels[0]) == (11, 12, 0))
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
    #expect(machine.liveAllocationCount == 0)
  }

  // MARK: Interrupts

  @Test("I10, PCI-MSIX-1: interrupts go on, by the vectors that they had, and tell of the fault")
  func interrupts() throws {
    let machine = ModelMachine(Self.configuration())
    let transport = try machine.makeTransport()
    let interrupts = transport.interrupts
    var display = try Display.open(transport, on: machine.platform, waiting: patience)
    for vector in 0..<3 {
      interrupts.route(vector, to: MSIMessage(address: 0x1000 &* UInt64(vector + 1), data: 1))
    }
    interrupts.unmask()
    let handler = display.interruptHandler
    display.enableInterrupts()
    for _ in 0..<3 {
      try display.finish(display.present(display.nextFrame(waiting: patience)), waiting: patience)
      _ = machine.takeInterrupts()
      let presentation = try display.present(display.nextFrame(waiting: patience))
      machine.poll()
      #expect(machine.takeInterrupts().contains(.message(vector: 1, address: 0x2000, data: 1)))
      try display.finish(presentation, waiting: patience)
      machine.breakDevice()
      #expect(machine.takeInterrupts().contains(.message(vector: 0, address: 0x1000, data: 1)))
      // Nobody waits for the end of patience.
      let waiter = InterruptedWaiter(handler: handler)
      let frame = try display.present(display.nextFrame(waiting: patience))
      #expect(throws: GPUError.needsReset) { try display.finish(frame, waiting: waiter) }
      #expect(throws: GPUError.needsReset) { try display.takeDisplayEvent(waiting: patience) }
      try display.recover(waiting: patience)
      #expect(interrupts.vectorCount == 3)
    }
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  // MARK: A device that does not come back

  @Test("H09: the device breaks again at each step of the way back; the next attempt succeeds")
  func brokenAgain() throws {
    let actions: [ModelFault.Action] = [.needsReset, .drop, .id(63), .refuse(0x1200)]
    for features in RecoveryMatrixTests.rings {
      for action in actions {
        for step in 0..<12 {
          let machine = ModelMachine(Self.configuration(features, heads: 2))
          var patient = try Self.makePatient(machine, heads: 2)
          machine.breakDevice()
          let queue: UInt16 = step == 11 ? 1 : 0
          machine.inject(
            ModelFault(on: .buffer(queue: queue), skipping: step % 11, action))
          let error = failure(of: &patient)
          if let error, step < 11 {
            #expect(error.remedy != .none, "\(error)")
            #expect(throws: GPUError.needsReset) {
              _ = try patient.display.tryNextFrame() != nil
            }
          }
          machine.clearFaults()
          patient.recover()
          let complaints = patient.finishAll()
          #expect(complaints == [], "\(features) \(action) \(step)")
        }
      }
    }
  }

  private func failure(of patient: inout Patient) -> GPUError? {
    do {
      try patient.display.recover(waiting: recoveryPatience)
      return nil
    } catch {
      return error
    }
  }

  @Test("H08, H09: at each register that is read or written on the way back")
  func registers() throws {
    let faults: [ModelFault] = [
      ModelFault(on: .read(.deviceStatus), count: .max, .value(0x4f)),
      ModelFault(on: .read(.deviceStatus), count: .max, .value(0xff)),
      ModelFault(on: .read(.deviceFeature), .value(0)),
      ModelFault(on: .read(.deviceFeature), skipping: 1, .value(0)),
      ModelFault(on: .write(.deviceStatus), skipping: 2, .refuseFeatures),
      ModelFault(on: .write(.deviceStatus), skipping: 4, .ignored),
      ModelFault(on: .write(.deviceStatus), skipping: 4, .needsReset),
      ModelFault(on: .read(.queueSize), .value(0)),
      ModelFault(on: .read(.queueSize), .value(8)),
      ModelFault(on: .read(.queueNotifyOffset), skipping: 1, .value(0xfff0)),
      ModelFault(on: .read(.configGeneration), count: .max, .restless),
    ]
    for fault in faults {
      for closes in [false, true] {
        let machine = ModelMachine(Self.configuration())
        var patient = try Self.makePatient(machine)
        machine.breakDevice()
        machine.inject(fault)
        let found = failure(of: &patient)
        guard case .device = found else {
          Issue.record("\(fault): \(String(describing: found))")
          continue
        }
        machine.clearFaults()
        if closes {
          try patient.closeAtOnce()
          #expect(machine.liveAllocationCount == 0, "\(fault)")
          #expect(machine.finish() == [], "\(fault)")
        } else {
          patient.recover()
          let complaints = patient.finishAll()
          #expect(complaints == [], "\(fault)")
        }
      }
    }
  }

  @Test(
    "H01, H04: of a device that never leaves reset nothing is taken back, however often it is tried"
  )
  func neverReset() throws {
    let machine = ModelMachine(Self.configuration())
    var patient = try Self.makePatient(machine)
    let live = machine.liveAllocationCount
    machine.inject(ModelFault(on: .read(.deviceStatus), count: .max, .value(0xff)))
    for _ in 0..<3 {
      #expect(
        failure(of: &patient)
          == .device(.neverReset(status: DeviceStatus(rawValue: 0xff))))
    }
    do {
      try patient.closeAtOnce()
      Issue.record("it closes")
    } catch {
      #expect(error == .device(.neverReset(status: DeviceStatus(rawValue: 0xff))))
    }
    #expect(machine.liveAllocationCount == live)
  }

  @Test("H10: a device that gives up by itself is seen to have done so")
  func failedByItself() throws {
    let machine = ModelMachine(Self.configuration())
    var display = try machine.open()
    machine.inject(ModelFault(on: .read(.deviceStatus), .value(0x8f)))
    #expect(throws: GPUError.needsReset) { try display.takeDisplayEvent(waiting: patience) }
    try display.recover(waiting: patience)
    machine.inject(ModelFault(on: .read(.deviceStatus), .value(0x0b)))
    #expect(throws: GPUError.needsReset) { try display.takeDisplayEvent(waiting: patience) }
    try display.recover(waiting: patience)
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  @Test("H28, H29: a device that comes back with fewer outputs, and then with more")
  func fewerOutputs() throws {
    let machine = ModelMachine(Self.configuration(heads: 3))
    var patient = try Self.makePatient(machine, heads: 3)
    machine.inject(ModelFault(on: .read(.scanoutCount), .value(1)))
    patient.recover()
    #expect(patient.display.scanoutCount == 1 && !patient.display.scanouts[1].isEnabled)
    #expect(machine.pixels(ofScanout: 1) == nil)
    machine.inject(ModelFault(on: .read(.scanoutCount), .value(200)))
    try patient.display.recover(waiting: patience)
    #expect(patient.display.scanoutCount == 3)
    patient.check("with all of them")
    #expect(patient.complaints.count == 2, "two were missed while there was one output")
    try patient.closeAtOnce()
    #expect(machine.finish() == [])
  }

  // MARK: The ends

  @Test("H08, G36: the device breaks at each command of the end; all memory comes back")
  func end() throws {
    for action in [.needsReset, .drop, .id(63), .refuse(0x1200)] as [ModelFault.Action] {
      for step in 0..<12 {
        let machine = ModelMachine(Self.configuration(heads: 2))
        let patient = try Self.makePatient(machine, heads: 2)
        machine.inject(ModelFault(on: .buffer(queue: 0), skipping: step, action))
        try? patient.closeAtOnce()
        #expect(machine.liveAllocationCount == 0)
        #expect(machine.finish() == [], "\(action) \(step)")
        machine.clearFaults()
        let again = try Self.makePatient(machine)
        try again.closeAtOnce()
        #expect(machine.liveAllocationCount == 0)
      }
    }
  }

  @Test("H08, SMP20: the device breaks at each moment of the beginning; the next attempt succeeds")
  func beginning() throws {
    var faults = (0..<40).map { ModelFault(on: .poll, skipping: $0, .needsReset) }
    faults += [.needsReset, .drop, .id(63), .refuse(0x1200), .length(3)].map {
      ModelFault(on: .buffer(queue: 0), $0)
    }
    faults += (0..<6).map { ModelFault(on: .write(.deviceStatus), skipping: $0, .needsReset) }
    for fault in faults {
      let machine = ModelMachine(Self.configuration())
      machine.inject(fault)
      do {
        let patient = try Patient(
          machine, machine.makeTransport(), on: machine.platform, buffers: .two)
        try patient.closeAtOnce()
      } catch {}
      machine.clearFaults()
      #expect(machine.liveAllocationCount == 0, "\(fault)")
      let again = try Self.makePatient(machine)
      let complaints = again.finishAll()
      #expect(complaints == [], "\(fault)")
    }
  }
}

/// Waits for ever, and is interrupted after a while.
private struct InterruptedWaiter<Source: InterruptSource>: Waiter {
  let handler: InterruptHandler<Source>
  private var count = 0

  init(handler: InterruptHandler<Source>) { self.handler = handler }

  mutating func wait<P: Platform>(on platform: borrowing P) -> Bool {
    count += 1
    if count == 5 { _ = handler.handleInterrupt(vector: 0) }
    return count < 100_000
  }
}
