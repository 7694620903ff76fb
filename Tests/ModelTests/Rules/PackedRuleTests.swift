import Testing
import VirtIO
import VirtIOTesting

/// Drivers that use a packed ring in another way, or order, than both sides need.
@Suite struct PackedRuleTests {
  private func started(
    _ features: Features = [], size: UInt16 = 8,
    _ change: (inout ModelConfiguration) -> Void = { _ in }
  ) throws -> (driver: RawDriver, queue: RawPackedQueue) {
    let driver = RawDriver.offering(features.union(.packedRing), change)
    return (driver, try driver.bringUpPacked(features, size: size))
  }

  // MARK: Setting up

  @Test("PACKED-ALIGN-1, PACKED-ALIGN-2, PACKED-ALIGN-3: areas at odd addresses")
  func alignment() throws {
    let driver = RawDriver.offering(.packedRing)
    driver.negotiate(RawDriver.packed)
    _ = try driver.preparePackedQueue()
    driver.write64(.queueDescriptors, 0x4000_0008)
    driver.write64(.queueAvailable, 0x4000_0002)
    driver.write64(.queueUsed, 0x4000_0006)
    #expect(driver.broken == ["PACKED-ALIGN-1", "PACKED-ALIGN-2", "PACKED-ALIGN-3"])
  }

  @Test("PCI-COM-6, PACKED-D-15: sizes of 0 and beyond what there is; 3 is one") func sizes() throws
  {
    let driver = RawDriver.offering(.packedRing)
    driver.negotiate(RawDriver.packed)
    driver.write16(.queueSelect, 0)
    driver.write16(.queueSize, 3)
    #expect(driver.broken == [])
    driver.write16(.queueSize, 0)
    driver.write16(.queueSize, 65)
    #expect(driver.broken == ["PCI-COM-6", "PACKED-D-15"])
    #expect(driver.read16(.queueSize) == 3)
  }

  @Test("PACKED-D-15, RFB-5: an area that is in no piece of memory, or in none at all")
  func misplacedAreas() throws {
    for (address, rule) in [(UInt64(0x40f0_0000), "PACKED-D-15"), (0x1000, "RFB-5")] {
      let driver = RawDriver.offering(.packedRing)
      driver.negotiate(RawDriver.packed)
      _ = try driver.preparePackedQueue()
      driver.write64(.queueUsed, address)
      driver.write16(.queueEnable, 1)
      #expect(driver.broken == [rule])
    }
  }

  @Test("PACKED-D-16: a ring that is not zero, and a descriptor with another flag")
  func dirtyRing() throws {
    let driver = RawDriver.offering(.packedRing)
    driver.negotiate(RawDriver.packed)
    let other = try driver.preparePackedQueue()
    other.ring.store32(1, uncheckedAt: 24)
    driver.write16(.queueEnable, 1)
    #expect(driver.broken == ["PACKED-D-16"])
    let (second, queue) = try started()
    let buffer = queue.buffer()
    queue.fill(buffer.request, RawCommand.displayInfo)
    queue.show(
      queue.layOut([.init(address: buffer.request, byteCount: 24, flags: 8)]))
    #expect(second.broken == ["PACKED-D-16"])
  }

  // MARK: Order

  @Test("PACKED-BAR-1: the flags are stored without an order after the rest") func plainFlags()
    throws
  {
    let (driver, queue) = try started()
    let head = queue.layOut(queue.elements(RawCommand.displayInfo))
    queue.flags(head.position, head.flags)
    #expect(driver.broken == ["PACKED-BAR-1"])
  }

  @Test("PACKED-BAR-1: flags and id in one store behind a barrier are in order") func wideFlags()
    throws
  {
    let (driver, queue) = try started()
    let head = queue.layOut(queue.elements(RawCommand.displayInfo), id: 5)
    queue.ring.fullBarrier()
    queue.ring.store32(5 | UInt32(head.flags) << 16, uncheckedAt: 12)
    queue.announce()
    #expect(queue.takeUsed()?.id == 5)
    #expect(driver.broken == [])
  }

  @Test("PACKED-BAR-2: the device's event area is read without a barrier") func noBarrier() throws {
    let (driver, queue) = try started()
    queue.post(RawCommand.displayInfo)
    _ = queue.deviceEvent.load16(uncheckedAt: 2)
    #expect(driver.broken == ["PACKED-BAR-2"])
  }

  @Test("MODEL-ORDER-1: what was used is read before its flags, or without an order after them")
  func usedOrder() throws {
    let (driver, queue) = try started()
    queue.post(RawCommand.displayInfo)
    queue.announce()
    _ = queue.ring.load32(uncheckedAt: 8)
    #expect(driver.broken == ["MODEL-ORDER-1"])
    _ = queue.ring.load16(uncheckedAt: 14)
    _ = queue.ring.load32(uncheckedAt: 8)
    #expect(driver.broken == ["MODEL-ORDER-1", "MODEL-ORDER-1"])
  }

