import Testing
import VirtIO
import VirtIOTesting

/// Drivers written by hand that use the queues well, in both layouts and with every feature: no rule may be
/// broken, and every command is answered.
@Suite struct RawLifeTests {
  /// All that may be agreed about packed queues.
  static let features: [Features] = [
    [], [.eventIndex], [.indirectDescriptors], [.eventIndex, .indirectDescriptors], [.inOrder],
    [.eventIndex, .indirectDescriptors, .inOrder],
  ]
  static let policies: [ModelNotifications] = [.always, .every(3), .late(polls: 4), .never]

  /// A queue of a device that does what `change` says.
  private func packed(
    _ features: Features, size: UInt16, _ change: (inout ModelConfiguration) -> Void = { _ in }
  ) throws -> RawPackedQueue {
    let driver = RawDriver.offering(features.union(.packedRing)) {
      $0.queueSizes = [size, 16]
      change(&$0)
    }
    return try driver.bringUpPacked(features, size: size)
  }

  @Test(
    "PACKED-D-1, PACKED-D-2, PACKED-D-15: packed queues of every size, four laps",
    arguments: [2, 3, 4, 7, 256] as [UInt16], features)
  func sizes(_ size: UInt16, _ features: Features) throws {
    let queue = try packed(features, size: size)
    for _ in 0..<4 * Int(size) {
      #expect(queue.send(RawCommand.displayInfo) == 0x1101)
    }
    #expect(queue.usedPosition == queue.next)
    #expect(queue.driver.broken == [])
  }

  @Test("PACKED-D-15: a packed queue of one slot takes one element at a time", arguments: features)
  func oneSlot(_ features: Features) throws {
    let driver = RawDriver.offering(features.union(.packedRing))
    driver.negotiate(RawDriver.packed | features.rawValue)
    let queue = try driver.makePackedQueue(1, size: 1)
    driver.start()
    // A cursor command need not be answered.
    for id: UInt16 in 0..<9 {
      queue.show(queue.layOut(Array(queue.elements(RawCommand.updateCursor(0)).prefix(1)), id: id))
      queue.announce()
      let used = queue.takeUsed()
      #expect(used?.id == id && used?.byteCount == 0)
    }
    #expect(driver.broken == [])
  }

