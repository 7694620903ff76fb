import Testing
import VirtIO
import VirtIOInput
import VirtIOTestDoubles

/// A third driver, on the same queues and transports.
@Suite("InputSource")
struct InputSourceTests {
  private let rig = InputRig()
  private var ringCount: Int { rig.transport.journal.ringCount(of: 0) }

  // MARK: Events

  @Test("an event is type, code and value, each with its low byte first", arguments: [false, true])
  func layout(isPacked: Bool) throws {
    if isPacked { rig.transport.offered.insert(.packedRing) }
    var source = try rig.open()
    #expect(try source.nextEvent() == nil)
    rig.report([0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x88])
    rig.report([3, 0, 1, 0, 0xff, 0xff, 0xff, 0xff])
    #expect(
      try source.nextEvent()
        == InputEvent(
          type: EventType(rawValue: 0x201), code: 0x403, value: Int32(bitPattern: 0x8807_0605)))
    #expect(
      try source.nextEvent()
        == InputEvent(type: .absolute, code: AbsoluteAxis.y.rawValue, value: -1))
    #expect(try source.nextEvent() == nil)
    try source.close(waiting: rig.patience)
    #expect(rig.platform.isBalanced)
  }

  @Test(
    "all buffers are posted, 64 at most, each of 8 bytes that the device writes, with one doorbell",
    arguments: [(1, 1), (2, 2), (8, 8), (64, 64), (256, 64)] as [(UInt16, Int)])
  func posted(size: UInt16, count: Int) throws {
    let rig = InputRig(events: size)
    let source = try rig.open()
    let ring = try #require(rig.transport.rings[0])
    var addresses: Set<UInt64> = []
    while let chain = ring.nextChain() {
      #expect(chain.segments.count == 1)
      let segment = try #require(chain.segments.first)
      #expect(segment.isWritable && segment.byteCount == 8)
      #expect(rig.platform.memory.view(at: segment.address, byteCount: 8) != nil)
      addresses.insert(segment.address.rawValue & ~7)
    }
    #expect(addresses.count == count, "None lies on another.")
    #expect(rig.transport.journal.ringCount(of: 0) == 1)
    try source.close(waiting: rig.patience)
    #expect(rig.platform.isBalanced)
  }

  @Test("each event comes once, in order, for as long as they come", arguments: [false, true])
  func order(isPacked: Bool) throws {
    if isPacked { rig.transport.offered.insert(.packedRing) }
    var source = try rig.open()
    var expected: [UInt16] = []
    var found: [UInt16] = []
    for round in 0..<100 {
      for index in 0..<(round % 9) where rig.report(UInt8(truncatingIfNeeded: round + index)) {
        expected.append(UInt16((round + index) & 0xff))
      }
      found += try rig.drain(&source)
    }
    #expect(found == expected && found.count > 390)
    try source.close(waiting: rig.patience)
  }

  @Test("a batch is one doorbell; a full queue is two, so that the device is never without buffers")
  func batches() throws {
    var source = try rig.open()
    let start = ringCount
    #expect(try rig.drain(&source) == [])
    #expect(ringCount == start, "There was nothing to tell.")
    for key: UInt8 in 1...3 { rig.report(key) }
    #expect(try rig.drain(&source) == [1, 2, 3])
    #expect(ringCount == start + 1)
    for key: UInt8 in 1...8 { #expect(rig.report(key)) }
    #expect(!rig.report(9), "The device has no more than it was given.")
    for code: UInt16 in 1...4 { #expect(try source.nextEvent()?.code == code) }
    #expect(ringCount == start + 2)
    for key: UInt8 in 9...12 { #expect(rig.report(key), "It has those of the first half again.") }
    #expect(try rig.drain(&source) == Array(5...12))
    #expect(ringCount == start + 4)
    try source.close(waiting: rig.patience)
  }

  @Test(
    "what is not 8 bytes long is no event, and its buffer is used again",
    arguments: [0, 1, 4, 7] as [UInt32])
  func wrongLength(_ claim: UInt32) throws {
    var source = try rig.open()
    for key: UInt8 in 1...50 {
      #expect(rig.report([1, 0, 99, 0, 1, 0, 0, 0], claiming: claim))
      #expect(rig.report(key))
      #expect(try rig.drain(&source) == [UInt16(key)])
    }
    try source.close(waiting: rig.patience)
    #expect(rig.platform.isBalanced)
  }

  @Test("a device that claims more than there is room for is not believed", arguments: [9, .max])
  func tooLong(_ claim: UInt32) throws {
    var source = try rig.open()
    rig.report([1, 0, 30, 0, 1, 0, 0, 0], claiming: claim)
    #expect(try rig.drain(&source) == [30])
    try source.close(waiting: rig.patience)
  }

  @Test("a device that sends nothings for ever keeps nobody for ever")
  func flood() throws {
    var source = try rig.open()
    var count = 0
    rig.transport.onRing = { [rig] _ in
      // A device that never tires; the test does.
      while count < 10_000, rig.report([1], claiming: 1) { count += 1 }
    }
    rig.report([1], claiming: 1)
    for _ in 0..<4 { rig.report([1], claiming: 1) }
    #expect(try source.nextEvent() == nil)
    #expect(count > 40 && count < 100)
    rig.transport.onRing = { _ in }
    #expect(try rig.drain(&source) == [])
    rig.report(7)
    #expect(try rig.drain(&source) == [7])
    try source.close(waiting: rig.patience)
    #expect(rig.platform.isBalanced)
  }

  @Test(
    "an id that the device does not have, or a second time, breaks the queue",
    arguments: [8, 64, .max])
  func hostileID(_ id: UInt32) throws {
    var source = try rig.open()
    let broken = InputError.queue(.broken(.usedElement(id: id)))
    rig.transport.rings[0]?.use(id, written: 8)
    for _ in 0..<2 { #expect(throws: broken) { _ = try source.nextEvent() } }
    try source.close(waiting: rig.patience)
    #expect(rig.platform.isBalanced)
    source = try rig.open()
    rig.report(5)
    #expect(try rig.drain(&source) == [5], "Opened again, it is as good as new.")
    rig.transport.rings[0]?.use(0, written: 8)
    #expect(throws: InputError.queue(.broken(.usedElement(id: 0)))) {
      // Shown to it again only when the batch is over, which it was: so once it is right.
      _ = try source.nextEvent()
      rig.transport.rings[0]?.use(0, written: 8)
      _ = try source.nextEvent()
    }
    try source.close(waiting: rig.patience)
  }

  @Test("a device that has used more than there is breaks the queue")
  func hostileIndex() throws {
    var source = try rig.open()
    for _ in 0..<9 { rig.transport.rings[0]?.use(0, written: 8) }
    #expect(throws: InputError.queue(.broken(.usedIndex(found: 9, outstanding: 8)))) {
      _ = try source.nextEvent()
    }
    try source.close(waiting: rig.patience)
    #expect(rig.platform.isBalanced)
  }

  // MARK: Lights

  @Test("a light is told by an event of 8 bytes that the device reads")
  func lights() throws {
    var told: [[UInt8]] = []
    rig.transport.onRing = { [rig] queue in
      guard queue == 1, let ring = rig.transport.rings[1], let chain = ring.nextChain(),
        let segment = chain.segments.first, !segment.isWritable, let view = ring.view(of: segment)
      else { return }
      told.append(view.bytes)
      ring.use(UInt32(chain.head))
    }
    var source = try rig.open()
    for index: UInt16 in 0..<40 { try source.setLED(LED(rawValue: index), index & 1 == 0) }
    try source.setLED(LED(rawValue: 0x1234), true)
    #expect(told.count == 41)
    #expect(told.first == [0x11, 0, 0, 0, 1, 0, 0, 0])
    #expect(told[1] == [0x11, 0, 1, 0, 0, 0, 0, 0])
    #expect(told.last == [0x11, 0, 0x34, 0x12, 1, 0, 0, 0])
    try source.close(waiting: rig.patience)
    #expect(rig.platform.isBalanced)
  }

  @Test(
    "a device that does not take what it is told is busy, until it does",
    arguments: [(1, 1), (2, 2), (8, 4)] as [(UInt16, Int)])
  func busy(size: UInt16, count: Int) throws {
    let rig = InputRig(status: size)
    var source = try rig.open()
    for _ in 0..<count { try source.setLED(.capsLock, true) }
    for _ in 0..<2 { #expect(throws: InputError.busy) { try source.setLED(.numLock, true) } }
    let ring = try #require(rig.transport.rings[1])
    let chain = try #require(ring.nextChain())
    ring.use(UInt32(chain.head))
    try source.setLED(.numLock, false)
    #expect(throws: InputError.busy) { try source.setLED(.numLock, true) }
    ring.use(77)
    #expect(throws: InputError.queue(.broken(.usedElement(id: 77)))) {
      try source.setLED(.numLock, true)
    }
    rig.report(3)
    #expect(try rig.drain(&source) == [3], "The keys are on another queue.")
    try source.close(waiting: rig.patience)
    #expect(rig.platform.isBalanced)
  }

  // MARK: Interrupts

  @Test("interrupts: silent at first, then asked for with each event, and the handler wakes")
  func interrupts() throws {
    rig.transport.offered.insert(.eventIndex)
    var source = try rig.open()
    #expect(!rig.transport.accepted.contains(.eventIndex), "The end of a batch is too late.")
    let ring = try #require(rig.transport.rings[0])
    #expect(ring.placement.interrupts && ring.availableFlags == 1)
    #expect(rig.transport.rings[1]?.placement.interrupts == false)
    source.enableInterrupts()
    #expect(ring.availableFlags == 0)
    let handler = source.interruptHandler
    handler.latch.signal(.queues)
    #expect(source.interruptHandler.latch.takeWake(), "It is the same latch.")
    source.enableInterrupts(false)
    #expect(ring.availableFlags == 1)
    try source.close(waiting: rig.patience)
  }

  @Test("a device that needs a reset says so")
  func needsReset() throws {
    let source = try rig.open()
    var answers = [source.needsReset()]
    rig.transport.status.insert(.needsReset)
    answers.append(source.needsReset())
    #expect(answers == [false, true])
    try source.close(waiting: rig.patience)
    #expect(rig.platform.isBalanced)
  }

  // MARK: Opening and closing

  @Test("GPU-DEVID-1: another device is not touched", arguments: [0, 4, 16])
  func wrongType(_ type: UInt16) throws {
    rig.transport.deviceType = type
    #expect(
      rig.failureOfOpening() == .device(.wrongType(expected: 18, found: type)))
    #expect(rig.transport.journal.events == [])
  }

  @Test("INIT-14: what cannot be opened is marked FAILED and reset, and no memory is lost")
  func failures() throws {
    let (platform, transport) = (rig.platform, rig.transport)
    for index in 0...2 {
      platform.failingAllocation = platform.allocationCount + index
      guard case .device(.outOfMemory) = rig.failureOfOpening() else {
        Issue.record("allocation \(index)")
        continue
      }
      #expect(platform.isBalanced)
    }
    let given: [DeviceStatus] = [[.acknowledge, .driver, .featuresOK, .failed], []]
    #expect(transport.journal.statusWrites.suffix(2) == given)
    platform.failingAllocation = nil
    transport.configuration.removeLast(33)
    #expect(
      rig.failureOfOpening() == .device(.configurationTooSmall(byteCount: 4, needed: 8)))
    #expect(transport.journal.statusWrites.suffix(2) == given)
    transport.configuration = [0, 0]
    for index: UInt16 in [1, 0] {
      transport.maximumSizes[index] = nil
      #expect(rig.failureOfOpening() == .device(.queueMissing(index: index)))
      #expect(platform.isBalanced)
    }
    transport.offered = []
    #expect(
      rig.failureOfOpening() == .device(.missingFeatures(required: .version1, offered: [])))
    transport.resetDelay = nil
    transport.status = .driver
    #expect(rig.failureOfOpening() == .device(.neverReset(status: .driver)))
    #expect(platform.isBalanced)
  }

  @Test("a device without lights that never leaves reset keeps the queue that it was told of")
  func halfOpen() throws {
    rig.transport.maximumSizes[1] = nil
    rig.transport.resets = { $0 == 0 }
    #expect(rig.failureOfOpening() == .device(.queueMissing(index: 1)))
    #expect(rig.platform.memory.liveCount == 1 && rig.platform.wrongFreeCount == 0)
  }

  @Test("a device that never leaves reset keeps the memory")
  func neverReset() throws {
    let source = try rig.open()
    rig.transport.resetDelay = nil
    do throws(InputError) {
      try source.close(waiting: rig.patience)
      Issue.record("It was closed.")
    } catch {
      guard case .device(.neverReset) = error else {
        Issue.record("\(error)")
        return
      }
    }
    #expect(rig.platform.memory.liveCount == 3 && rig.platform.wrongFreeCount == 0)
  }
}
