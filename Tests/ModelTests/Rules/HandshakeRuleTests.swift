import Testing
import VirtIO
import VirtIOTesting

/// Drivers that take the steps of initialisation in another way than the specification.
@Suite struct HandshakeRuleTests {
  private func negotiated() -> RawDriver {
    let driver = RawDriver()
    driver.negotiate()
    return driver
  }

  @Test("INIT-1, INIT-5, INIT-8, INIT-12: the steps in their order break nothing")
  func goodDriver() throws {
    let driver = RawDriver()
    let queues = try driver.bringUp()
    #expect(queues.control.send(RawCommand.displayInfo) == 0x1101)
    #expect(driver.broken == [])
  }

  @Test("STATUS-1: two stages in one write") func twoStages() {
    let driver = RawDriver()
    driver.reset()
    driver.writeStatus([.acknowledge, .driver])
    #expect(driver.broken == ["STATUS-1"])
  }

  @Test("STATUS-2: a status write without a bit that was set") func droppedBit() {
    let driver = RawDriver()
    driver.acknowledge()
    driver.writeStatus(.driver)
    #expect(driver.broken == ["STATUS-2"])
  }

  @Test("STATUS-3: another attempt after FAILED without a reset") func noReset() {
    let driver = RawDriver()
    driver.acknowledge()
    driver.writeStatus([.acknowledge, .driver, .failed])
    driver.writeStatus([.acknowledge, .driver, .failed, .featuresOK])
    #expect(driver.broken == ["STATUS-3"])
  }

  @Test("STATUS-4: buffers for a device that was seen to need a reset") func needsReset() throws {
    let driver = RawDriver()
    let queue = try driver.bringUp().control
    driver.machine.breakDevice()
    driver.readStatus()
    queue.post(RawCommand.displayInfo)
    queue.storeIndex()
    #expect(driver.broken == ["STATUS-4"])
  }

  @Test("RESET-1: memory freed before the status read 0") func earlyFree() throws {
    let driver = RawDriver()
    let queue = try driver.bringUp().control
    driver.writeStatus([])
    driver.machine.platform.free(queue.used)
    #expect(driver.broken == ["RESET-1"])
  }

  @Test("PCI-COM-9: initialisation goes on before the status read 0") func earlyStart() {
    let driver = RawDriver()
    driver.writeStatus([])
    driver.writeStatus(.acknowledge)
    #expect(driver.broken == ["PCI-COM-9"])
    driver.machine.clearViolations()
    driver.writeStatus([])
    driver.write32(.deviceFeatureSelect, 0)
    #expect(driver.broken == ["PCI-COM-9"])
  }

  @Test("INIT-1: FEATURES_OK and DRIVER_OK in one write") func lastStagesTogether() {
    let driver = RawDriver()
    driver.acknowledge()
    driver.writeFeatures(driver.readFeatures() & RawDriver.usual)
    driver.writeStatus([.acknowledge, .driver, .featuresOK, .driverOK])
    #expect(driver.broken == ["INIT-1"])
  }

  @Test("INIT-2: ACKNOWLEDGE before any reset") func noFirstReset() {
    let driver = RawDriver()
    driver.writeStatus(.acknowledge)
    #expect(driver.broken == ["INIT-2"])
  }

  @Test("INIT-3: DRIVER before ACKNOWLEDGE") func driverFirst() {
    let driver = RawDriver()
    driver.reset()
    driver.writeStatus(.driver)
    #expect(driver.broken == ["INIT-3"])
  }

  @Test("INIT-4: features before DRIVER") func featuresFirst() {
    let driver = RawDriver()
    driver.reset()
    driver.writeStatus(.acknowledge)
    _ = driver.readFeatures()
    driver.write32(.driverFeatureSelect, 1)
    driver.write32(.driverFeature, 1)
    #expect(driver.broken == ["INIT-4"])
  }

  @Test("INIT-4: FEATURES_OK before DRIVER") func featuresOKFirst() {
    let driver = RawDriver()
    driver.reset()
    driver.writeStatus(.acknowledge)
    driver.writeStatus([.acknowledge, .featuresOK])
    #expect(driver.broken == ["INIT-4"])
  }