  @Test("RFB-8: with ORDER_PLATFORM, orders among CPUs are not enough", arguments: [true, false])
  func platformOrder(isAgreed: Bool) throws {
    let (driver, queue) = try started {
      if !isAgreed { $0.offeredFeatures &= ~(1 << 36) }
    }
    let head = queue.layOut(queue.elements(RawCommand.displayInfo))
    queue.ring.storeReleasing16(head.flags, uncheckedAt: 14)
    queue.announce()
    _ = queue.ring.loadAcquiring16(uncheckedAt: 14)
    _ = queue.ring.load32(uncheckedAt: 8)
    #expect(driver.broken == (isAgreed ? ["RFB-8", "RFB-8"] : []))
  }

  @Test(
    "RFB-8, MODEL-ORDER-1: what the device wrote is read without a barrier for devices, or any order",
    arguments: [(true, true, ["RFB-8"]), (false, true, []), (false, false, ["MODEL-ORDER-1"])])
  func answerOrder(isAgreed: Bool, acquires: Bool, rules: [String]) throws {
    let (driver, queue) = try started {
      if !isAgreed { $0.offeredFeatures &= ~(1 << 36) }
    }
    queue.post(RawCommand.displayInfo)
    queue.announce()
    if acquires {
      // Length, id and flags of one moment.
      _ = queue.ring.loadAcquiring64(uncheckedAt: 8)
    } else {
      _ = queue.ring.load32(uncheckedAt: 12)
    }
    queue.buffers.prepareForCPUReads(uncheckedAt: 4096 + 2048, byteCount: 24)
    #expect(driver.broken == rules)
    driver.machine.clearViolations()
    queue.ring.fullBarrier()
    queue.buffers.prepareForCPUReads(uncheckedAt: 4096 + 2048, byteCount: 24)
    #expect(driver.broken == [])
  }

  // MARK: What is whose

  @Test("PACKED-DESC-1: a slot is stored to before its use was seen") func unseen() throws {
    let (driver, queue) = try started()
    queue.post(RawCommand.displayInfo)
    queue.announce()
    queue.ring.store32(24, uncheckedAt: 8)
    #expect(driver.broken == ["PACKED-DESC-1"])
    queue.takeUsed()
    queue.ring.store32(24, uncheckedAt: 8)
    #expect(driver.broken == ["PACKED-DESC-1"])
  }

  @Test(
    "PACKED-DESC-2: a slot is stored to while the device has it, or once it is marked available")
  func changedSlot() throws {
    let (driver, queue) = try started()
    queue.post(RawCommand.displayInfo)
    queue.ring.store64(0, uncheckedAt: 16)
    #expect(driver.broken == ["PACKED-DESC-2"])
    let (other, second) = try started()
    _ = second.layOut(second.elements(RawCommand.displayInfo))
    second.ring.store32(512, uncheckedAt: 16 + 8)
    #expect(other.broken == ["PACKED-DESC-2"])
  }

  @Test("PACKED-DESC-2, PACKED-DESC-1: slots that another buffer leaves free are the driver's")
  func reusedSlots() throws {
    let (driver, queue) = try started(size: 4)
    driver.machine.inject(ModelFault(on: .buffer(queue: 0), .delay(polls: 20)))
    queue.post(RawCommand.displayInfo, id: 7)
    queue.post(RawCommand.displayInfo, id: 9)
    queue.announce()
    #expect(queue.takeUsed()?.id == 9)
    // The slots of 7, which the device still has.
    queue.post(RawCommand.displayInfo, id: 9)
    queue.announce()
    #expect(driver.broken == [])
    #expect(queue.takeUsed()?.id == 9)
    for _ in 0..<20 { queue.takeUsed() }
    #expect(queue.usedPosition == 6)
    #expect(driver.broken == [])
  }

  @Test("MODEL-PACKED-1: a store to the device's event area") func storeToDeviceEvent() throws {
    let (driver, queue) = try started()
    queue.deviceEvent.store32(0, uncheckedAt: 0)
    #expect(driver.broken == ["MODEL-PACKED-1"])
  }

  @Test("MODEL-PACKED-2: two buffers in flight with one id") func sameID() throws {
    let (driver, queue) = try started()
    queue.post(RawCommand.displayInfo, id: 3)
    queue.post(RawCommand.displayInfo, id: 3)
    #expect(driver.broken == ["MODEL-PACKED-2"])
  }

