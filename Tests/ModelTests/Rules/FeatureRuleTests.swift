import Testing
import VirtIO
import VirtIOTesting

/// Drivers that accept what they may not, or not what they should.
@Suite struct FeatureRuleTests {
  /// What is broken when a device offers `offered` besides the usual, and `accepted` is accepted.
  private func broken(
    offering offered: UInt64 = 0, accepting accepted: UInt64, without declined: UInt64 = 0
  ) -> [String] {
    var configuration = ModelConfiguration()
    configuration.offeredFeatures |= offered
    let driver = RawDriver(configuration)
    driver.acknowledge()
    _ = driver.readFeatures()
    driver.writeFeatures(RawDriver.usual & ~declined | accepted)
    driver.writeStatus([.acknowledge, .driver, .featuresOK])
    return driver.broken
  }

  @Test("FEAT-1: a feature that was not offered") func notOffered() {
    #expect(broken(accepting: 1 << 3) == ["FEAT-1"])
  }

  @Test("FEAT-2: a feature without the one it needs") func withoutDependency() {
    #expect(broken(offering: 1 << 4, accepting: 1 << 4) == ["FEAT-2"])
    #expect(broken(offering: 1 << 5, accepting: 1 << 5) == ["FEAT-2"])
  }

  @Test("FEAT-3: an answer before the offer was read") func blindAnswer() {
    let driver = RawDriver()
    driver.acknowledge()
    driver.write32(.driverFeatureSelect, 1)
    driver.write32(.driverFeature, 1)
    #expect(driver.broken == ["FEAT-3"])
  }

  @Test("FEAT-5, FEAT-4: an undefined bit is accepted, even though it is offered")
  func undefined() {
    #expect(broken(offering: 1 << 26, accepting: 1 << 26) == ["FEAT-5"])
    #expect(broken(offering: 1 << 26, accepting: 0) == [])
  }

  @Test("FEAT-7, FEAT-6: a reserved bit is accepted, even though it is offered") func reserved() {
    #expect(broken(offering: 1 << 44, accepting: 1 << 44) == ["FEAT-7"])
    #expect(broken(offering: 1 << 44, accepting: 0) == [])
  }

  @Test("FEAT-11, FEAT-10: a bit without meaning for a GPU is accepted") func meaningless() {
    #expect(broken(offering: 1 << 6, accepting: 1 << 6) == ["FEAT-11"])
    #expect(broken(offering: 1 << 6, accepting: 0) == [])
    let driver = RawDriver()
    driver.acknowledge()
    driver.write32(.driverFeatureSelect, 2)
    driver.write32(.driverFeature, 1)
    #expect(driver.broken == ["FEAT-11"])
  }

  @Test("FEAT-13: a driver without VERSION_1 gives up without FAILED") func silentRefusal() {
    var configuration = ModelConfiguration()
    configuration.offeredFeatures &= ~(1 << 32)
    let driver = RawDriver(configuration)
    driver.acknowledge()
    _ = driver.readFeatures()
    driver.reset()
    #expect(driver.broken == ["FEAT-13"])
  }

  @Test("RFB-1: VERSION_1 is not accepted") func version1() {
    #expect(broken(accepting: 0, without: 1 << 32) == ["RFB-1"])
  }

  @Test("RFB-3: ACCESS_PLATFORM is not accepted") func accessPlatform() {
    #expect(broken(accepting: 0, without: 1 << 33) == ["RFB-3"])
  }

  @Test("RFB-6: RING_PACKED is not accepted") func packedRing() {
    #expect(broken(offering: 1 << 34, accepting: 0) == ["RFB-6"])
  }

  @Test("RFB-7: ORDER_PLATFORM is not accepted") func orderPlatform() {
    #expect(broken(accepting: 0, without: 1 << 36) == ["RFB-7"])
  }

  @Test("RFB-14: NOTIF_CONFIG_DATA is not accepted") func notificationData() {
    #expect(broken(offering: 1 << 39, accepting: 0) == ["RFB-14"])
  }

  @Test("RFB-D-1: what belongs to a feature is used without it") func withoutFeature() {
    let driver = RawDriver()
    driver.negotiate()
    driver.write16(.queueReset, 1)
    #expect(driver.broken == ["RFB-D-1"])
    _ = driver.read16(.queueNotificationData)
    #expect(driver.broken == ["RFB-D-1", "RFB-D-1"])
    driver.machine.clearViolations()
    driver.write8(.status, 0x1b)
    #expect(driver.broken == ["RFB-D-1"])
  }
}
