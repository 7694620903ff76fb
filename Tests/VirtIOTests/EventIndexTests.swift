import Foundation
import Testing
import VirtIO
import VirtIOTestDoubles

/// When the device is notified, and when it is to interrupt, if both are said by an index.
@Suite("VIRTIO_F_EVENT_IDX, split")
struct EventIndexTests {
  private typealias Rig = QueueRig<8>

  private static func rig() throws -> Rig {
    try Rig(offering: [.version1, .eventIndex])
  }

  /// Where a batch starts. It takes long to come near the end of 16 bits: to more than one place there only with
  /// SWEEP=all.
  private static var starts: [UInt16] {
    let isWhole = ProcessInfo.processInfo.environment["SWEEP"] == "all"
    return [0, 1, 3, 0xfffe] + (isWhole ? [0xfffd, 0xffff] : [])
  }

  @Test(
    "SPLIT-KICK-6, SPLIT-KICK-7: a batch is told of if it crosses avail_event, and only then",
    arguments: starts, 0..<6)
  func crossing(_ start: UInt16, _ distance: Int) throws {
    var rig = try Self.rig()
    let chains = try (0..<3).map { number in try rig.readableChain(number) }
    try rig.run(upTo: start, with: chains[0])
    let event = start &+ UInt16(distance) &- 1
    rig.ring.availableEvent = event
    let before = rig.transport.journal.ringCount(of: 0)
    for chain in chains { try rig.queue.enqueue(chain) }
    rig.queue.publish()
    // Entries start, start + 1 and start + 2 were published.
    let isCrossed = (1...3).contains(distance)
    #expect(rig.transport.journal.ringCount(of: 0) - before == (isCrossed ? 1 : 0))
    rig.queue.publish()
    #expect(rig.transport.journal.ringCount(of: 0) - before == (isCrossed ? 1 : 0))
  }

  @Test("SPLIT-KICK-5: used.flags is not looked at")
  func flags() throws {
    var rig = try Self.rig()
    let chain = try rig.readableChain()
    rig.ring.usedFlags = 1
    rig.ring.availableEvent = 0
    _ = try rig.submit(chain)
    #expect(rig.transport.journal.ringCount(of: 0) == 1)
  }

  @Test("SPLIT-BAR-2: the index, a full barrier, avail_event, the doorbell")
  func order() throws {
    var rig = try Self.rig()
    let chain = try rig.readableChain()
    rig.queue.suppressInterrupts(true)
    try rig.queue.enqueue(chain)
    rig.transport.journal.clear()
    rig.transport.journal.includesMemory = true
    rig.queue.publish()
    let placement = rig.ring.placement
    #expect(
      rig.transport.journal.events == [
        .storeReleasing(placement.driverArea.advanced(by: 2), 1),
        .fullBarrier,
        .load(placement.deviceArea.advanced(by: 4 + 8 * 8), byteCount: 2),
        .ring(0),
      ])
  }

  @Test("SPLIT-USUP-3, SPLIT-USUP-4: avail.flags stays 0; used_event says that none is wanted")
  func suppression() throws {
    var rig = try Self.rig()
    let chain = try rig.readableChain()
    rig.queue.suppressInterrupts(true)
    #expect(rig.ring.usedEvent == 0xffff && rig.ring.availableFlags == 0)
    for _ in 0..<5 {
      let taken = try rig.submit(chain)
      let isInterrupted = rig.interrupts(afterUsing: 1)
      #expect(!isInterrupted)
      rig.ring.use(taken)
      _ = try rig.queue.nextCompletion()
      #expect(try rig.queue.nextCompletion() == nil)
    }
    rig.queue.suppressInterrupts(false)
    #expect(rig.ring.usedEvent == 5 && rig.ring.availableFlags == 0)
  }

  @Test("SPLIT-USUP-4: one interrupt a batch, at its end, however often the driver looks")
  func oneInterruptABatch() throws {
    var rig = try Self.rig()
    let chains = try (0..<3).map { number in try rig.readableChain(number) }
    for _ in 0..<3 {
      for chain in chains { try rig.queue.enqueue(chain) }
      rig.queue.publish()
      var interrupts = 0
      while let taken = rig.ring.nextChain() {
        if rig.interrupts(afterUsing: 1) { interrupts += 1 }
        rig.ring.use(taken)
        while try rig.queue.nextCompletion() != nil {}
      }
      #expect(interrupts == 1 && rig.queue.outstandingCount == 0)
    }
  }

  @Test("SPLIT-RX-1: with several batches in flight, the end of the oldest is asked for")
  func pipelined() throws {
    var rig = try Self.rig()
    let chains = try (0..<6).map { number in try rig.readableChain(number) }
    for first in [0, 2, 4] {
      try rig.queue.enqueue(chains[first])
      try rig.queue.enqueue(chains[first + 1])
      rig.queue.publish()
    }
    #expect(rig.ring.usedEvent == 1)
    var taken = (0..<6).compactMap { _ in rig.ring.nextChain() }
    for expected: UInt16 in [3, 5] {
      rig.ring.use(taken.removeFirst())
      rig.ring.use(taken.removeFirst())
      while try rig.queue.nextCompletion() != nil {}
      #expect(rig.ring.usedEvent == expected)
    }
  }

  @Test("I08, SMP04, SPLIT-RX-1: after used_event was set there is another look")
  func secondLook() throws {
    var rig = try Self.rig()
    let chains = try (0..<2).map { number in try rig.readableChain(number) }
    let first = try rig.submit(chains[0])
    _ = try rig.submit(chains[1])
    rig.ring.use(first)
    _ = try rig.queue.nextCompletion()
    rig.transport.journal.clear()
    rig.transport.journal.includesMemory = true
    #expect(try rig.queue.nextCompletion() == nil)
    let placement = rig.ring.placement
    let look = Event.loadAcquiring(placement.deviceArea.advanced(by: 2))
    #expect(
      rig.transport.journal.events == [
        look, .store(placement.driverArea.advanced(by: 4 + 2 * 8), 1, byteCount: 2), .fullBarrier,
        look,
      ])
    rig.transport.journal.clear()
    #expect(try rig.queue.nextCompletion() == nil)
    #expect(rig.transport.journal.events == [look], "it was said already")
  }
}

extension QueueRig {
  /// Whether a device that uses so many buffers now has to interrupt.
  func interrupts(afterUsing count: UInt16) -> Bool {
    let old = ring.usedIndex
    let new = old &+ count
    return new &- ring.usedEvent &- 1 < new &- old
  }

  /// Submits a chain and gives it back, until the index is so far.
  mutating func run(upTo index: UInt16, with chain: Chain) throws {
    while ring.publishedIndex != index {
      ring.use(try submit(chain))
      _ = try queue.nextCompletion()
    }
  }
}
