import Testing
import VirtIO
import VirtIOGraphics
import VirtIOTesting

@testable import VirtIOGPU

/// Answers and words that mislead, by the ids of the catalogue of hostile devices: none of them costs the display.
@Suite("Hostile answers") struct ReplyFaultTests {
  // MARK: Notifications

  private static let rings: [(name: String, features: UInt64)] = [
    ("split", 0), ("split, event index", 1 << 29), ("packed", 1 << 34),
    ("packed, event index", 1 << 34 | 1 << 29),
  ]

  /// A device that is never to be told of anything, says its ring, and means it only by mistake.
  private func silence(_ ring: Int, _ event: UInt16) throws {
    let machine = HostileCase.machine {
      $0.offeredFeatures &= ~(1 << 34 | 1 << 29)
      $0.offeredFeatures |= Self.rings[ring].features
      $0.notifications = .always
    }
    var display = try machine.open()
    #expect(HostileCase.frameError(&display) == nil)
    let quiet: ModelFault.Action =
      ring & 1 == 0 ? .suppressNotifications(true) : .availableEvent(queue: 0, event)
    machine.setNotifications(.stuck)
    machine.inject(ModelFault(on: .poll, count: .max, quiet))
    machine.poll()
    var late = 0
    for _ in 0..<4 {
      let notifications = machine.notificationCount(ofQueue: 0)
      let error = HostileCase.frameError(&display)
      if case .timedOut(_, needsReset: false) = error {
        late += 1
        // It is reminded, once.
        #expect(machine.notificationCount(ofQueue: 0) == notifications + 1)
      }
    }
    #expect(late > 0, "\(Self.rings[ring].name)")
    machine.clearFaults()
    machine.setNotifications(.always)
    machine.inject(ModelFault(on: .poll, .suppressNotifications(false)))
    machine.poll(2)
    try HostileCase.end(display, on: machine, .goesOn)
  }

  @Test(
    "Q26: the wish not to be notified is stuck: a late frame, a reminder, and it goes on",
    arguments: [0, 2])
  func stuckSuppression(_ ring: Int) throws { try silence(ring, 0) }

  @Test(
    "Q27, K10: the place at which the device wants to hear is nonsense: as if it were stuck",
    arguments: [1, 3], [0x7fff, 0x4321, 0xfff0] as [UInt16])
  func wildEvent(_ ring: Int, _ event: UInt16) throws { try silence(ring, event) }

  // MARK: Answers

  @Test("G12: answers that are about a context or a ring that nobody has: nothing depends on them")
  func strayContext() throws {
    let machine = HostileCase.machine {
      $0.faults = [
        ModelFault(on: .buffer(queue: 0), count: .max, .word(offset: 16, value: 0xdead_beef)),
        ModelFault(on: .buffer(queue: 0), count: .max, .word(offset: 20, value: .max)),
      ]
    }
    var display = try machine.open()
    for _ in 0..<4 { #expect(HostileCase.frameError(&display) == nil) }
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations == [])
  }

