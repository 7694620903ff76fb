import Testing
import VirtIO
import VirtIOTesting

/// Drivers whose notifications carry the wrong thing.
@Suite struct NotificationDataRuleTests {
  private static let place = RawDriver.notification

  /// A split queue with something that the device was not told of.
  private func split(_ features: Features) throws -> RawDriver {
    let driver = RawDriver.offering(features)
    let queue = try driver.bringUp(RawDriver.usual | features.rawValue).control
    queue.post(RawCommand.displayInfo)
    queue.storeIndex()
    queue.used.fullBarrier()
    _ = queue.used.load16(uncheckedAt: 0)
    return driver
  }

  /// The same with a packed queue of 3: its next position is 2, and after another buffer 4.
  private func packed(_ features: Features) throws -> (driver: RawDriver, queue: RawPackedQueue) {
    let driver = RawDriver.offering(features.union(.packedRing))
    let queue = try driver.bringUpPacked(features, size: 3)
    queue.post(RawCommand.displayInfo)
    queue.ring.fullBarrier()
    return (driver, queue)
  }

  @Test("PCI-NOTIFY-2: 2 bytes with NOTIFICATION_DATA") func width() throws {
    let driver = try split([.notificationData])
    driver.access.write16(Self.place, 0)
    #expect(driver.broken == ["PCI-NOTIFY-2"])
  }

  @Test("PCI-NOTIFY-4: another queue's index with NOTIFICATION_DATA") func index() throws {
    let driver = try split([.notificationData])
    driver.access.write32(Self.place, 1 | 1 << 16)
    #expect(driver.broken == ["PCI-NOTIFY-4"])
    driver.machine.clearViolations()
    driver.access.write32(Self.place, 1 << 16)
    #expect(driver.broken == [])
    #expect(driver.machine.notificationCount(ofQueue: 0) == 1)
  }

  @Test("PCI-NOTIFY-5: the index instead of queue_notif_config_data") func name() throws {
    let driver = try split([.notificationConfigData])
    #expect(driver.read16(.queueNotificationData) == 0xfedc, "of the queue that is selected, 1")
    driver.access.write16(Self.place, 0)
    #expect(driver.broken == ["PCI-NOTIFY-5"])
    driver.machine.clearViolations()
    driver.access.write16(Self.place, 0x1234)
    #expect(driver.broken == [])
  }

  @Test("PCI-NOTIFY-6: the index with both features") func both() throws {
    let driver = try split([.notificationConfigData, .notificationData])
    driver.access.write32(Self.place, 1 << 16)
    #expect(driver.broken == ["PCI-NOTIFY-6"])
    driver.machine.clearViolations()
    driver.access.write32(Self.place, 0x1234 | 1 << 16)
    #expect(driver.broken == [])
  }

  @Test("NOTIF-D-1: another available index") func splitPosition() throws {
    let driver = try split([.notificationData])
    driver.access.write32(Self.place, 2 << 16)
    #expect(driver.broken == ["NOTIF-D-1"])
  }

  @Test("PACKED-DESC-3, PACKED-DESC-4: another slot, and another wrap counter")
  func packedPosition() throws {
    let (first, _) = try packed([.notificationData])
    first.access.write32(Self.place, 0x8001 << 16)
    #expect(first.broken == ["PACKED-DESC-3"])
    let (second, _) = try packed([.notificationData])
    second.access.write32(Self.place, 0x0002 << 16)
    #expect(second.broken == ["PACKED-DESC-4"])
    let (third, queue) = try packed([.notificationData])
    third.access.write32(Self.place, 0x8002 << 16)
    queue.takeUsed()
    queue.post(RawCommand.displayInfo)
    queue.ring.fullBarrier()
    // Behind the end of the ring, in the second lap.
    third.access.write32(Self.place, 0x0001 << 16)
    #expect(queue.takeUsed() != nil)
    #expect(third.broken == [])
  }
}
