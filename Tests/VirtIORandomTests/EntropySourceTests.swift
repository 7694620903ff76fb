import Testing
import VirtIO
import VirtIORandom
import VirtIOTestDoubles

/// A second driver, on the same queues and transports as the GPU's.
@Suite("EntropySource")
struct EntropySourceTests {
  private typealias Source = EntropySource<TestPlatform, FakeTransport>

  private let platform = TestPlatform()
  private let transport: FakeTransport
  private let patience = PollingWaiter(timeout: .milliseconds(1))

  init() {
    transport = FakeTransport(on: platform)
    transport.deviceType = 4
    transport.maximumSizes = [0: 8]
  }

  private func open() throws -> EntropySource<TestPlatform, FakeTransport> {
    try EntropySource.open(transport, on: platform, waiting: patience)
  }

  private func failureOfOpening() -> EntropyError? {
    do throws(EntropyError) {
      let source = try Source.open(transport, on: platform, waiting: patience)
      try source.close(waiting: patience)
      return nil
    } catch {
      return error
    }
  }

  /// What the next `count` bytes are.
  private func take(_ count: Int, from source: inout Source) throws(EntropyError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xee, count: count)
    var span = bytes.mutableSpan
    try source.fill(&span, waiting: patience)
    return bytes
  }

  /// Has the device answer each request: with so many bytes, counting on from the last, and a claim of
  /// how many those were.
  private func serve(_ counts: @escaping (Int) -> (count: Int, claim: UInt32)) {
    var (round, next): (Int, UInt8) = (0, 0)
    transport.onRing = { [transport] queue in
      guard let ring = transport.rings[queue], let chain = ring.nextChain(),
        let view = ring.view(of: chain.segments[0])
      else { return }
      let (count, claim) = counts(round)
      round += 1
      for offset in 0..<min(count, view.byteCount) {
        view.store(next, at: offset)
        next &+= 1
      }
      ring.use(chain, written: claim)
    }
  }

  @Test("bytes come as the device gave them, each once, however they are asked for")
  func order() throws {
    serve { _ in (256, 256) }
    var source = try open()
    var all: [UInt8] = []
    for count in [1, 0, 3, 252, 300, 44] { all += try take(count, from: &source) }
    #expect(all == (0..<600).map { UInt8(truncatingIfNeeded: $0) })
    #expect(transport.journal.ringCount(of: 0) == 3)
    try source.close(waiting: patience)
    #expect(platform.isBalanced)
  }

  @Test("SPLIT-FRAME-1: a request is one piece that the device only writes, of 256 bytes")
  func request() throws {
    var segments: [DeviceRing.Segment] = []
    transport.onRing = { [transport] queue in
      guard let ring = transport.rings[queue], let chain = ring.nextChain() else { return }
      segments = chain.segments
      ring.use(chain, written: 1)
    }
    var source = try open()
    _ = try take(1, from: &source)
    #expect(segments.count == 1)
    #expect(segments.first?.isWritable == true && segments.first?.byteCount == 256)
    try source.close(waiting: patience)
  }

  @Test("a device may give fewer bytes than were asked for: then it is asked again")
  func short() throws {
    serve { round in (round + 1, UInt32(round + 1)) }
    var source = try open()
    #expect(try take(10, from: &source) == Array(0..<10))
    #expect(transport.journal.ringCount(of: 0) == 4)
    try source.close(waiting: patience)
  }

  @Test("a device that gives nothing is said to, and may do better next time")
  func nothing() throws {
    serve { round in round == 0 ? (0, 0) : (4, 4) }
    var source = try open()
    #expect(throws: EntropyError.nothing) { _ = try take(1, from: &source) }
    #expect(try take(2, from: &source) == [0, 1])
    try source.close(waiting: patience)
    #expect(platform.isBalanced)
  }

  @Test("a device that claims more than there is room for is not believed", arguments: [257, .max])
  func tooMuch(_ claim: UInt32) throws {
    serve { _ in (256, claim) }
    var source = try open()
    #expect(try take(512, from: &source) == (0..<512).map { UInt8(truncatingIfNeeded: $0) })
    #expect(transport.journal.ringCount(of: 0) == 2)
    try source.close(waiting: patience)
  }

  @Test("what the device claims to have written and has not is no byte that was given out before")
  func stale() throws {
    serve { round in round == 0 ? (256, 256) : (0, 256) }
    var source = try open()
    #expect(try take(256, from: &source).last == 255)
    #expect(try take(256, from: &source).allSatisfy { $0 == 0 })
    try source.close(waiting: patience)
  }

  @Test("a device that does not answer in time answers the next call; nothing is asked twice")
  func late() throws {
    var source = try open()
    #expect(throws: EntropyError.timedOut(needsReset: false)) { _ = try take(1, from: &source) }
    transport.status.insert(.needsReset)
    #expect(throws: EntropyError.timedOut(needsReset: true)) { _ = try take(1, from: &source) }
    #expect(transport.journal.ringCount(of: 0) == 1)
    let ring = try #require(transport.rings[0])
    let chain = try #require(ring.nextChain())
    try #require(ring.view(of: chain.segments[0])).fill(0x5a)
    ring.use(chain, written: 2)
    #expect(try take(2, from: &source) == [0x5a, 0x5a])
    try source.close(waiting: patience)
    #expect(platform.isBalanced)
  }

  @Test("a device that gives back what it does not have has broken the queue")
  func broken() throws {
    transport.onRing = { [transport] in transport.rings[$0]?.use(7, written: 256) }
    var source = try open()
    let broken = EntropyError.queue(.broken(.usedElement(id: 7)))
    #expect(throws: broken) { _ = try take(1, from: &source) }
    #expect(throws: broken) { _ = try take(1, from: &source) }
    try source.close(waiting: patience)
    #expect(platform.isBalanced)
  }

  @Test("interrupts: silent at first, then asked for, and the handler wakes")
  func interrupts() throws {
    var source = try open()
    let ring = try #require(transport.rings[0])
    #expect(ring.placement.interrupts && ring.availableFlags == 1)
    source.enableInterrupts()
    #expect(ring.availableFlags == 0)
    let handler = source.interruptHandler
    handler.latch.signal(.queues)
    #expect(source.interruptHandler.latch.takeWake(), "It is the same latch.")
    source.enableInterrupts(false)
    #expect(ring.availableFlags == 1)
    try source.close(waiting: patience)
  }

  @Test("GPU-DEVID-1: another device is not touched", arguments: [0, 3, 16])
  func wrongType(_ type: UInt16) throws {
    transport.deviceType = type
    #expect(failureOfOpening() == .device(.wrongType(expected: 4, found: type)))
    #expect(transport.journal.events == [])
  }

  @Test("INIT-14: what cannot be opened is marked FAILED and reset, and no memory is lost")
  func failures() throws {
    for index in 0...1 {
      platform.failingAllocation = platform.allocationCount + index
      guard case .device(.outOfMemory) = failureOfOpening() else {
        Issue.record("allocation \(index)")
        continue
      }
      #expect(platform.isBalanced)
    }
    let given: [DeviceStatus] = [[.acknowledge, .driver, .featuresOK, .failed], []]
    #expect(transport.journal.statusWrites.suffix(2) == given)
    platform.failingAllocation = nil
    transport.maximumSizes = [:]
    #expect(failureOfOpening() == .device(.queueMissing(index: 0)))
    transport.offered = []
    #expect(failureOfOpening() == .device(.missingFeatures(required: .version1, offered: [])))
    transport.resetDelay = nil
    transport.status = .driver
    #expect(failureOfOpening() == .device(.neverReset(status: .driver)))
    #expect(platform.isBalanced)
  }

  @Test("a device that never leaves reset keeps the memory")
  func neverReset() throws {
    let source = try open()
    transport.resetDelay = nil
    do throws(EntropyError) {
      try source.close(waiting: patience)
      Issue.record("It was closed.")
    } catch {
      guard case .device(.neverReset) = error else {
        Issue.record("\(error)")
        return
      }
    }
    #expect(platform.memory.liveCount == 2 && platform.wrongFreeCount == 0)
  }
}
