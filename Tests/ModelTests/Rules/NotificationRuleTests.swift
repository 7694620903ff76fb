import Testing
import VirtIO
import VirtIOTesting

/// Drivers that notify when they should not, or do not when they should.
@Suite struct NotificationRuleTests {
  private func started(_ features: UInt64 = 0) throws -> (driver: RawDriver, queue: RawQueue) {
    let driver = RawDriver()
    let queue = try driver.bringUp(RawDriver.usual | features).control
    return (driver, queue)
  }
  private let eventIndex: UInt64 = 1 << 29
  /// Where avail_event is in a used ring of 64.
  private let availableEvent = 4 + 8 * 64

  @Test("SPLIT-KICK-4: no notification, though the used flags are 0") func missing() throws {
    let (driver, queue) = try started()
    queue.post(RawCommand.displayInfo)
    queue.storeIndex()
    queue.used.fullBarrier()
    _ = queue.used.load16(uncheckedAt: 0)
    #expect(driver.broken == [])
    queue.takeUsed()
    #expect(driver.broken == ["SPLIT-KICK-4"])
  }

  @Test("SPLIT-KICK-3: a notification, though the used flags are 1") func suppressed() throws {
    let (driver, queue) = try started()
    driver.machine.inject(ModelFault(on: .poll, .suppressNotifications(true)))
    driver.machine.poll()
    // This one looks at the flags and is served all the same.
    #expect(queue.send(RawCommand.displayInfo) == 0x1101)
    #expect(driver.broken == [])
    queue.post(RawCommand.displayInfo)
    queue.storeIndex()
    queue.ring()
    #expect(driver.broken == ["SPLIT-KICK-3"])
  }

  @Test("SPLIT-KICK-2: avail_event is read without the event index") func eventWithoutFeature()
    throws
  {
    let (driver, queue) = try started()
    _ = queue.used.load16(uncheckedAt: availableEvent)
    #expect(driver.broken == ["SPLIT-KICK-2"])
  }

  @Test("MODEL-KICK-1: a second notification with nothing new") func twice() throws {
    let (driver, queue) = try started()
    queue.post(RawCommand.displayInfo)
    queue.publish()
    queue.ring()
    #expect(driver.broken == ["MODEL-KICK-1"])
  }

  private func publish(_ queue: RawQueue, reading offset: Int) {
    queue.post(RawCommand.displayInfo)
    queue.storeIndex()
    queue.used.fullBarrier()
    _ = queue.used.load16(uncheckedAt: offset)
  }

  @Test("SPLIT-KICK-5: with the event index the used flags decide") func flagsDecide() throws {
    let (driver, queue) = try started(eventIndex)
    publish(queue, reading: availableEvent)
    queue.ring()
    #expect(driver.broken == [])
    queue.takeUsed()
    publish(queue, reading: 0)
    queue.ring()
    #expect(driver.broken == ["SPLIT-KICK-5"])
  }

  @Test("SPLIT-KICK-6: the index passes avail_event, and no notification follows") func crossed()
    throws
  {
    let (driver, queue) = try started(eventIndex)
    publish(queue, reading: availableEvent)
    queue.takeUsed()
    #expect(driver.broken == ["SPLIT-KICK-6"])
  }

  @Test("SPLIT-KICK-7: a notification, though the index does not pass avail_event")
  func notCrossed() throws {
    let (driver, queue) = try started(eventIndex)
    driver.machine.inject(ModelFault(on: .read(.deviceStatus), .availableEvent(queue: 0, 40)))
    driver.readStatus()
    publish(queue, reading: availableEvent)
    queue.ring()
    #expect(driver.broken == ["SPLIT-KICK-7"])
  }
}
