import Testing
import VirtIO
import VirtIOTestDoubles

/// Event suppression of a packed ring.
@Suite("Event suppression, packed")
struct PackedEventTests {
  @Test("PACKED-D-13: without EVENT_IDX flags are 0 or 1")
  func flags() throws {
    var rig = try PackedRig<4>()
    #expect(rig.ring.driverEventFlags == 0)
    rig.queue.suppressInterrupts(true)
    #expect(rig.ring.driverEventFlags == 1)
    rig.queue.suppressInterrupts(false)
    #expect(rig.ring.driverEventFlags == 0)
  }

  @Test("PACKED-D-13, PACKED-RX-1: with EVENT_IDX the end of the oldest batch is asked for")
  func places() throws {
    var rig = try PackedRig<4>(offering: .eventIndex)
    #expect(rig.ring.driverEventFlags == 2 && rig.ring.driverEventPlace == 0x8000)
    let pair = try rig.pair()
    let other = try rig.readableChain(1)
    rig.queue.suppressInterrupts(true)
    #expect(rig.ring.driverEventFlags == 1)
    rig.queue.suppressInterrupts(false)
    #expect(rig.ring.driverEventFlags == 2 && rig.ring.driverEventPlace == 0x8000)
    try rig.queue.enqueue(pair)
    rig.queue.publish()
    #expect(rig.ring.driverEventPlace == 0x8001, "the last entry of the batch")
    try rig.queue.enqueue(other)
    rig.queue.publish()
    #expect(rig.ring.driverEventPlace == 0x8001)
    rig.ring.use(try #require(rig.ring.nextChain()))
    while try rig.queue.nextCompletion() != nil {}
    #expect(rig.ring.driverEventPlace == 0x8002)
    rig.ring.use(try #require(rig.ring.nextChain()))
    while try rig.queue.nextCompletion() != nil {}
    // Entry 3 and, of the next lap, entry 0.
    try rig.queue.enqueue(pair)
    rig.queue.publish()
    #expect(rig.ring.driverEventPlace == 0)
  }

  @Test("PACKED-D-14: 0 is a doorbell, 1 is none; 3 means nothing, and is a doorbell")
  func deviceFlags() throws {
    var rig = try PackedRig<4>()
    let chain = try rig.readableChain()
    for (flags, rings) in [(0, 1), (1, 0), (2, 1), (3, 1)] as [(UInt16, Int)] {
      rig.ring.setEvent(flags: flags, place: 0x8003)
      let before = rig.ringCount
      rig.ring.use(try rig.submit(chain))
      #expect(rig.ringCount - before == rings, "flags \(flags)")
      _ = try rig.queue.nextCompletion()
    }
  }

  @Test(
    "PACKED-D-14: 2 is a doorbell if the batch passes the place, wherever it wraps",
    arguments: [3, 4, 5], 0..<10)
  func crossing(_ size: Int, _ start: Int) throws {
    for length in 1...size {
      for distance in -1...size {
        var rig = try PackedRig<8>(size: UInt16(size), offering: .eventIndex)
        var chains: [Chain] = []
        for number in 0..<size { chains.append(try rig.readableChain(number)) }
        for _ in 0..<start {
          rig.ring.use(try rig.submit(chains[0]))
          _ = try rig.queue.nextCompletion()
        }
        // So many entries from the first of the batch; the device has been at the one before.
        let place = start + distance
        guard place >= 0 else { continue }
        let wrap: UInt16 = place / size % 2 == 0 ? 0x8000 : 0
        rig.ring.setEvent(flags: 2, place: UInt16(place % size) | wrap)
        let before = rig.ringCount
        for chain in chains.prefix(length) { try rig.queue.enqueue(chain) }
        rig.queue.publish()
        let isPassed = (0..<length).contains(distance)
        #expect(rig.ringCount - before == (isPassed ? 1 : 0), "\(length) at \(distance)")
      }
    }
  }

  @Test("PACKED-DESC-3, PACKED-DESC-4: a doorbell can tell what is next, with its wrap counter")
  func next() throws {
    var rig = try PackedRig<3>(offering: .notificationData)
    let chains = [try rig.pair(), try rig.readableChain(1)]
    for number in 0..<20 {
      let taken = try rig.submit(chains[number % 2])
      #expect(rig.transport.lastNext[0] == rig.ring.nextPlace)
      rig.ring.use(taken)
      _ = try rig.queue.nextCompletion()
    }
  }
}
