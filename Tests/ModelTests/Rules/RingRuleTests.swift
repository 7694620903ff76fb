import Testing
import VirtIO
import VirtIOTesting

/// Drivers that use the rings in another way, or order, than both sides need.
@Suite struct RingRuleTests {
  private func started(_ features: UInt64 = 0) throws -> (driver: RawDriver, queue: RawQueue) {
    let driver = RawDriver()
    let queue = try driver.bringUp(RawDriver.usual | features).control
    return (driver, queue)
  }
  private let eventIndex: UInt64 = 1 << 29

  // MARK: Order

  @Test("SPLIT-BAR-1: the index is stored without an order after its entries") func plainIndex()
    throws
  {
    let (driver, queue) = try started()
    queue.post(RawCommand.displayInfo)
    queue.available.store16(queue.availableIndex, uncheckedAt: 2)
    #expect(driver.broken == ["SPLIT-BAR-1"])
  }

  @Test("SPLIT-BAR-1: the index is stored before its entry") func lateEntry() throws {
    let (driver, queue) = try started()
    queue.availableIndex = 1
    queue.storeIndex()
    queue.availableIndex = 0
    driver.machine.clearViolations()
    queue.offer(0)
    #expect(driver.broken == ["SPLIT-BAR-1"])
  }

  @Test("SPLIT-BAR-1: a full barrier orders as well") func barrierBeforeIndex() throws {
    let (driver, queue) = try started()
    queue.post(RawCommand.displayInfo)
    queue.available.fullBarrier()
    queue.available.store16(queue.availableIndex, uncheckedAt: 2)
    #expect(driver.broken == [])
  }

  @Test("SPLIT-BAR-2: used.flags are read without a barrier behind the index") func noBarrier()
    throws
  {
    let (driver, queue) = try started()
    queue.post(RawCommand.displayInfo)
    queue.storeIndex()
    _ = queue.used.load16(uncheckedAt: 0)
    #expect(driver.broken == ["SPLIT-BAR-2"])
  }

  @Test("MODEL-ORDER-1: a used element is read without an order after the index") func plainUsed()
    throws
  {
    let (driver, queue) = try started()
    queue.post(RawCommand.displayInfo)
    queue.publish()
    _ = queue.used.load16(uncheckedAt: 2)
    _ = queue.used.load32(uncheckedAt: 4)
    #expect(driver.broken == ["MODEL-ORDER-1"])
  }

  @Test("RFB-8: with ORDER_PLATFORM, orders among CPUs are not enough") func platformOrder() throws
  {
    let (driver, queue) = try started()
    queue.post(RawCommand.displayInfo)
    queue.available.storeReleasing16(queue.availableIndex, uncheckedAt: 2)
    #expect(driver.broken == ["RFB-8"])
    queue.used.fullBarrier()
    queue.ring()
    _ = queue.used.loadAcquiring16(uncheckedAt: 2)
    _ = queue.used.load32(uncheckedAt: 4)
    #expect(driver.broken == ["RFB-8", "RFB-8"])
  }

  @Test("SPLIT-BAR-1, MODEL-ORDER-1: without ORDER_PLATFORM they are") func ordinaryOrder() throws {
    var configuration = ModelConfiguration()
    configuration.offeredFeatures &= ~(1 << 36)
    let driver = RawDriver(configuration)
    let queue = try driver.bringUp().control
    queue.post(RawCommand.displayInfo)
    queue.available.storeReleasing16(queue.availableIndex, uncheckedAt: 2)
    queue.used.fullBarrier()
    queue.ring()
    _ = queue.used.loadAcquiring16(uncheckedAt: 2)
    _ = queue.used.load32(uncheckedAt: 4)
    #expect(driver.broken == [])
  }

  // MARK: What is stored where

  @Test("SPLIT-AVAIL-1: the available index goes back") func backwards() throws {
    let (driver, queue) = try started()
    queue.send(RawCommand.displayInfo)
    queue.availableIndex = 0
    queue.storeIndex()
    #expect(driver.broken == ["SPLIT-AVAIL-1"])
  }

  @Test("SPLIT-D-5: the index counts more buffers than there are descriptors") func tooMany()
    throws
  {
    let (driver, queue) = try started()
    queue.availableIndex = 65
    queue.storeIndex()
    #expect(driver.broken == ["SPLIT-D-5"])
  }

  @Test("SPLIT-USUP-1: available flags of 2") func oddFlags() throws {
    let (driver, queue) = try started()
    queue.available.store16(1, uncheckedAt: 0)
    #expect(driver.broken == [])
    queue.available.store16(2, uncheckedAt: 0)
    #expect(driver.broken == ["SPLIT-USUP-1"])
  }

  @Test("SPLIT-USUP-3: available flags with the event index") func flagsWithEventIndex() throws {
    let (driver, queue) = try started(eventIndex)
    queue.available.store16(1, uncheckedAt: 0)
    #expect(driver.broken == ["SPLIT-USUP-3"])
  }

  @Test("SPLIT-D-6: used_event without the event index") func usedEvent() throws {
    let (driver, queue) = try started()
    // The field is behind the ring: in this queue, behind 64 slots.
    queue.available.store16(1, uncheckedAt: 4 + 2 * 64)
    #expect(driver.broken == ["SPLIT-D-6"])
  }

  @Test("SPLIT-D-7: a store to the used ring") func storeToUsed() throws {
    let (driver, queue) = try started()
    queue.used.store16(0, uncheckedAt: 2)
    #expect(driver.broken == ["SPLIT-D-7"])
  }

