import Testing
import VirtIO
import VirtIOTestDoubles

@Suite("Virtqueue, split: to the device")
struct SplitQueueTests {
  @Test("SPLIT-D-3, SPLIT-D-10, SPLIT-FRAME-1: what is read comes first, then what is written")
  func chainLayout() throws {
    var rig = try QueueRig<8>()
    let first = try rig.queue.makeChain(
      readable: Segment(address: DeviceAddress(rawValue: 0x1122_3344_5566_7788), byteCount: 0x1234),
      writable: Segment(address: DeviceAddress(rawValue: 0x99aa), byteCount: 24))
    let second = try rig.readableChain(7)
    #expect(first.id == 0 && second.id == 1)
    // addr, len, flags (NEXT), next
    #expect(
      rig.ring.descriptorBytes(0)
        == [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x34, 0x12, 0, 0, 1, 0, 7, 0])
    // flags (WRITE), no next
    #expect(
      rig.ring.descriptorBytes(7) == [0xaa, 0x99, 0, 0, 0, 0, 0, 0, 24, 0, 0, 0, 2, 0, 0, 0])
    // no flags at all
    #expect(
      rig.ring.descriptorBytes(1) == [0, 0x70, 0, 0x70, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test("S7: the device finds what was enqueued, with the length that was meant")
  func submission() throws {
    var rig = try QueueRig<8>()
    let chain = try rig.queue.makeChain(
      readable: QueueRig<8>.segment(1), writable: QueueRig<8>.segment(2, byteCount: 24))
    let found = try rig.submit(chain, byteCount: 40)
    #expect(found.head == 0 && found.segments.count == 2)
    #expect(
      found.segments.first
        == .init(
          address: DeviceAddress(rawValue: 0x7000_1000), byteCount: 40, isWritable: false))
    #expect(
      found.segments.last
        == .init(
          address: DeviceAddress(rawValue: 0x7000_2000), byteCount: 24, isWritable: true))
    #expect(rig.queue.outstandingCount == 1)
  }

  @Test("nothing is shown to the device before it is published")
  func publishing() throws {
    var rig = try QueueRig<8>()
    let one = try rig.readableChain()
    let two = try rig.readableChain()
    try rig.queue.enqueue(two, readableByteCount: 1)
    try rig.queue.enqueue(one, readableByteCount: 1)
    #expect(rig.ring.nextChain() == nil && rig.transport.journal.ringCount(of: 0) == 0)
    rig.queue.publish()
    #expect(rig.ring.publishedIndex == 2)
    #expect(rig.ring.nextChain()?.head == 1 && rig.ring.nextChain()?.head == 0)
    #expect(rig.transport.journal.ringCount(of: 0) == 1, "one doorbell for all")
  }

  @Test(
    "SMP01, SMP03, SMP05, SPLIT-BAR-1, SPLIT-BAR-2: entries, index, full barrier, flags, doorbell: in this order"
  )
  func order() throws {
    var rig = try QueueRig<8>()
    let chain = try rig.readableChain()
    let placement = rig.ring.placement
    rig.transport.journal.includesMemory = true
    try rig.queue.enqueue(chain, readableByteCount: 48)
    rig.queue.publish()
    #expect(
      rig.transport.journal.events == [
        .store(placement.descriptorArea.advanced(by: 8), 48, byteCount: 4),
        .store(placement.driverArea.advanced(by: 4), 0, byteCount: 2),
        .storeReleasing(placement.driverArea.advanced(by: 2), 1),
        .fullBarrier,
        .load(placement.deviceArea, byteCount: 2),
        .ring(0),
      ])
  }

  @Test("SPLIT-KICK-3: no doorbell while used.flags is 1")
  func suppressed() throws {
    var rig = try QueueRig<8>()
    let chain = try rig.readableChain()
    rig.ring.usedFlags = 1
    _ = try rig.submit(chain)
    #expect(rig.transport.journal.ringCount(of: 0) == 0)
  }

  @Test("Q28, SPLIT-KICK-4: a doorbell for each publication while used.flags is 0")
  func notSuppressed() throws {
    var rig = try QueueRig<8>()
    let one = try rig.readableChain()
    let two = try rig.readableChain()
    let three = try rig.readableChain()
    _ = try rig.submit(one)
    #expect(rig.transport.journal.ringCount(of: 0) == 1)
    _ = try rig.submit(two)
    #expect(rig.transport.journal.ringCount(of: 0) == 2)
    // Only bit 0 is defined.
    rig.ring.usedFlags = 0xfffe
    _ = try rig.submit(three)
    #expect(rig.transport.journal.ringCount(of: 0) == 3)
    // Nothing new is nothing to tell.
    rig.queue.publish()
    #expect(rig.transport.journal.ringCount(of: 0) == 3)
  }

  @Test("SPLIT-KICK-1: the rings start out zeroed")
  func zeroed() throws {
    let rig = try QueueRig<8>()
    #expect(rig.ring.usedFlags == 0 && rig.ring.availableFlags == 0)
    #expect(rig.ring.publishedIndex == 0)
  }

  @Test("SPLIT-KICK-2: avail_event is not looked at", arguments: [0, 1, 5, 0x8000, 0xffff])
  func availableEvent(_ event: UInt16) throws {
    var rig = try QueueRig<8>()
    let chain = try rig.readableChain()
    rig.ring.availableEvent = event
    _ = try rig.submit(chain)
    #expect(rig.transport.journal.ringCount(of: 0) == 1)
    let other = try rig.readableChain()
    rig.ring.usedFlags = 1
    _ = try rig.submit(other)
    #expect(rig.transport.journal.ringCount(of: 0) == 1)
  }

  @Test("SPLIT-USUP-1: avail.flags is 0 or 1")
  func interruptSuppression() throws {
    var rig = try QueueRig<8>()
    rig.queue.suppressInterrupts(true)
    #expect(rig.ring.availableFlags == 1)
    rig.queue.suppressInterrupts(false)
    #expect(rig.ring.availableFlags == 0)
  }

  @Test("when all descriptors are taken, no chain is made")
  func full() throws {
    var rig = try QueueRig<4>()
    _ = try rig.queue.makeChain(
      readable: QueueRig<4>.segment(0), writable: QueueRig<4>.segment(1))
    _ = try rig.readableChain(2)
    let before = (0..<4).map { rig.ring.descriptorBytes($0) }
    // One is left, two are needed.
    let tooLong = failure {
      () throws(QueueError) in
      try rig.queue.makeChain(
        readable: QueueRig<4>.segment(3), writable: QueueRig<4>.segment(4))
    }
    #expect(tooLong == .full)
    #expect((0..<4).map { rig.ring.descriptorBytes($0) } == before)
    _ = try rig.readableChain(3)
    let tooMany = failure {
      () throws(QueueError) in
      try rig.queue.makeChain(readable: QueueRig<4>.segment(4), writable: nil)
    }
    #expect(tooMany == .full)
  }

  @Test("a chain that the device has cannot be enqueued again, and nothing changes")
  func inFlight() throws {
    var rig = try QueueRig<4>()
    let chain = try rig.readableChain()
    try rig.queue.enqueue(chain, readableByteCount: 1)
    let early = failure { () throws(QueueError) in
      try rig.queue.enqueue(chain, readableByteCount: 2)
    }
    #expect(early == .inFlight)
    rig.queue.publish()
    let taken = try #require(rig.ring.nextChain())
    let late = failure { () throws(QueueError) in try rig.queue.enqueue(chain, readableByteCount: 2)
    }
    #expect(late == .inFlight)
    rig.queue.publish()
    #expect(rig.ring.nextChain() == nil && rig.queue.outstandingCount == 1)
    #expect(rig.ring.descriptor(0).0.byteCount == 1)
    rig.ring.use(taken)
    #expect(try rig.queue.nextCompletion()?.chain == chain)
    _ = try rig.submit(chain)
  }

  @Test("a chain offers the device no more to read than it has")
  func tooLong() throws {
    var rig = try QueueRig<4>()
    let chain = try rig.readableChain()
    let error = failure {
      () throws(QueueError) in try rig.queue.enqueue(chain, readableByteCount: 65)
    }
    #expect(error == .tooLong && rig.queue.outstandingCount == 0)
    #expect(try rig.submit(chain, byteCount: 64).segments.first?.byteCount == 64)
  }

  @Test(
    "SMP02: with ORDER_PLATFORM the platform's barrier stands where the index is shown and read")
  func platformOrder() throws {
    var rig = try QueueRig<4>(offering: [.version1, .orderPlatform])
    let chain = try rig.readableChain()
    let placement = rig.ring.placement
    rig.transport.journal.includesMemory = true
    try rig.queue.enqueue(chain, readableByteCount: 48)
    rig.queue.publish()
    #expect(
      rig.transport.journal.events.suffix(5) == [
        .fullBarrier,
        .storeReleasing(placement.driverArea.advanced(by: 2), 1),
        .fullBarrier,
        .load(placement.deviceArea, byteCount: 2),
        .ring(0),
      ])
    rig.ring.use(try #require(rig.ring.nextChain()))
    rig.transport.journal.clear()
    _ = try rig.queue.nextCompletion()
    #expect(
      rig.transport.journal.events == [
        .loadAcquiring(placement.deviceArea.advanced(by: 2)),
        .fullBarrier,
        .load(placement.deviceArea.advanced(by: 4), byteCount: 4),
        .load(placement.deviceArea.advanced(by: 8), byteCount: 4),
      ])
  }

  @Test("a chain of another queue is refused")
  func foreignChain() throws {
    var big = try QueueRig<8>()
    _ = try big.readableChain()
    let foreign = try big.readableChain()
    var small = try QueueRig<4>()
    _ = try small.readableChain()
    let error = failure {
      () throws(QueueError) in try small.queue.enqueue(foreign, readableByteCount: 1)
    }
    #expect(error == .inFlight)
    small.queue.publish()
    #expect(small.ring.nextChain() == nil)
  }
}
