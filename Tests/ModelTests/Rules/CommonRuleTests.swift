import Testing
import VirtIO
import VirtIOTesting

/// Drivers that access the common configuration in another way than it allows.
@Suite struct CommonRuleTests {
  private func negotiated() -> RawDriver {
    let driver = RawDriver()
    driver.negotiate()
    return driver
  }

  @Test("PCI-ACC-1: an 8-bit field by 2 bytes") func wideStatus() {
    let driver = RawDriver()
    _ = driver.access.read16(RawDriver.Register.status.address)
    #expect(driver.broken == ["PCI-ACC-1"])
  }

  @Test("PCI-ACC-2: a 16-bit field by 1 and by 4 bytes") func oddQueueSize() {
    let driver = RawDriver()
    _ = driver.access.read8(RawDriver.Register.queueSize.address)
    _ = driver.access.read32(RawDriver.Register.queueSize.address)
    #expect(driver.broken == ["PCI-ACC-2", "PCI-ACC-2"])
  }

  @Test("PCI-ACC-3: a 32-bit field by 2 bytes") func halfFeature() {
    let driver = RawDriver()
    _ = driver.access.read16(RawDriver.Register.deviceFeature.address)
    _ = driver.access.read16(RawDriver.device + 8)
    #expect(driver.broken == ["PCI-ACC-3", "PCI-ACC-3"])
  }

  @Test("PCI-ACC-4: a 64-bit field at once, and by 2 bytes") func wholeAddress() {
    let driver = negotiated()
    driver.access.write64(RawDriver.Register.queueUsed.address, 0)
    driver.access.write16(RawDriver.Register.queueUsed.address, 0)
    #expect(driver.broken == ["PCI-ACC-4", "PCI-ACC-4"])
  }

  @Test("PCI-COM-1: device_feature is written") func deviceFeature() {
    let driver = negotiated()
    driver.write32(.deviceFeature, 1)
    #expect(driver.broken == ["PCI-COM-1"])
  }

  @Test("PCI-COM-2: num_queues is written") func queueCount() {
    let driver = negotiated()
    driver.write16(.queueCount, 1)
    #expect(driver.broken == ["PCI-COM-2"])
  }

  @Test("PCI-COM-3: config_generation is written") func generation() {
    let driver = negotiated()
    driver.write8(.generation, 1)
    #expect(driver.broken == ["PCI-COM-3"])
  }

  @Test("PCI-COM-4: queue_notify_off is written") func notifyOffset() {
    let driver = negotiated()
    driver.write16(.queueNotifyOffset, 1)
    #expect(driver.broken == ["PCI-COM-4"])
  }

  @Test("PCI-COM-5: queue_notif_config_data is written") func notificationData() {
    let driver = negotiated()
    driver.write16(.queueNotificationData, 1)
    #expect(driver.broken == ["PCI-COM-5"])
  }

  @Test("PCI-COM-7: queue_size is no power of two") func oddSize() {
    let driver = negotiated()
    driver.write16(.queueSelect, 0)
    driver.write16(.queueSize, 3)
    #expect(driver.broken == ["PCI-COM-7"])
  }

  @Test("SPLIT-D-1: queue_size is more than there is") func largeSize() {
    let driver = negotiated()
    driver.write16(.queueSelect, 0)
    driver.write16(.queueSize, 128)
    #expect(driver.broken == ["SPLIT-D-1"])
  }

  @Test("PCI-COM-8: a queue is enabled before it has addresses, and moved afterwards")
  func incompleteQueue() throws {
    let driver = negotiated()
    driver.write16(.queueSelect, 0)
    driver.write32(.queueDescriptors, 0x4000_0000)
    driver.write16(.queueEnable, 1)
    #expect(driver.broken == ["PCI-COM-8"])
    let other = negotiated()
    _ = try other.makeQueue()
    other.write32(.queueDescriptors, 0x4000_0000)
    #expect(other.broken == ["PCI-COM-8"])
  }

  @Test("PCI-COM-8: a queue is notified that is not enabled") func notifiedDisabled() throws {
    let driver = negotiated()
    _ = try driver.makeQueue()
    driver.start()
    driver.access.write16(RawDriver.notification + 4, 1)
    #expect(driver.broken == ["PCI-COM-8"])
  }

  @Test("PCI-COM-10: queue_enable is written with 0") func disabledQueue() throws {
    let driver = negotiated()
    _ = try driver.makeQueue()
    driver.write16(.queueEnable, 0)
    #expect(driver.broken == ["PCI-COM-10"])
  }

  @Test("PCI-VQ-D-1: an absent queue is programmed") func absentQueue() {
    var configuration = ModelConfiguration()
    configuration.queueSizes = [64, 0]
    let driver = RawDriver(configuration)
    driver.negotiate()
    driver.write16(.queueSelect, 1)
    #expect(driver.read16(.queueSize) == 0)
    driver.write16(.queueSize, 2)
    driver.write16(.queueSelect, 7)
    driver.write16(.queueSize, 2)
    #expect(driver.broken == ["PCI-VQ-D-1", "PCI-VQ-D-1"])
  }

  @Test("SPLIT-ALIGN-1, SPLIT-ALIGN-2, SPLIT-ALIGN-3: areas are not aligned")
  func alignment() {
    let driver = negotiated()
    driver.write16(.queueSelect, 0)
    driver.write32(.queueDescriptors, 0x4000_0008)
    driver.write32(.queueAvailable, 0x4000_0001)
    driver.write32(.queueUsed, 0x4000_0002)
    #expect(driver.broken == ["SPLIT-ALIGN-1", "SPLIT-ALIGN-2", "SPLIT-ALIGN-3"])
  }

  // MARK: The device configuration

  private func readGeneration(_ driver: RawDriver) {
    _ = driver.access.read8(RawDriver.Register.generation.address)
  }

  @Test("CFG-3: a field is read without the generation before it, or after it")
  func unbracketed() {
    let driver = negotiated()
    _ = driver.access.read32(RawDriver.device + 8)
    readGeneration(driver)
    #expect(driver.broken == ["CFG-3"])
    driver.machine.clearViolations()
    _ = driver.access.read32(RawDriver.device + 8)
    driver.write16(.queueSelect, 0)
    #expect(driver.broken == ["CFG-3"])
  }

  @Test("CFG-2: fields that changed while they were read are used") func torn() {
    let driver = negotiated()
    readGeneration(driver)
    _ = driver.access.read32(RawDriver.device)
    driver.machine.setOutput(0, to: .init(width: 10, height: 10))
    readGeneration(driver)
    driver.write16(.queueSelect, 0)
    #expect(driver.broken == ["CFG-2"])
  }

  @Test("CFG-4: blob_alignment is read where it is not offered") func optionalField() {
    let driver = negotiated()
    _ = driver.access.read32(RawDriver.device + 16)
    #expect(driver.broken == ["CFG-4"])
  }

  @Test("GPU-CFG-1: events_read is written") func eventsRead() {
    let driver = negotiated()
    driver.access.write32(RawDriver.device, 1)
    #expect(driver.broken == ["GPU-CFG-1"])
  }

  @Test("GPU-D-4: events are cleared that were not read") func blindClear() {
    let driver = negotiated()
    driver.access.write32(RawDriver.device + 4, 1)
    #expect(driver.broken == ["GPU-D-4"])
  }

  @Test("GPU-D-5: num_scanouts is written") func scanoutCount() {
    let driver = negotiated()
    driver.access.write32(RawDriver.device + 8, 1)
    #expect(driver.broken == ["GPU-D-5"])
  }
}
