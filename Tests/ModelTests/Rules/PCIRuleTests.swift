import Testing
import VirtIO
import VirtIOTesting

/// Drivers that do with PCI what it does not allow.
@Suite struct PCIRuleTests {
  @Test("MODEL-BUS-1: an address that nothing decodes") func nowhere() {
    let driver = RawDriver()
    #expect(driver.access.read32(0x5000) == .max)
    #expect(driver.access.read32(RawDriver.structureBAR + 0x800) == .max)
    driver.access.write8(RawDriver.interruptStatus, 0)
    #expect(driver.broken == Array(repeating: "MODEL-BUS-1", count: 3))
  }

  @Test("MODEL-BUS-2: an access that is not aligned") func misaligned() {
    let driver = RawDriver()
    #expect(driver.access.read32(RawDriver.structureBAR + 2) == .max)
    #expect(driver.broken == ["MODEL-BUS-2"])
  }

  @Test("MODEL-BUS-3: a BAR is moved while it is decoded") func movedBAR() {
    let driver = RawDriver()
    driver.access.write32(RawDriver.space + 0x14, 0x1100_0000)
    #expect(driver.broken == ["MODEL-BUS-3"])
  }

  @Test("PCI-CAP-8: a capability is written") func writtenCapability() {
    let driver = RawDriver()
    driver.access.write32(RawDriver.capabilities + 8, 0)
    #expect(driver.broken == ["PCI-CAP-8"])
  }

  // MARK: The window

  private func setWindow(_ driver: RawDriver, bar: UInt8, offset: UInt32, length: UInt32) {
    driver.access.write8(RawDriver.window + 4, bar)
    driver.access.write32(RawDriver.window + 12, length)
    driver.access.write32(RawDriver.window + 8, offset)
  }

  @Test("PCI-CFGACC-1, PCI-CFGACC-2, PCI-CFGACC-3: the window works as it should") func window() {
    let driver = RawDriver()
    setWindow(driver, bar: 4, offset: 0x12, length: 2)
    #expect(driver.access.read32(RawDriver.window + 16) == 2)
    setWindow(driver, bar: 4, offset: 0x08, length: 4)
    driver.access.write32(RawDriver.window + 16, 1)
    #expect(driver.access.read32(RawDriver.Register.driverFeatureSelect.address) == 1)
    #expect(driver.broken == [])
  }

  @Test("PCI-CFGACC-1, PCI-CFGACC-2: an offset that is no multiple of the length")
  func misalignedWindow() {
    let driver = RawDriver()
    setWindow(driver, bar: 4, offset: 0x02, length: 4)
    #expect(driver.broken == ["PCI-CFGACC-1"])
    _ = driver.access.read32(RawDriver.window + 16)
    #expect(driver.broken == ["PCI-CFGACC-1", "PCI-CFGACC-2"])
  }

  @Test("PCI-CFGACC-3, PCI-CFGACC-4: the window on what is no structure") func windowOutside() {
    let driver = RawDriver()
    setWindow(driver, bar: 4, offset: 0x800, length: 4)
    _ = driver.access.read32(RawDriver.window + 16)
    #expect(driver.broken == ["PCI-CFGACC-3"])
    driver.access.write32(RawDriver.window + 16, 0)
    #expect(driver.broken == ["PCI-CFGACC-3", "PCI-CFGACC-4"])
  }

  @Test("PCI-CFGACC-D-1: the window with a length of 3") func oddWindow() {
    let driver = RawDriver()
    setWindow(driver, bar: 4, offset: 0, length: 3)
    _ = driver.access.read32(RawDriver.window + 16)
    #expect(driver.broken == ["PCI-CFGACC-D-1"])
  }

  // MARK: Notifications

  private func started() throws -> (driver: RawDriver, queue: RawQueue) {
    let driver = RawDriver()
    let queue = try driver.bringUp().control
    queue.post(RawCommand.displayInfo)
    queue.storeIndex()
    queue.used.fullBarrier()
    return (driver, queue)
  }

  @Test("PCI-NOTIFY-1: a notification by 4 bytes, or a read of it") func wideNotification() throws {
    let (driver, _) = try started()
    driver.access.write32(RawDriver.notification, 0)
    _ = driver.access.read16(RawDriver.notification)
    #expect(driver.broken == ["PCI-NOTIFY-1", "PCI-NOTIFY-1"])
  }