  @Test(
    "G32: a resource without its backing is given up before its memory is used again",
    arguments: [0x1200, 0x1201, 0x1202, 0x1203, 0x1204, 0x1205] as [UInt32])
  func noBacking(_ refusal: UInt32) throws {
    let machine = HostileCase.machine()
    var display = try machine.open(buffers: .one)
    #expect(HostileCase.frameError(&display) == nil)
    let allocations = machine.liveAllocationCount
    machine.inject(ModelFault(on: .command(0x106), .refuse(refusal)))
    try display.setMode(width: 20, height: 10, on: ScanoutID(rawValue: 0))
    guard case .command(let failure) = HostileCase.frameError(&display) else {
      Issue.record("it went unnoticed")
      return
    }
    #expect(failure.subject.command == .resourceAttachBacking)
    for _ in 0..<4 { _ = HostileCase.frameError(&display) }
    // It was made, and is told to go; then its memory is given back.
    #expect(machine.commands.contains(0x102))
    #expect(machine.liveAllocationCount == allocations)
    try display.followDisplay(on: ScanoutID(rawValue: 0))
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations == [])
  }

  @Test("G37: a resource that the device is slow to give up keeps its memory until it has")
  func slowRelease() throws {
    let machine = HostileCase.machine()
    var display = try machine.open(buffers: .one)
    #expect(HostileCase.frameError(&display) == nil)
    machine.inject(ModelFault(on: .command(0x102), .delay(polls: 3000)))
    try display.setMode(width: 20, height: 10, on: ScanoutID(rawValue: 0))
    #expect(HostileCase.frameError(&display) == nil)
    let both = machine.liveAllocationCount
    for _ in 0..<3 {
      #expect(HostileCase.frameError(&display) == nil)
      #expect(machine.liveAllocationCount == both)
    }
    machine.poll(4000)
    for _ in 0..<3 { #expect(HostileCase.frameError(&display) == nil) }
    #expect(machine.liveAllocationCount < both)
    try display.followDisplay(on: ScanoutID(rawValue: 0))
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations == [])
  }

  @Test(
    "G40, G41, G42, G48, G49: no context, no mapping and no uuid is asked for, whatever is offered",
    arguments: [GPUFeatures.edid, [.edid, .virgl], [.edid, .resourceBlob]])
  func nothingOf3D(_ wanted: GPUFeatures) throws {
    let machine = HostileCase.machine {
      $0.offeredFeatures |= 0x7f
      $0.capabilitySets = [ModelCapabilitySet(id: 1, maximumVersion: 1, data: [1])]
    }
    var display = try Display.open(
      machine.makeTransport(), on: machine.platform, wanting: wanted, waiting: patience)
    let never: GPUFeatures = [.contextInit, .resourceUUID]
    #expect(display.features.isDisjoint(with: never))
    for _ in 0..<3 { #expect(HostileCase.frameError(&display) == nil) }
    if wanted.contains(.virgl) { _ = try display.readCapabilitySets(waiting: patience).count }
    try HostileCase.end(display, on: machine, .goesOn)
    // RESOURCE_ASSIGN_UUID, RESOURCE_MAP_BLOB and UNMAP, and all of contexts.
    #expect(machine.commands.allSatisfy { $0 < 0x200 && $0 != 0x10b || $0 >= 0x300 })
  }

  // MARK: Numbers

  @Test("M10: resource ids come round to 1, and pass by those that live")
  func resourceIDs() throws {
    let machine = HostileCase.machine {
      $0.outputs = (0..<3).map { _ in .init(width: 16, height: 12) }
    }
    var display = try machine.open(buffers: .one)
    for index: UInt32 in 0..<3 {
      let frame = try display.nextFrame(on: ScanoutID(rawValue: index), waiting: patience)
      try display.finish(try display.present(frame), waiting: patience)
    }
    display.lastResource = ResourceID(rawValue: .max &- 6)
    for turn: UInt32 in 0..<12 {
      try display.setMode(width: 17 &+ turn, height: 12, on: ScanoutID(rawValue: 0))
      #expect(HostileCase.frameError(&display) == nil)
      #expect(HostileCase.frameError(&display) == nil)
    }
    #expect(display.lastResource.rawValue < 64)
    try display.followDisplay(on: ScanoutID(rawValue: 0))
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations == [])
  }

  // MARK: Again and again

  @Test("T05: silent on the way back: late, and the next attempt succeeds")
  func silentRecovery() throws {
    let machine = HostileCase.machine()
    var display = try machine.open()
    #expect(HostileCase.frameError(&display) == nil)
    machine.breakDevice()
    machine.inject(ModelFault(on: .buffer(queue: 0), count: .max, .drop))
    let start = machine.platform.now
    #expect(throws: GPUError.self) { try display.recover(waiting: patience) }
    #expect(machine.platform.now.since(start) < .milliseconds(200))
    try HostileCase.end(display, on: machine, .reset)
  }

  @Test(
    "T10: a hundred times broken, mended and not mended: nothing grows, and each call ends in time")
  func againAndAgain() throws {
    let machine = HostileCase.machine()
    var display = try machine.open()
    #expect(HostileCase.frameError(&display) == nil)
    let allocations = machine.liveAllocationCount
    for turn in 0..<100 {
      machine.breakDevice()
      if turn & 1 != 0 {
        machine.inject(ModelFault(on: .command(0x101), .needsReset))
        let start = machine.platform.now
        #expect(throws: GPUError.self) { try display.recover(waiting: patience) }
        #expect(machine.platform.now.since(start) < .milliseconds(200))
        machine.clearFaults()
      }
      try display.recover(waiting: patience)
      #expect(HostileCase.frameError(&display) == nil)
      #expect(machine.liveAllocationCount == allocations)
    }
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations.filter { $0.id != "GPU-INIT-3" } == [])
  }
}
