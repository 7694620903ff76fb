import Testing
import VirtIO
import VirtIOTesting

/// Drivers that give the model nonsense: it says which rule that breaks, and goes on.
@Suite struct NonsenseTests {
  /// Whether a machine that was given nonsense serves a driver that begins anew.
  private func serves(_ driver: RawDriver) throws -> Bool {
    driver.machine.clearViolations()
    let queue = try driver.bringUp().control
    return queue.send(RawCommand.displayInfo) == 0x1101 && driver.broken == []
  }

  /// What is broken by a chain that starts with `descriptor`, and what then is the status.
  private func broken(
    _ layOut: (RawQueue) -> Void, head: UInt16 = 0
  ) throws -> (ids: [String], status: DeviceStatus, serves: Bool) {
    let driver = RawDriver()
    let queue = try driver.bringUp().control
    layOut(queue)
    queue.offer(head)
    queue.publish()
    let ids = driver.broken
    let status = driver.readStatus()
    return (ids, status, try serves(driver))
  }

  private let needsReset: DeviceStatus = [
    .acknowledge, .driver, .featuresOK, .driverOK, .needsReset,
  ]

  @Test("RFB-5: a descriptor outside memory stops the queue, and a reset mends it")
  func outsideMemory() throws {
    let end = try broken({ $0.descriptor(0, 0xffff_ffff_ffff_fff0, 64) })
    #expect(end.ids == ["RFB-5"])
    #expect(end.status == needsReset && end.serves)
  }

  @Test("SPLIT-DESC-2: a cycle stops the queue, and a reset mends it") func cycle() throws {
    let end = try broken({ queue in
      let buffer = queue.buffer()
      for number in 0..<3 {
        queue.descriptor(
          number, buffer.request + UInt64(number) * 64, 24, flags: 1, next: UInt16(number + 1) % 3)
      }
    })
    #expect(end.ids == ["SPLIT-DESC-2"])
    #expect(end.status == needsReset && end.serves)
  }

  @Test("SPLIT-D-10: a head of 65535 stops the queue, and a reset mends it") func head() throws {
    let end = try broken({ _ in }, head: .max)
    #expect(end.ids == ["SPLIT-D-10"])
    #expect(end.status == needsReset && end.serves)
  }

  @Test("SPLIT-D-5: an available index that is far ahead stops the queue, and a reset mends it")
  func farAhead() throws {
    let end = try broken({ $0.availableIndex = 0x7000 })
    #expect(end.ids == ["SPLIT-D-5", "MODEL-KICK-1"])
    #expect(end.status == needsReset && end.serves)
  }

  @Test("PCI-COM-7: a queue size of 0 does not stay, and the queue works") func emptyQueue() throws
  {
    let driver = RawDriver()
    driver.negotiate()
    driver.write16(.queueSelect, 0)
    driver.write16(.queueSize, 0)
    #expect(driver.broken == ["PCI-COM-7"])
    #expect(driver.read16(.queueSize) == 64)
    driver.machine.clearViolations()
    let queue = try driver.makeQueue(0, size: 64)
    _ = try driver.makeQueue(1)
    driver.start()
    #expect(queue.send(RawCommand.displayInfo) == 0x1101)
    #expect(driver.broken == [])
  }
}
