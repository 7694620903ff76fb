import Testing
import VirtIO
import VirtIOTestDoubles

/// A platform without memory, whose devices do not snoop.
private struct CachedPlatform: Platform {
  func allocate(byteCount: Int, alignment: Int) -> NonCoherentRegion<DeferredCaches>? { nil }
  func free(_ region: NonCoherentRegion<DeferredCaches>) {}
  var now: Nanoseconds { Nanoseconds(rawValue: 0) }
}

/// What the queues and the transport accept by themselves, whatever a driver asks for.
@Suite("Features that are no device type's")
struct AcceptanceTests {
  private static let named: [Features] = [
    .indirectDescriptors, .eventIndex, .accessPlatform, .packedRing, .inOrder, .orderPlatform,
    .notificationData, .notificationConfigData, .ringReset,
  ]

  /// What is accepted of every combination that holds VERSION_1, by a driver that asks for nothing,
  /// and by one that asks for everything.
  private func forEachOffer(_ body: (_ offered: Features, _ accepted: Features) -> Void) throws {
    for bits in 0..<1 << Self.named.count {
      var offered: Features = .version1
      for (index, feature) in Self.named.enumerated() where bits >> index & 1 != 0 {
        offered.insert(feature)
      }
      for wanted: Features in [[], Features(rawValue: ~0)] {
        let platform = TestPlatform()
        let transport = FakeTransport(on: platform)
        transport.offered = offered
        let device = try AcknowledgedDevice(
          resetting: transport, on: platform, waiting: .polling(.milliseconds(1))
        ).negotiate(requiring: []) { _ in wanted }
        #expect(device.features == transport.accepted)
        body(offered, transport.accepted.subtracting(.deviceType))
      }
    }
  }

  @Test(
    """
    RFB-1, RFB-3, RFB-6, RFB-7, RFB-14, RFB-D-1: each feature of queues and transports is accepted \
    if it is offered, and only then
    """)
  func honoured() throws {
    try forEachOffer { offered, accepted in #expect(accepted == offered) }
  }

  @Test("where memory is not coherent, both sides cannot write to one ring: it stays split")
  func nonCoherent() throws {
    let platform = TestPlatform()
    let transport = FakeTransport(on: platform)
    transport.offered = [.version1, .packedRing, .eventIndex]
    let device = try AcknowledgedDevice(
      resetting: transport, on: CachedPlatform(), waiting: .polling(.milliseconds(1))
    ).negotiate(requiring: []) { _ in [] }
    #expect(device.features == [.version1, .eventIndex])
  }
}