  @Test("INIT-5: FEATURES_OK before the answer was written") func noAnswer() {
    let driver = RawDriver()
    driver.acknowledge()
    _ = driver.readFeatures()
    driver.writeStatus([.acknowledge, .driver, .featuresOK])
    #expect(driver.broken == ["INIT-5"])
  }

  @Test("INIT-7: the configuration is written before FEATURES_OK") func earlyConfiguration() {
    let driver = RawDriver()
    driver.acknowledge()
    driver.access.write32(RawDriver.device + 4, 1)
    #expect(driver.broken == ["INIT-7"])
  }

  @Test("INIT-8: DRIVER_OK without FEATURES_OK") func noFeaturesOK() {
    let driver = RawDriver()
    driver.acknowledge()
    driver.writeFeatures(driver.readFeatures() & RawDriver.usual)
    driver.writeStatus([.acknowledge, .driver, .driverOK])
    #expect(driver.broken == ["INIT-8"])
  }

  @Test("INIT-9: a feature after FEATURES_OK") func lateFeature() {
    let driver = negotiated()
    driver.write32(.driverFeature, 1)
    #expect(driver.broken == ["INIT-9"])
  }

  @Test("INIT-10: DRIVER_OK before the status was read back") func notReadBack() {
    let driver = RawDriver()
    driver.acknowledge()
    driver.writeFeatures(driver.readFeatures() & RawDriver.usual)
    driver.writeStatus([.acknowledge, .driver, .featuresOK])
    driver.start()
    #expect(driver.broken == ["INIT-10"])
  }

  @Test("INIT-11: queues for a device that refused the features") func refused() {
    let driver = RawDriver()
    driver.machine.inject(ModelFault(on: .read(.deviceStatus), skipping: 1, .value(3)))
    driver.negotiate()
    driver.write16(.queueSelect, 0)
    #expect(driver.broken == ["INIT-11"])
  }

  @Test("INIT-12: queues before FEATURES_OK, and after DRIVER_OK") func queuesOutOfTurn() throws {
    let driver = RawDriver()
    driver.acknowledge()
    driver.write16(.queueSelect, 0)
    #expect(driver.broken == ["INIT-12"])
    let late = negotiated()
    _ = try late.prepareQueue()
    late.start()
    late.write16(.queueEnable, 1)
    #expect(late.broken == ["INIT-12"])
  }

  @Test("INIT-13: another bit after DRIVER_OK") func lateBit() {
    let driver = RawDriver()
    driver.reset()
    driver.writeStatus(.acknowledge)
    driver.writeStatus([.acknowledge, .driverOK])
    driver.machine.clearViolations()
    driver.writeStatus([.acknowledge, .driverOK, .driver])
    #expect(driver.broken == ["INIT-13"])
  }

  @Test("INIT-14: a driver that gives up without FAILED") func silentFailure() {
    let driver = RawDriver()
    driver.machine.inject(ModelFault(on: .read(.deviceStatus), skipping: 1, .value(3)))
    driver.negotiate()
    driver.reset()
    #expect(driver.broken == ["INIT-14"])
  }

  @Test("INIT-15: a step after FAILED") func stepAfterFailure() {
    let driver = RawDriver()
    driver.acknowledge()
    _ = driver.readFeatures()
    driver.writeStatus([.acknowledge, .driver, .failed])
    driver.write32(.driverFeature, 0)
    #expect(driver.broken == ["INIT-15"])
  }

  @Test("INIT-16: a notification before DRIVER_OK") func earlyNotification() throws {
    let driver = negotiated()
    let queue = try driver.makeQueue()
    queue.post(RawCommand.displayInfo)
    queue.publish()
    #expect(driver.broken == ["INIT-16"])
  }

  @Test("MODEL-BUS-4: DRIVER_OK for a function that may not reach memory") func noBusMaster() {
    let driver = RawDriver()
    driver.access.write16(RawDriver.space + 4, 2)
    driver.negotiate()
    driver.start()
    #expect(driver.broken == ["MODEL-BUS-4"])
  }
}
