import Testing
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// Status, features and configuration that lie, by the ids of the catalogue of hostile devices.
@Suite("Hostile handshakes") struct HandshakeFaultTests {
  /// The writes of the status, in their order: reset, ACKNOWLEDGE, DRIVER, FEATURES_OK, DRIVER_OK.
  private static let statusWrites = 0..<5

  private func timedOut(_ error: GPUError?, needsReset: Bool) -> Bool {
    if case .timedOut(_, needsReset) = error { true } else { false }
  }

  // MARK: Status

  @Test(
    "H02: a reset that takes 1 ms, 100 ms or 2 s is waited for: ignored",
    arguments: [100, 10_000, 200_000])
  func slowReset(_ looks: Int) throws {
    let machine = HostileCase.machine {
      $0.faults = [ModelFault(on: .read(.deviceStatus), count: looks, .value(0x0f))]
    }
    let patience = PollingWaiter(timeout: .seconds(3))
    let start = machine.platform.now
    let display = try Display.open(
      machine.makeTransport(), on: machine.platform, waiting: patience)
    // The clock moves by 10 µs a look.
    #expect(machine.platform.now.since(start) >= .microseconds(10 * UInt64(looks)))
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations == [])
  }

  @Test(
    "H03: steps that do not read back are an error, then a reset", arguments: [0x08, 0x09, 0x0a])
  func steps(_ status: UInt32) throws {
    let machine = HostileCase.machine {
      $0.faults = [ModelFault(on: .read(.deviceStatus), skipping: 1, .value(status))]
    }
    let found = DeviceStatus(rawValue: UInt8(status))
    #expect(try HostileCase.refusal(of: machine) == .device(.wrongStatus(found: found)))
    try HostileCase.end(nil, on: machine, .reset)
    #expect(machine.violations == [])
  }

  @Test("H04: a status of ones at the start: offline, and nothing was allocated")
  func onesAtTheStart() throws {
    let machine = HostileCase.machine {
      $0.faults = [ModelFault(on: .read(.deviceStatus), count: .max, .value(0xff))]
    }
    #expect(
      try HostileCase.refusal(of: machine)
        == .device(.neverReset(status: DeviceStatus(rawValue: 0xff))))
    #expect(machine.allocationCount == 0)
    try HostileCase.end(nil, on: machine, .reset)
    let late = HostileCase.machine {
      $0.faults = [ModelFault(on: .read(.deviceStatus), skipping: 1, .value(0xff))]
    }
    let ones = DeviceStatus(rawValue: 0xff)
    #expect(try HostileCase.refusal(of: late) == .device(.wrongStatus(found: ones)))
    try HostileCase.end(nil, on: late, .reset)
  }

  @Test("P01, H04: a device that is gone, and reads as ones: offline, said once, its memory kept")
  func gone() throws {
    let machine = HostileCase.machine()
    var display = try machine.open()
    #expect(HostileCase.frameError(&display) == nil)
    for register in [ModelRegister.deviceStatus, .configGeneration, .eventsRead] {
      machine.inject(ModelFault(on: .read(register), count: .max, .value(.max)))
    }
    for queue: UInt16 in 0..<2 {
      machine.inject(ModelFault(on: .buffer(queue: queue), count: .max, .drop))
    }
    let held = machine.liveAllocationCount
    let error = HostileCase.frameError(&display)
    #expect(timedOut(error, needsReset: true))
    let clock = machine.platform.now
    for _ in 0..<100 {
      #expect(HostileCase.frameError(&display) == .needsReset)
      #expect(throws: GPUError.needsReset) { try display.moveCursor(toX: 1, y: 1) }
      #expect(throws: GPUError.needsReset) { try display.updateScanouts(waiting: patience) }
    }
    #expect(machine.platform.now.since(clock) < .milliseconds(1), "nothing is tried again")
    do throws(GPUError) {
      try display.close(waiting: patience)
      Issue.record("it was closed")
    } catch {
      #expect(error == .device(.neverReset(status: DeviceStatus(rawValue: 0xff))))
    }
    #expect(machine.liveAllocationCount == held, "the device may still have it")
    // Plugged in again, it is another device as far as the driver knows.
    machine.clearFaults()
    var again = try machine.open()
    #expect(HostileCase.frameError(&again) == nil)
    try again.close(waiting: patience)
    #expect(machine.liveAllocationCount == held)
  }

  @Test("H06: FEATURES_OK that is gone before DRIVER_OK: no answer, an error, a reset")
  func featuresDropped() throws {
    let machine = HostileCase.machine {
      $0.faults = [
        ModelFault(on: .read(.deviceStatus), skipping: 2, .value(0x07)),
        ModelFault(on: .buffer(queue: 0), count: .max, .drop),
      ]
    }
    #expect(timedOut(try HostileCase.refusal(of: machine), needsReset: true))
    try HostileCase.end(nil, on: machine, .reset)
  }

  @Test("H07: DRIVER_OK that does not stay: no answer, an error, a reset")
  func driverOKDropped() throws {
    let machine = HostileCase.machine {
      $0.faults = [ModelFault(on: .write(.deviceStatus), skipping: 4, .ignored)]
    }
    #expect(timedOut(try HostileCase.refusal(of: machine), needsReset: true))
    // The model does not know that this is its own fault: it holds that it was rung too early.
    machine.clearViolations()
    try HostileCase.end(nil, on: machine, .reset)
    #expect(machine.violations == [])
  }

  @Test("H08: NEEDS_RESET at each step of the handshake: an error, and a reset mends it")
  func needsResetInHandshake() throws {
    let events: [ModelFault.Event] = [
      .read(.deviceFeature), .read(.queueSize), .read(.queueNotifyOffset), .read(.configGeneration),
      .read(.scanoutCount), .command(0x100), .buffer(queue: 0),
    ]
    var faults = Self.statusWrites.dropFirst().map {
      ModelFault(on: .write(.deviceStatus), skipping: $0, .needsReset)
    }
    for event in events {
      for skipping in 0..<2 {
        faults.append(ModelFault(on: event, skipping: skipping, .needsReset))
      }
    }
    var failed = 0
    for fault in faults {
      let machine = HostileCase.machine { $0.faults = [fault] }
      let error = try HostileCase.refusal(of: machine)
      switch error {
      case .device(.featuresRefused), .device(.wrongStatus), .timedOut(_, needsReset: true):
        failed += 1
      // Some events do not come that often; then nothing happened.
      case nil: #expect(fault.skipping == 1)
      default: Issue.record("\(fault): \(String(describing: error))")
      }
      #expect(machine.liveAllocationCount == 0)
      try HostileCase.end(nil, on: machine, .reset)
      #expect(machine.violations == [], "\(fault)")
    }
    #expect(failed >= 4 + events.count)
  }

  @Test(
    "H08: NEEDS_RESET at each command of a life: said, then nothing more is asked; a reset mends it",
    arguments: [0x101, 0x103, 0x104, 0x105, 0x106, 0x10a] as [UInt32])
  func needsResetAtCommand(_ type: UInt32) throws {
    let machine = HostileCase.machine()
    var display = try machine.open()
    machine.inject(ModelFault(on: .command(type), .needsReset))
    var error = HostileCase.frameError(&display)
    if type == 0x10a {
      // Nobody waits for that one; what comes next does.
      error = error ?? HostileCase.frameError(&display)
    }
    #expect(timedOut(error, needsReset: true), "\(String(describing: error))")
    #expect(HostileCase.frameError(&display) == .needsReset)
    let commands = machine.commands.count
    #expect(throws: GPUError.needsReset) { try display.updateScanouts(waiting: patience) }
    #expect(machine.commands.count == commands)
    try HostileCase.end(display, on: machine, .reset)
    #expect(machine.violations == [])
  }

  @Test(
    "H10: a device that leaves service by itself is taken as one that needs a reset",
    arguments: [0x8f, 0x0b, 0x07, 0x00, 0x80] as [UInt32])
  func leaves(_ status: UInt32) throws {
    let machine = HostileCase.machine()
    var display = try machine.open()
    #expect(HostileCase.frameError(&display) == nil)
    machine.inject(ModelFault(on: .read(.deviceStatus), .value(status)))
    machine.inject(ModelFault(on: .buffer(queue: 0), count: .max, .drop))
    #expect(timedOut(HostileCase.frameError(&display), needsReset: true))
    #expect(HostileCase.frameError(&display) == .needsReset)
    try HostileCase.end(display, on: machine, .reset)
  }

  // MARK: Features

  @Test("H12: features without what they depend on are dropped; the driver goes on without them")
  func contradictions() throws {
    let version1: UInt64 = 1 << 32
    let alone: [UInt64] = [
      1 << 4, 1 << 5, 1 << 3, 1 << 0 | 1 << 5, 1 << 4 | 1 << 3, 1 << 28, 1 << 29, 1 << 34, 1 << 35,
      1 << 40, 1 << 39, 1 << 38, 1 << 41, 1 << 37, 1 << 43,
    ]
    for features in alone {
      let machine = HostileCase.machine { $0.offeredFeatures = version1 | features }
      let display = try machine.open()
      let accepted = display.features
      #expect(accepted.isDisjoint(with: [.contextInit, .blobAlignment]), "\(features)")
      try HostileCase.end(display, on: machine, .goesOn)
      // Without VERSION_1 none of them means anything.
      let legacy = HostileCase.machine { $0.offeredFeatures = features }
      guard case .device(.missingFeatures) = try HostileCase.refusal(of: legacy) else {
        Issue.record("\(features) was enough")
        continue
      }
      #expect(machine.violations.filter { $0.id != "GPU-INIT-3" } == [])
      #expect(legacy.violations == [] && legacy.liveAllocationCount == 0)
    }
  }

  @Test("H14: features are read once, and what is read later does not matter")
  func changingFeatures() throws {
    let machine = HostileCase.machine {
      $0.faults = [
        ModelFault(on: .read(.deviceFeature), skipping: 2, count: .max, .value(.max))
      ]
    }
    let display = try machine.open()
    let accepted = display.queueFeatures
    #expect(accepted.isSuperset(of: [.version1, .eventIndex]))
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations == [])
  }

  @Test("H15: a device that works by the platform's addresses only gets that it is accepted")
  func platformAddresses() throws {
    let machine = HostileCase.machine()
    let display = try machine.open()
    let accepted = display.queueFeatures
    #expect(accepted.contains(.accessPlatform))
    try HostileCase.end(display, on: machine, .goesOn)
  }

  // MARK: Queues

  @Test("H16: no queue or one is an error that names it; a number of queues that lies is ignored")
  func queueCount() throws {
    for sizes in [[], [64]] as [[UInt16]] {
      let machine = HostileCase.machine { $0.queueSizes = sizes }
      #expect(
        try HostileCase.refusal(of: machine)
          == .device(.queueMissing(index: UInt16(sizes.count))))
      #expect(machine.liveAllocationCount == 0 && machine.violations == [])
    }
    for count: UInt32 in [0, 1, 3, 65_535] {
      let machine = HostileCase.machine {
        $0.faults = [ModelFault(on: .read(.queueCount), count: .max, .value(count))]
      }
      try HostileCase.end(try machine.open(), on: machine, .goesOn)
    }
  }

  @Test(
    "H20: a queue size that reads back as another: an error that names the queue, and no memory lost",
    arguments: [0, 1] as [UInt16])
  func sizeReadBack(_ index: UInt16) throws {
    let machine = HostileCase.machine {
      $0.queueSizes = [128, 128]
      // Of each queue it is read, written, and read back.
      $0.faults = [
        ModelFault(on: .read(.queueSize), skipping: 1 + 2 * Int(index), .value(128))
      ]
    }
    #expect(
      try HostileCase.refusal(of: machine)
        == .device(.queueRefused(index: index, isKept: false)))
    try HostileCase.end(nil, on: machine, .reset)
    #expect(machine.violations == [])
  }

  @Test(
    "H21: a queue that says it is enabled before it is: an error, a reset, and no memory lost",
    arguments: [0, 1])
  func enabledAlready(_ index: Int) throws {
    // Of each queue it is read twice.
    let machine = HostileCase.machine {
      $0.faults = [ModelFault(on: .read(.queueEnable), skipping: 2 * index, .value(1))]
    }
    #expect(
      try HostileCase.refusal(of: machine)
        == .device(.queueRefused(index: UInt16(index), isKept: false)))
    try HostileCase.end(nil, on: machine, .reset)
    #expect(machine.violations == [])
  }

  @Test(
    "H22: a queue that does not get enabled: an error; its memory, and no other, is never used again",
    arguments: [0, 1])
  func neverEnabled(_ index: Int) throws {
    let machine = HostileCase.machine {
      $0.faults = [ModelFault(on: .write(.queueEnable), skipping: index, .ignored)]
    }
    #expect(
      try HostileCase.refusal(of: machine)
        == .device(.queueRefused(index: UInt16(index), isKept: true)))
    #expect(machine.liveAllocationCount == 1)
    machine.clearFaults()
    var again = try machine.open()
    #expect(HostileCase.frameError(&again) == nil)
    try again.close(waiting: patience)
    #expect(machine.liveAllocationCount == 1 && machine.violations == [])
  }

  @Test("H23: a device whose every queue is the first: an error, and a reset mends it")
  func selection() throws {
    let machine = HostileCase.machine {
      $0.faults = [ModelFault(on: .write(.queueSelect), skipping: 1, count: .max, .ignored)]
    }
    #expect(
      try HostileCase.refusal(of: machine) == .device(.queueRefused(index: 1, isKept: false)))
    try HostileCase.end(nil, on: machine, .reset)
    #expect(machine.violations == [])
  }

  @Test(
    "H32, I01: a used index, or an interrupt, before DRIVER_OK: the queue breaks; or it is ignored")
  func early() throws {
    for index in Self.statusWrites {
      let machine = HostileCase.machine {
        $0.faults = [ModelFault(on: .write(.deviceStatus), skipping: index, .interrupt)]
      }
      try HostileCase.end(try machine.open(), on: machine, .goesOn)
      #expect(machine.violations == [])
    }
    for count: UInt16 in [1, 2, 64, 0x8000, 0xffff] {
      let machine = HostileCase.machine {
        $0.faults = [
          ModelFault(on: .write(.deviceStatus), skipping: 4, .usedIndex(queue: 0, by: count))
        ]
      }
      switch try HostileCase.refusal(of: machine) {
      case .queue(.broken(.usedIndex)): break
      // With its own answer counted, that index is where the driver is already.
      case .timedOut where count == .max: break
      case let error: Issue.record("\(count): \(String(describing: error))")
      }
      try HostileCase.end(nil, on: machine, .reset)
    }
  }

  @Test("H33: the reset of a queue that is never done: an error in time; the other queue goes on")
  func queueReset() throws {
    let machine = HostileCase.machine {
      $0.offeredFeatures |= Features.ringReset.rawValue
      $0.queueResetReadCount = .max
    }
    var display = try machine.open()
    #expect(throws: GPUError.device(.queueNeverReset(index: 1))) {
      try display.restartCursorQueue(waiting: patience)
    }
    #expect(HostileCase.frameError(&display) == nil)
    // What is left is a reset of the device.
    try HostileCase.end(display, on: machine, .reset)
    #expect(machine.violations == [])
  }

  // MARK: Configuration

  @Test("H24: a generation that never settles, at the start and later: an error, and all goes on")
  func generation() throws {
    let faults = (0..<140).map {
      ModelFault(on: .read(.configGeneration), skipping: $0, .value(UInt32($0 & 1)))
    }
    let machine = HostileCase.machine { $0.faults = faults }
    #expect(try HostileCase.refusal(of: machine) == .device(.configurationUnstable))
    #expect(machine.liveAllocationCount == 0)
    machine.clearFaults()
    var display = try machine.open()
    for fault in faults { machine.inject(fault) }
    #expect(throws: GPUError.device(.configurationUnstable)) {
      try display.takeDisplayEvent(waiting: patience)
    }
    try HostileCase.end(display, on: machine, .goesOn)
  }

  @Test("H26: events that never clear, with bits that mean nothing: one question a look, ignored")
  func events() throws {
    let machine = HostileCase.machine()
    var display = try machine.open()
    machine.inject(ModelFault(on: .read(.eventsRead), count: .max, .value(.max)))
    machine.inject(ModelFault(on: .write(.eventsClear), count: .max, .ignored))
    for _ in 0..<20 {
      let before = machine.commands.count
      #expect(try display.takeDisplayEvent(waiting: patience))
      #expect(machine.commands.count == before + 1)
    }
    try HostileCase.end(display, on: machine, .goesOn)
  }

  @Test("H31: an interrupt for a change of configuration, of which there is none, is ignored")
  func emptyChange() throws {
    for vectorCount in [3, 1, 0] {
      let rig = try InterruptRig(InterruptRig.slow(vectorCount: vectorCount))
      var display = try rig.open()
      try rig.connect(display.interruptHandler)
      display.enableInterrupts()
      _ = try display.takeDisplayEvent(waiting: patience)
      for number in 0..<5 {
        rig.machine.interrupt(vector: 0, .configuration)
        rig.takeInterrupts()
        #expect(try !display.takeDisplayEvent(waiting: patience))
        try rig.show(number, on: &display, waiting: display.interruptWaiter(timeout: .seconds(1)))
        #expect(rig.shows(number))
      }
      #expect(try rig.finish(display) == [])
    }
  }
}