  @Test("CLEAN-1, DESIGN-7: an indirect table is changed in flight, by a pointer or by a store")
  func changedTable() throws {
    for features: Features in [[.indirectDescriptors], [.indirectDescriptors, .inOrder]] {
      let (driver, queue) = try started(features)
      let table = queue.table(queue.elements(RawCommand.displayInfo))
      queue.show(queue.layOut([table]))
      queue.fill(table.address + 8, [20])
      queue.announce()
      #expect(driver.broken.first == "CLEAN-1")
      let (other, second) = try started(features)
      second.show(second.layOut([second.table(second.elements(RawCommand.displayInfo))]))
      second.buffers.store32(20, uncheckedAt: 2 * 4096 + 8)
      #expect(other.broken == ["DESIGN-7"])
    }
  }

  @Test("CLEAN-2: a packed ring, a buffer and a table are freed while the device has them")
  func earlyFree() throws {
    let (driver, queue) = try started([.indirectDescriptors])
    let region = try driver.allocate(4096)
    queue.fill(queue.buffer().request, RawCommand.displayInfo)
    queue.show(
      queue.layOut([.init(address: region.deviceAddress.rawValue, byteCount: 32, flags: 4)]))
    driver.machine.clearViolations()
    driver.machine.platform.free(region)
    driver.machine.platform.free(queue.ring)
    driver.machine.platform.free(queue.driverEvent)
    #expect(driver.broken == ["CLEAN-2", "CLEAN-2", "CLEAN-2"])
  }

  // MARK: Places

  @Test("PACKED-D-3: the wrap counter of the other lap, and a slot that is not the next")
  func wrongWrap() throws {
    let (driver, queue) = try started()
    let head = queue.layOut(queue.elements(RawCommand.displayInfo))
    queue.show(.init(position: head.position, flags: head.flags ^ 0x8080))
    queue.notify()
    #expect(driver.broken == ["PACKED-D-3"])
    let (other, second) = try started()
    second.next = 1
    second.post(RawCommand.displayInfo)
    other.machine.clearViolations()
    second.notify()
    #expect(other.broken == ["PACKED-D-3"])
  }

  @Test("PACKED-D-5: another slot than the next is looked at") func wrongPoll() throws {
    let (driver, queue) = try started()
    queue.post(RawCommand.displayInfo)
    queue.announce()
    queue.usedPosition = 1
    queue.takeUsed()
    #expect(driver.broken == ["PACKED-D-5"])
  }

  // MARK: Events

  @Test("PACKED-D-13: event flags of 2 without the event index, of 3, and for a slot outside")
  func eventFlags() throws {
    let (driver, queue) = try started()
    queue.driverEvent.store16(1, uncheckedAt: 2)
    queue.driverEvent.store16(0, uncheckedAt: 2)
    #expect(driver.broken == [])
    queue.driverEvent.store16(2, uncheckedAt: 2)
    #expect(driver.broken == ["PACKED-D-13"])
    let (other, second) = try started([.eventIndex])
    second.driverEvent.store32(0x8007 | 2 << 16, uncheckedAt: 0)
    #expect(other.broken == [])
    second.driverEvent.store16(3, uncheckedAt: 2)
    second.driverEvent.store32(8 | 2 << 16, uncheckedAt: 0)
    #expect(other.broken == ["PACKED-D-13", "PACKED-D-13"])
  }

  @Test(
    "PACKED-D-14: no notification where one is due", arguments: [[], [.eventIndex]] as [Features])
  func missing(_ features: Features) throws {
    let (driver, queue) = try started(features)
    queue.post(RawCommand.displayInfo)
    queue.takeUsed()
    #expect(driver.broken == ["PACKED-D-14"])
    #expect(queue.takeUsed() == nil)
  }

  @Test("PACKED-D-14: a notification where none is wanted") func unwanted() throws {
    let (driver, queue) = try started { $0.notifications = .never }
    #expect(queue.send(RawCommand.displayInfo) == 0x1101)
    #expect(driver.broken == [])
    queue.post(RawCommand.displayInfo)
    queue.notify()
    #expect(driver.broken == ["PACKED-D-14"])
  }

  @Test("PACKED-D-14: a notification before the slot that the device asked for") func notCrossed()
    throws
  {
    let (driver, queue) = try started([.eventIndex])
    driver.machine.inject(
      ModelFault(on: .read(.deviceStatus), .availableEvent(queue: 0, 0x8002)))
    driver.readStatus()
    queue.post(RawCommand.displayInfo)
    queue.notify()
    #expect(driver.broken == ["PACKED-D-14"])
  }

  @Test("MODEL-KICK-1: a second notification with nothing new") func twice() throws {
    let (driver, queue) = try started()
    queue.post(RawCommand.displayInfo)
    queue.announce()
    queue.notify()
    #expect(driver.broken == ["MODEL-KICK-1"])
  }
}