  @Test("PCI-NOTIFY-3, NOTIF-D-3: a notification with another value than the index")
  func wrongValue() throws {
    let (driver, _) = try started()
    driver.access.write16(RawDriver.notification, 1)
    #expect(driver.broken == ["PCI-NOTIFY-3"])
  }

  @Test("PCI-NOTIFY-D-1: a notification where no queue is notified") func wrongPlace() throws {
    let (driver, _) = try started()
    driver.access.write16(RawDriver.notification + 2, 0)
    #expect(driver.broken == ["PCI-NOTIFY-D-1"])
  }

  // MARK: Interrupts

  @Test("PCI-ISR-1: the interrupt status is read with MSI-X on") func statusWithMessages() {
    let driver = RawDriver()
    _ = driver.access.read8(RawDriver.interruptStatus)
    #expect(driver.broken == [])
    driver.access.write16(RawDriver.msix + 2, 0x8000)
    _ = driver.access.read8(RawDriver.interruptStatus)
    #expect(driver.broken == ["PCI-ISR-1"])
  }

  @Test("MSIX-4: a vector beyond the table") func vectorBeyond() {
    let driver = RawDriver()
    driver.negotiate()
    driver.write16(.configurationVector, 3)
    #expect(driver.read16(.configurationVector) == 0xffff)
    _ = driver.access.read32(RawDriver.tableBAR + 3 * 16)
    #expect(driver.broken == ["MSIX-4", "MSIX-4"])
  }

  @Test("MSIX-5: a vector is not read back") func vectorNotReadBack() {
    let driver = RawDriver()
    driver.negotiate()
    driver.write16(.configurationVector, 0)
    driver.write16(.queueSelect, 0)
    #expect(driver.broken == ["MSIX-5"])
  }

  @Test("MODEL-BUS-5: what a vector sends is changed while it may be sent")
  func changedMessage() {
    let driver = RawDriver()
    driver.access.write16(RawDriver.msix + 2, 0x8000)
    driver.access.write32(RawDriver.tableBAR + 8, 1)
    driver.access.write32(RawDriver.tableBAR + 12, 0)
    #expect(driver.broken == [])
    driver.access.write32(RawDriver.tableBAR + 8, 2)
    #expect(driver.broken == ["MODEL-BUS-5"])
    driver.access.write16(RawDriver.msix + 2, 0xc000)
    driver.access.write32(RawDriver.tableBAR + 8, 3)
    #expect(driver.broken == ["MODEL-BUS-5"])
  }

  @Test("messages arrive in memory, also those of masked vectors later")
  func messages() throws {
    let driver = RawDriver()
    let memory = try driver.allocate(64)
    let address = memory.deviceAddress.rawValue
    driver.access.write32(RawDriver.tableBAR + 16, UInt32(truncatingIfNeeded: address))
    driver.access.write32(RawDriver.tableBAR + 24, 0xabcd)
    driver.access.write16(RawDriver.msix + 2, 0x8000)
    driver.negotiate()
    driver.write16(.queueSelect, 0)
    driver.write16(.queueVector, 1)
    #expect(driver.read16(.queueVector) == 1)
    let queue = try driver.makeQueue()
    driver.start()
    queue.send(RawCommand.displayInfo)
    #expect(driver.machine.takeInterrupts() == [])
    #expect(driver.access.read32(RawDriver.tableBAR + 0x8000) == 2)
    driver.access.write32(RawDriver.tableBAR + 28, 0)
    #expect(memory.load32(uncheckedAt: 0) == 0xabcd)
    #expect(
      driver.machine.takeInterrupts() == [.message(vector: 1, address: address, data: 0xabcd)])
    #expect(driver.broken == [])
  }

  @Test("PCI-ISR-D-1: by wire, the interrupt status says both and clears")
  func wire() throws {
    let driver = RawDriver()
    driver.access.write16(RawDriver.space + 4, 6)
    let queue = try driver.bringUp().control
    queue.send(RawCommand.displayInfo)
    driver.machine.setOutput(0, to: .init(width: 10, height: 10))
    #expect(driver.machine.takeInterrupts() == [.wire, .wire])
    #expect(driver.access.read16(RawDriver.space + 6) & 8 == 8)
    #expect(driver.access.read8(RawDriver.interruptStatus) == 3)
    #expect(driver.access.read8(RawDriver.interruptStatus) == 0)
    #expect(driver.access.read16(RawDriver.space + 6) & 8 == 0)
    #expect(driver.broken == [])
  }
}
