import Testing
import VirtIO
import VirtIOTesting

/// When the device interrupts, by what the driver asks for.
@Suite struct SuppressionTests {
  private func interrupts(_ driver: RawDriver) -> Int { driver.machine.takeInterrupts().count }

  /// A machine that interrupts by its line.
  private func wired(_ features: Features) -> RawDriver {
    let driver = RawDriver.offering(features)
    driver.access.write16(RawDriver.space + 4, 6)
    return driver
  }

  @Test("PACKED-D-13: event flags of a packed queue say whether the device interrupts")
  func flags() throws {
    let driver = wired(.packedRing)
    let queue = try driver.bringUpPacked()
    queue.send(RawCommand.displayInfo)
    #expect(interrupts(driver) == 1)
    queue.driverEvent.store16(1, uncheckedAt: 2)
    queue.send(RawCommand.displayInfo)
    #expect(interrupts(driver) == 0)
    queue.driverEvent.store16(0, uncheckedAt: 2)
    queue.send(RawCommand.displayInfo)
    #expect(interrupts(driver) == 1)
    #expect(driver.broken == [])
  }

  @Test("PACKED-D-13: with the event index, the device interrupts when it passes the slot")
  func packedEvent() throws {
    let driver = wired([.packedRing, .eventIndex])
    let queue = try driver.bringUpPacked([.eventIndex], size: 5)
    // Each request takes two slots: 4 of the first lap is passed by the third one.
    queue.driverEvent.store32(0x8004 | 2 << 16, uncheckedAt: 0)
    var counts: [Int] = []
    for _ in 0..<5 {
      queue.send(RawCommand.displayInfo)
      counts.append(interrupts(driver))
    }
    #expect(counts == [0, 0, 1, 0, 0])
    // 1 of the third lap: position 11.
    queue.driverEvent.store32(0x8001 | 2 << 16, uncheckedAt: 0)
    counts = []
    for _ in 0..<3 {
      queue.send(RawCommand.displayInfo)
      counts.append(interrupts(driver))
    }
    #expect(counts == [1, 0, 0])
    // 1 of the fourth lap: position 16, which comes at once.
    queue.driverEvent.store32(1 | 2 << 16, uncheckedAt: 0)
    queue.send(RawCommand.displayInfo)
    #expect(interrupts(driver) == 1)
    #expect(driver.broken == [])
  }

  @Test("SPLIT-USUP-4: used_event says when a split queue interrupts, also past 65535")
  func splitEvent() throws {
    let driver = wired(.eventIndex)
    let queue = try driver.bringUp(RawDriver.usual | Features.eventIndex.rawValue).control
    let usedEvent = 4 + 2 * Int(queue.size)
    queue.available.store16(2, uncheckedAt: usedEvent)
    var counts: [Int] = []
    for _ in 0..<4 {
      queue.post(RawCommand.displayInfo)
      queue.storeIndex()
      queue.used.fullBarrier()
      _ = queue.used.load16(uncheckedAt: 4 + 8 * Int(queue.size))
      queue.ring()
      queue.takeUsed()
      counts.append(interrupts(driver))
    }
    #expect(counts == [0, 0, 1, 0])
    #expect(driver.broken == [])
  }

  @Test("a device that does not ask to be notified looks by itself, and works unwatched")
  func unasked() throws {
    let driver = RawDriver.offering(.packedRing) { $0.notifications = .never }
    let queue = try driver.bringUpPacked()
    queue.post(RawCommand.displayInfo, id: 9)
    queue.announce()
    #expect(driver.machine.notificationCount(ofQueue: 0) == 0)
    driver.machine.poll()
    // The id, and flags that say that the device has used it and written to it.
    let used = driver.machine.bytes(at: queue.ring.deviceAddress.rawValue + 12, count: 4)
    #expect(used == [9, 0, 0x82, 0x80])
    #expect(queue.takeUsed()?.id == 9)
    #expect(driver.broken == [])
  }

  @Test(
    "a driver that forgets to ask again is not interrupted, and its interrupt is not lost by chance"
  )
  func forgotten() throws {
    let driver = wired([.packedRing, .eventIndex])
    let queue = try driver.bringUpPacked([.eventIndex])
    queue.driverEvent.store32(0x8000 | 2 << 16, uncheckedAt: 0)
    queue.send(RawCommand.displayInfo)
    #expect(interrupts(driver) == 1)
    for _ in 0..<6 { queue.send(RawCommand.displayInfo) }
    #expect(interrupts(driver) == 0)
  }
}
