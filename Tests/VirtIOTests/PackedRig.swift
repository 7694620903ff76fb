import Testing
import VirtIO
import VirtIOTestDoubles

/// A packed queue in service, with the device's half of its ring beside it.
struct PackedRig<let capacity: Int>: ~Copyable {
  let platform: TestPlatform
  let transport: FakeTransport
  var device: LiveDevice<FakeTransport>
  var queue: Virtqueue<JournaledRegion, FakeDoorbell, capacity>
  let ring: PackedDeviceRing

  /// Takes a device into service whose queue 0 has room for `size` entries.
  init(size: UInt16 = UInt16(capacity), offering features: Features = []) throws {
    let platform = TestPlatform()
    let transport = FakeTransport(on: platform)
    transport.maximumSizes = [0: size]
    transport.offered = features.union([.version1, .packedRing])
    var negotiated = try AcknowledgedDevice(
      resetting: transport, on: platform, waiting: .polling(.milliseconds(1))
    ).negotiate(requiring: .packedRing) { _ in [] }
    let queue: Virtqueue<JournaledRegion, FakeDoorbell, capacity> = try negotiated.makeQueue(
      0, on: platform)
    ring = try #require(transport.packedRings[0])
    self.platform = platform
    self.transport = transport
    self.queue = queue
    device = negotiated.start()
    transport.journal.clear()
  }

  /// Lays out a chain of one readable segment.
  mutating func readableChain(_ number: Int = 0) throws -> Chain {
    try queue.makeChain(readable: QueueRig<1>.segment(number), writable: nil)
  }

  /// Lays out a chain of a readable segment of 64 bytes and a writable one of 24.
  mutating func pair(_ number: Int = 0) throws -> Chain {
    try queue.makeChain(
      readable: QueueRig<1>.segment(number),
      writable: QueueRig<1>.segment(number + 100, byteCount: 24))
  }

  /// Enqueues and publishes a chain, and takes it on the device's side.
  mutating func submit(_ chain: Chain) throws -> PackedDeviceRing.Chain {
    try queue.enqueue(chain)
    queue.publish()
    return try #require(ring.nextChain())
  }

  /// How often the doorbell was rung.
  var ringCount: Int { transport.journal.ringCount(of: 0) }
}