  @Test("PACKED-D-15, SPLIT-D-1: queues of 32768") func largest() throws {
    let queue = try packed([.eventIndex], size: 32768) { $0.memoryByteCount = 8 << 20 }
    // To the end of the ring by commands alone would take long: a list that fills it is as good.
    let elements = queue.elements(RawCommand.displayInfo, responseByteCount: 408)
    let start = elements[1].address
    let writable = (0..<32767).map {
      RawPackedQueue.Element(address: start + UInt64($0 % 2) * 1024, byteCount: 408, flags: 2)
    }
    queue.show(queue.layOut([elements[0]] + writable))
    queue.announce()
    #expect(queue.takeUsed()?.byteCount == 408)
    #expect(queue.word(queue.next) == 0, "the second lap")
    for _ in 0..<5 { #expect(queue.send(RawCommand.displayInfo) == 0x1101) }
    #expect(queue.driver.broken == [])
    var configuration = ModelConfiguration()
    configuration.queueSizes = [32768, 16]
    let driver = RawDriver(configuration)
    let split = try driver.bringUp().control
    #expect(split.size == 32768)
    for _ in 0..<5 { #expect(split.send(RawCommand.displayInfo) == 0x1101) }
    #expect(driver.broken == [])
  }

  @Test("PCI-COM-7: without RING_PACKED, a size is a power of two", arguments: [1, 3, 100, 32767])
  func splitSize(_ size: UInt16) throws {
    let driver = RawDriver.offering(.packedRing) { $0.queueSizes = [size, 16] }
    driver.negotiate()
    driver.write16(.queueSelect, 0)
    let found = driver.read16(.queueSize)
    #expect(found & (found - 1) == 0 && found <= size && found > size / 2)
    driver.negotiate(RawDriver.packed)
    driver.write16(.queueSelect, 0)
    #expect(driver.read16(.queueSize) == size)
  }

  @Test(
    "PACKED-SUP-1, PACKED-D-14: batches with one notification, whatever the device asks for",
    arguments: features, policies)
  func batches(_ features: Features, _ policy: ModelNotifications) throws {
    let queue = try packed(features, size: 7) { $0.notifications = policy }
    for round in 0..<30 {
      let count = 1 + round % 3
      // The first is shown last, and with it all of them.
      var heads: [RawPackedQueue.Head] = []
      for id in 0..<count {
        heads.append(
          queue.layOut(
            queue.elements(RawCommand.displayInfo), id: UInt16(id)))
      }
      queue.ring.fullBarrier()
      for head in heads.dropFirst() { queue.flags(head.position, head.flags) }
      queue.show(heads[0])
      queue.announce()
      var taken = 0
      for _ in 0..<20 where queue.takeUsed() != nil { taken += 1 }
      #expect(taken == count)
      #expect(queue.usedPosition == queue.next)
    }
    #expect(queue.driver.broken == [])
    let count = queue.driver.machine.notificationCount(ofQueue: 0)
    switch policy {
    case .always: #expect(count == 30)
    case .never: #expect(count <= 1)
    default: #expect(count > 0 && count <= 30)
    }
  }

  @Test(
    "SPLIT-KICK-6, SPLIT-KICK-7: split batches, whatever the device asks for", arguments: policies,
    [true, false])
  func splitBatches(_ policy: ModelNotifications, hasEventIndex: Bool) throws {
    var configuration = ModelConfiguration()
    configuration.notifications = policy
    let driver = RawDriver(configuration)
    let queue = try driver.bringUp(
      RawDriver.usual | (hasEventIndex ? Features.eventIndex.rawValue : 0)
    ).control
    for round in 0..<30 {
      let old = queue.availableIndex
      for number in 0..<1 + round % 3 {
        let buffer = queue.buffer()
        queue.fill(buffer.request, RawCommand.displayInfo)
        queue.descriptor(2 * number, buffer.request, 24, flags: 1, next: UInt16(2 * number + 1))
        queue.descriptor(2 * number + 1, buffer.response, 2048, flags: 2)
        queue.offer(UInt16(2 * number))
      }
      queue.storeIndex()
      queue.used.fullBarrier()
      let isWanted: Bool
      if hasEventIndex {
        let event = queue.used.load16(uncheckedAt: 4 + 8 * Int(queue.size))
        isWanted = queue.availableIndex &- event &- 1 < queue.availableIndex &- old
      } else {
        isWanted = queue.used.load16(uncheckedAt: 0) & 1 == 0
      }
      if isWanted { queue.ring() }
      for _ in 0..<20 { queue.takeUsed() }
      #expect(queue.usedIndex == queue.availableIndex)
    }
    #expect(driver.broken == [])
    let count = driver.machine.notificationCount(ofQueue: 0)
    switch policy {
    case .always: #expect(count == 30)
    case .never: #expect(count <= 1)
    case .every where hasEventIndex: #expect(count == 20, "60 buffers")
    default: #expect(count > 0 && count <= 30)
    }
  }

  @Test("SPLIT-D-4, SPLIT-D-9, PACKED-D-12: in order, the last of a batch stands for all of it")
  func inOrderBatches() throws {
    let driver = RawDriver.offering(.inOrder) { $0.givesBackInBatches = true }
    let split = try driver.bringUp(RawDriver.usual | Features.inOrder.rawValue).control
    for number in 0..<3 {
      let buffer = split.buffer()
      split.fill(buffer.request, RawCommand.displayInfo)
      split.descriptor(2 * number, buffer.request, 24, flags: 1, next: UInt16(2 * number + 1))
      split.descriptor(2 * number + 1, buffer.response, 408, flags: 2)
      split.offer(UInt16(2 * number))
    }
    split.publish()
    let used = split.takeUsed()
    #expect(used?.id == 4)
    #expect(split.used.load16(uncheckedAt: 2) == 3)
    #expect(driver.broken == [])

    let queue = try packed([.inOrder], size: 8) { $0.givesBackInBatches = true }
    // The second answer is shorter than its room, so that it cannot be skipped.
    for (id, room) in [408, 500, 408, 408].enumerated() {
      queue.show(
        queue.layOut(
          queue.elements(RawCommand.displayInfo, responseByteCount: UInt32(room)), id: UInt16(id)))
    }
    queue.announce()
    #expect(queue.takeUsed()?.id == 1)
    #expect(queue.takeUsed()?.id == 3)
    #expect(queue.usedPosition == 8)
    #expect(queue.driver.broken == [])
  }

  @Test("PACKED-D-12: in order, a late buffer holds up those behind it") func inOrderDelay() throws
  {
    let queue = try packed([.inOrder], size: 8)
    queue.driver.machine.inject(ModelFault(on: .buffer(queue: 0), .delay(polls: 5)))
    queue.driver.machine.inject(ModelFault(on: .buffer(queue: 0), skipping: 1, .overtaken))
    for id: UInt16 in 0..<3 { queue.post(RawCommand.displayInfo, id: id) }
    queue.announce()
    var ids: [UInt16] = []
    for _ in 0..<20 { if let used = queue.takeUsed() { ids.append(used.id) } }
    #expect(ids == [0, 1, 2])
    #expect(queue.driver.broken == [])
  }
}
