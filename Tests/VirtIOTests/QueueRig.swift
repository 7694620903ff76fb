import Testing
import VirtIO
import VirtIOTestDoubles

/// A queue in service, with the device's half of its ring beside it.
struct QueueRig<let capacity: Int>: ~Copyable {
  let platform: TestPlatform
  let transport: FakeTransport
  var device: LiveDevice<FakeTransport>
  var queue: Virtqueue<JournaledRegion, FakeDoorbell, capacity>
  let ring: DeviceRing

  /// Takes a device into service whose queue 0 has room for `size` entries.
  init(size: UInt16 = UInt16(capacity), offering features: Features = .version1) throws {
    let platform = TestPlatform()
    let transport = FakeTransport(on: platform)
    transport.maximumSizes = [0: size]
    transport.offered = features
    var negotiated = try AcknowledgedDevice(
      resetting: transport, on: platform, waiting: .polling(.milliseconds(1))
    ).negotiate(requiring: []) { _ in [] }
    let queue: Virtqueue<JournaledRegion, FakeDoorbell, capacity> = try negotiated.makeQueue(
      0, on: platform)
    let ring = try #require(transport.rings[0])
    self.platform = platform
    self.transport = transport
    self.queue = queue
    self.ring = ring
    device = negotiated.start()
    transport.journal.clear()
  }

  /// A segment that only has to look like one.
  static func segment(_ number: Int, byteCount: UInt32 = 64) -> Segment {
    Segment(
      address: DeviceAddress(rawValue: 0x7000_0000 + UInt64(number) * 0x1000), byteCount: byteCount)
  }

  /// Lays out a chain of one readable segment.
  mutating func readableChain(_ number: Int = 0) throws -> Chain {
    try queue.makeChain(readable: Self.segment(number), writable: nil)
  }

  /// Enqueues and publishes a chain, and takes it on the device's side.
  mutating func submit(_ chain: Chain, byteCount: UInt32 = 64) throws -> DeviceRing.Chain {
    try queue.enqueue(chain, readableByteCount: byteCount)
    queue.publish()
    return try #require(ring.nextChain())
  }
}