  @Test("SPLIT-KICK-1, SPLIT-D-5, PCI-VQ-D-1: rings that are not zero when they are handed over")
  func dirtyRings() throws {
    let driver = RawDriver()
    driver.negotiate()
    let queue = try driver.prepareQueue()
    queue.used.store16(1, uncheckedAt: 0)
    queue.available.store16(1, uncheckedAt: 2)
    queue.used.store16(1, uncheckedAt: 2)
    driver.write16(.queueEnable, 1)
    #expect(driver.broken == ["SPLIT-KICK-1", "SPLIT-D-5", "PCI-VQ-D-1"])
  }

  @Test("SPLIT-D-2, RFB-5: areas that are in no piece of memory, or in none at all")
  func misplacedAreas() throws {
    let driver = RawDriver()
    driver.negotiate()
    _ = try driver.prepareQueue()
    driver.write64(.queueUsed, 0x4000_0000 + 15 << 20)
    driver.write16(.queueEnable, 1)
    #expect(driver.broken == ["SPLIT-D-2"])
    let other = RawDriver()
    other.negotiate()
    _ = try other.prepareQueue()
    other.write64(.queueUsed, 0x1000)
    other.write16(.queueEnable, 1)
    #expect(other.broken == ["RFB-5"])
  }

  // MARK: In flight

  @Test("CLEAN-1: a descriptor, a slot and a chain in flight") func storeInFlight() throws {
    let (driver, queue) = try started()
    queue.post(RawCommand.displayInfo)
    queue.storeIndex()
    queue.descriptors.store32(1, uncheckedAt: 8)
    #expect(driver.broken == ["CLEAN-1"])
    queue.available.store16(0, uncheckedAt: 4)
    #expect(driver.broken == ["CLEAN-1", "CLEAN-1"])
    queue.offer(0)
    queue.storeIndex()
    #expect(driver.broken == ["CLEAN-1", "CLEAN-1", "CLEAN-1"])
  }

  @Test("CLEAN-1: a chain is the device's until the driver has seen the used index")
  func unseenCompletion() throws {
    let (driver, queue) = try started()
    queue.post(RawCommand.displayInfo)
    queue.publish()
    queue.descriptors.store32(24, uncheckedAt: 8)
    #expect(driver.broken == ["CLEAN-1"])
    queue.takeUsed()
    queue.descriptors.store32(24, uncheckedAt: 8)
    #expect(driver.broken == ["CLEAN-1"])
  }

  @Test("CLEAN-2: rings, buffers and backing are freed while the device has them")
  func earlyFree() throws {
    let (driver, queue) = try started()
    let backing = try driver.allocate(4096)
    queue.send(RawCommand.create(1, 8, 8))
    queue.send(RawCommand.attach(1, backing.deviceAddress.rawValue, 4096))
    driver.machine.platform.free(backing)
    #expect(driver.broken == ["CLEAN-2"])
    queue.post(RawCommand.displayInfo)
    queue.storeIndex()
    driver.machine.platform.free(queue.buffers)
    #expect(driver.broken == ["CLEAN-2", "CLEAN-2"])
    driver.machine.platform.free(queue.used)
    #expect(driver.broken == ["CLEAN-2", "CLEAN-2", "CLEAN-2"])
  }

  @Test("DESIGN-7: a request is changed in flight, by a pointer or by a store")
  func changedRequest() throws {
    let (driver, queue) = try started()
    let request = queue.buffer().request
    queue.descriptor(0, request, 24)
    queue.offer(0)
    queue.storeIndex()
    queue.fill(request, [1])
    queue.used.fullBarrier()
    _ = queue.used.load16(uncheckedAt: 0)
    queue.ring()
    #expect(driver.broken.first == "DESIGN-7")
    let (other, second) = try started()
    second.post(RawCommand.displayInfo)
    second.storeIndex()
    second.buffers.store32(1, uncheckedAt: 4096)
    #expect(other.broken == ["DESIGN-7"])
  }

  @Test("DESIGN-7: pixels are changed while they are transferred") func changedPixels() throws {
    let (driver, queue) = try started()
    let backing = try driver.allocate(4096)
    queue.send(RawCommand.create(1, 8, 8))
    queue.send(RawCommand.attach(1, backing.deviceAddress.rawValue, 4096))
    driver.machine.inject(ModelFault(on: .command(0x105), .delay(polls: 5)))
    queue.send(RawCommand.transfer(1, 8, 8))
    backing.store32(1, uncheckedAt: 16)
    driver.machine.poll(8)
    #expect(driver.broken == ["DESIGN-7"])
  }

  // MARK: Memory

  @Test("MODEL-MEM-1, MODEL-MEM-2, MODEL-MEM-3: accesses outside, after free, and a second free")
  func memory() throws {
    let driver = RawDriver()
    let region = try driver.allocate(64)
    _ = region.load32(uncheckedAt: 64)
    _ = region.load32(uncheckedAt: 2)
    #expect(driver.broken == ["MODEL-MEM-1", "MODEL-MEM-1"])
    driver.machine.clearViolations()
    driver.machine.platform.free(region)
    region.store16(1, uncheckedAt: 0)
    #expect(driver.broken == ["MODEL-MEM-2"])
    driver.machine.platform.free(region)
    #expect(driver.broken == ["MODEL-MEM-2", "MODEL-MEM-3"])
    // SAFETY: the memory is the machine's, whoever may use it.
    unsafe region.base.storeBytes(of: 1, as: UInt8.self)
    #expect(driver.machine.finish().map(\.id) == ["MODEL-MEM-2", "MODEL-MEM-3", "MODEL-MEM-2"])
  }

  @Test("MODEL-MEM-4: memory that is not given back") func leak() throws {
    let driver = RawDriver()
    _ = try driver.allocate(64)
    #expect(driver.machine.finish().map(\.id) == ["MODEL-MEM-4"])
  }
}
