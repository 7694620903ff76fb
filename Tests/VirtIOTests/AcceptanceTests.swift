import Testing
import VirtIO
import VirtIOTestDoubles

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
        body(offered, transport.accepted)
      }
    }
  }

  @Test("RFB-1, RFB-3, RFB-7: VERSION_1, ACCESS_PLATFORM and ORDER_PLATFORM are always accepted")
  func honoured() throws {
    let honoured: Features = [.version1, .accessPlatform, .orderPlatform]
    try forEachOffer { offered, accepted in
      #expect(accepted.intersection(honoured) == offered.intersection(honoured))
    }
  }

  @Test("due RFB-6, RFB-14: RING_PACKED and NOTIF_CONFIG_DATA are not taken")
  func declined() throws {
    try forEachOffer { _, accepted in
      #expect(accepted.isDisjoint(with: [.packedRing, .notificationConfigData]))
    }
  }
}
