import Testing
import VirtIO
import VirtIOTesting

/// What a device can do wrong in a packed ring, as a driver sees it.
@Suite struct PackedFaultTests {
  /// A queue whose next buffer, or a later one, is struck.
  private func struck(
    _ action: ModelFault.Action, features: Features = [], skipping: Int = 0
  ) throws -> RawPackedQueue {
    let driver = RawDriver.offering(features.union(.packedRing))
    let queue = try driver.bringUpPacked(features, size: 8)
    driver.machine.inject(ModelFault(on: .buffer(queue: 0), skipping: skipping, action))
    return queue
  }

  /// Four bytes of a used descriptor: its id and its flags.
  private func used(_ queue: RawPackedQueue, _ slot: Int) -> (id: UInt16, flags: UInt16) {
    let bytes = queue.driver.machine.bytes(
      at: queue.ring.deviceAddress.rawValue + UInt64(16 * slot + 12), count: 4)
    return (UInt16(bytes[0]) | UInt16(bytes[1]) << 8, UInt16(bytes[2]) | UInt16(bytes[3]) << 8)
  }

  @Test("a wrong id, and a length of more than there is") func lies() throws {
    let queue = try struck(.id(0x1_7777))
    queue.post(RawCommand.displayInfo, id: 3)
    queue.announce()
    #expect(queue.takeUsed()?.id == 0x7777)
    let other = try struck(.length(.max))
    other.post(RawCommand.displayInfo, id: 3)
    other.announce()
    let used = other.takeUsed()
    #expect(used?.id == 3 && used?.byteCount == .max)
    #expect(queue.driver.broken + other.driver.broken == [])
  }

  @Test("a length of 0 comes without the flag WRITE") func noLength() throws {
    let queue = try struck(.length(0))
    queue.post(RawCommand.displayInfo, id: 3)
    queue.announce()
    #expect(used(queue, 0).id == 3)
    #expect(used(queue, 0).flags == 0x8080)
    #expect(queue.takeUsed()?.byteCount == 0)
  }

  @Test("the bits of the other lap: the driver sees nothing") func otherLap() throws {
    let queue = try struck(.wrongLap)
    queue.post(RawCommand.displayInfo, id: 3)
    queue.announce()
    #expect(queue.takeUsed() == nil)
    #expect(used(queue, 0) == (3, 2))
    #expect(queue.driver.broken == [])
  }

  @Test("used twice: the second time in the slot that comes next") func duplicate() throws {
    let queue = try struck(.duplicate)
    queue.post(RawCommand.displayInfo, id: 3)
    queue.announce()
    #expect(queue.takeUsed()?.id == 3)
    #expect(used(queue, 2) == (3, 0x8082))
  }

  @Test("out of order, where order was agreed and where it was not") func outOfOrder() throws {
    for features: Features in [[], [.inOrder]] {
      let queue = try struck(.outOfOrder, features: features)
      queue.isInOrder = false
      for id: UInt16 in 4..<6 { queue.post(RawCommand.displayInfo, id: id) }
      queue.announce()
      #expect(used(queue, 0).id == 5)
      #expect(used(queue, 2).id == 4)
    }
  }

  @Test("slots that are skipped: what was used is not where the driver looks") func skipping()
    throws
  {
    let driver = RawDriver.offering(.packedRing)
    let queue = try driver.bringUpPacked()
    driver.machine.inject(ModelFault(on: .buffer(queue: 0), .usedIndex(queue: 0, by: 1)))
    queue.post(RawCommand.displayInfo, id: 3)
    queue.announce()
    #expect(queue.takeUsed() == nil)
    #expect(used(queue, 1) == (3, 0x8082))
    #expect(driver.broken == [])
  }

  @Test("a driver that believes a wrong id is judged by what it was told") func believed() throws {
    let queue = try struck(.id(4))
    queue.post(RawCommand.displayInfo, id: 3)
    queue.post(RawCommand.displayInfo, id: 4)
    queue.announce()
    #expect(queue.takeUsed()?.id == 4)
    // The slots and the id are its own again, as far as it can know.
    queue.next = 8
    queue.post(RawCommand.displayInfo, id: 4)
    #expect(queue.driver.broken == [])
  }

  @Test("chance in a packed ring is decided by the seed", arguments: 0..<4 as Range<UInt64>)
  func sameSeed(_ seed: UInt64) throws {
    func digest(_ seed: UInt64) throws -> UInt64 {
      let driver = RawDriver.offering([.packedRing, .eventIndex]) {
        $0.chance = ModelChance(seed: seed)
      }
      let queue = try driver.bringUpPacked([.eventIndex])
      for _ in 0..<10 {
        for id: UInt16 in 0..<3 { queue.post(RawCommand.displayInfo, id: id) }
        queue.announce()
        for _ in 0..<100 where queue.usedPosition < queue.next { queue.takeUsed() }
        #expect(queue.usedPosition == queue.next)
      }
      #expect(driver.broken == [])
      return driver.machine.traceDigest
    }
    #expect(try digest(seed) == digest(seed))
    #expect(try digest(seed) != digest(seed + 100))
  }
}
