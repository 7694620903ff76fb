import Testing
import VirtIO
import VirtIOTesting

/// Drivers that reset a queue, and do not wait for it or forget what follows.
@Suite struct QueueResetRuleTests {
  private func started() throws -> (driver: RawDriver, control: RawQueue, cursor: RawQueue) {
    let driver = RawDriver.offering([.ringReset])
    let queues = try driver.bringUp(RawDriver.usual | Features.ringReset.rawValue)
    return (driver, queues.control, queues.cursor)
  }

  private func program(_ queue: RawQueue, on driver: RawDriver) {
    driver.write16(.queueSize, queue.size)
    driver.write64(.queueDescriptors, queue.descriptors.deviceAddress.rawValue)
    driver.write64(.queueAvailable, queue.available.deviceAddress.rawValue)
    driver.write64(.queueUsed, queue.used.deviceAddress.rawValue)
  }

  /// How many times the reset reads as not done.
  private func awaitReset(_ driver: RawDriver) -> Int {
    var count = 0
    while driver.read16(.queueReset) != 0, count < 10 { count += 1 }
    return count
  }

  @Test("VQRST-1: memory of a queue is freed before its reset is done") func earlyFree() throws {
    let (driver, control, _) = try started()
    control.post(RawCommand.displayInfo)
    control.publish()
    driver.write16(.queueSelect, 0)
    driver.write16(.queueReset, 1)
    driver.machine.platform.free(control.used)
    #expect(driver.read16(.queueReset) == 1)
    driver.machine.platform.free(control.buffers)
    #expect(driver.broken == ["VQRST-1", "VQRST-1"])
    #expect(awaitReset(driver) == 1)
    driver.machine.platform.free(control.available)
    #expect(driver.broken == ["VQRST-1", "VQRST-1"])
  }

  @Test("PCI-COM-11: a queue is programmed before its reset is done") func earlyUse() throws {
    let (driver, control, _) = try started()
    driver.write16(.queueSelect, 0)
    driver.write16(.queueReset, 1)
    #expect(driver.read16(.queueEnable) == 1, "until it is done")
    driver.write16(.queueSize, control.size)
    #expect(driver.broken == ["PCI-COM-11"])
  }

  @Test("VQRST-3: a queue is enabled again without its addresses, or without its vector")
  func unprogrammed() throws {
    let (driver, _, _) = try started()
    driver.write16(.queueSelect, 0)
    driver.write16(.queueReset, 1)
    #expect(awaitReset(driver) == 2)
    driver.write16(.queueEnable, 1)
    #expect(driver.broken == ["VQRST-3"])
    let other = RawDriver.offering([.ringReset])
    other.negotiate(RawDriver.usual | Features.ringReset.rawValue)
    let queue = try other.prepareQueue()
    other.write16(.queueVector, 1)
    #expect(other.read16(.queueVector) == 1)
    other.write16(.queueEnable, 1)
    other.start()
    other.write16(.queueReset, 1)
    #expect(awaitReset(other) == 2)
    program(try RawQueue(other, index: 0, size: queue.size), on: other)
    other.write16(.queueEnable, 1)
    #expect(other.broken == ["VQRST-3"])
  }

  @Test("MODEL-QUEUE-1, RFB-D-1: a queue that is not enabled, another value, and no feature")
  func nonsense() throws {
    let (driver, _, _) = try started()
    driver.write16(.queueSelect, 0)
    driver.write16(.queueReset, 2)
    driver.write16(.queueSelect, 7)
    driver.write16(.queueReset, 1)
    #expect(driver.broken == ["MODEL-QUEUE-1", "MODEL-QUEUE-1"])
    let other = RawDriver()
    _ = try other.bringUp()
    other.write16(.queueReset, 1)
    #expect(other.broken == ["RFB-D-1"])
  }

  @Test("VQRST-1, VQRST-3, PCI-COM-11: one queue is reset and made again while the other lives")
  func goodReset() throws {
    let (driver, control, cursor) = try started()
    // What is in flight then is never answered.
    driver.machine.inject(ModelFault(on: .buffer(queue: 0), .delay(polls: 3)))
    control.post(RawCommand.displayInfo)
    control.publish()
    driver.write16(.queueSelect, 0)
    driver.write16(.queueReset, 1)
    #expect(awaitReset(driver) == 2)
    #expect(driver.read16(.queueEnable) == 0)
    driver.machine.poll(10)
    #expect(control.used.load16(uncheckedAt: 2) == 0)
    cursor.post(RawCommand.updateCursor(0))
    cursor.publish()
    #expect(cursor.takeUsed() != nil)
    for region in [control.descriptors, control.available, control.used, control.buffers] {
      driver.machine.platform.free(region)
    }
    // The same queue, with another size.
    let queue = try RawQueue(driver, index: 0, size: 4)
    program(queue, on: driver)
    driver.write16(.queueEnable, 1)
    #expect(driver.read16(.queueReset) == 0)
    for _ in 0..<9 { #expect(queue.send(RawCommand.displayInfo) == 0x1101) }
    #expect(driver.broken == [])
  }
}
