import Testing
import VirtIO
import VirtIOTestDoubles

@Suite("Taking a device into service")
struct HandshakeTests {
  private let platform = TestPlatform()
  private let transport: FakeTransport
  private let waiter = PollingWaiter(timeout: .microseconds(50))
  /// Features of the device type, which mean something to its driver only.
  private let own = Features(rawValue: 1 << 1)
  private let other = Features(rawValue: 1 << 23)

  init() {
    transport = FakeTransport(on: platform)
  }

  private func acknowledge() throws(DeviceError) -> AcknowledgedDevice<FakeTransport> {
    try AcknowledgedDevice(resetting: transport, on: platform, waiting: waiter)
  }

  private func negotiate(requiring required: Features = [], wanting wanted: Features = [])
    throws(DeviceError) -> NegotiatedDevice<FakeTransport>
  {
    try acknowledge().negotiate(requiring: required) { _ in wanted }
  }

  // One line, as the evidence is read from the source too.
  // swift-format-ignore
  @Test("INIT-1, INIT-2, INIT-3, INIT-4, INIT-5, INIT-8, INIT-10, INIT-12, INIT-13, STATUS-1: the eight steps in their order")
  func order() throws {
    transport.offered = [.version1, .eventIndex, own, Features(rawValue: 1 << 41)]
    transport.configuration = [0, 0, 1, 0]
    var negotiated = try negotiate(wanting: own)
    _ = try negotiated.readConfiguration { $0.readConfiguration32(at: 8) }
    let queue: Virtqueue<JournaledRegion, FakeDoorbell, 8> = try negotiated.makeQueue(
      0, on: platform)
    _ = negotiated.start()
    let placement = try #require(transport.rings[0]?.placement)
    let expected: [Event] = [
      .writeStatus([]),
      .readStatus,
      .writeStatus([.acknowledge]),
      .writeStatus([.acknowledge, .driver]),
      .readFeatures,
      .writeFeatures([.version1, .eventIndex, own]),
      .writeStatus([.acknowledge, .driver, .featuresOK]),
      .readStatus,
      .readGeneration,
      .readConfiguration(8),
      .readGeneration,
      .readMaximumSize(0),
      .allocate(placementByteCount(placement), alignment: 4096),
      .enable(placement),
      .writeStatus([.acknowledge, .driver, .featuresOK, .driverOK]),
    ]
    #expect(transport.journal.events == expected)
    #expect(queue.size == 8)
  }

  /// How long the block is that a queue was placed in.
  private func placementByteCount(_ placement: QueuePlacement) -> Int {
    Int(placement.deviceArea.rawValue - placement.driverArea.rawValue) + 6 + 8
      * Int(placement.size)
  }

  @Test("STATUS-2: every status write but a reset keeps the bits that the device has")
  func statusOnlyGrows() throws {
    _ = try negotiate().start()
    let writes = transport.journal.statusWrites
    #expect(writes.count == 5 && writes.first == [])
    for (before, after) in zip(writes, writes.dropFirst()) {
      #expect(after.isStrictSuperset(of: before))
    }
  }

  @Test(
    "RESET-1, PCI-COM-9: a reset is done once the status reads 0, and nothing is written before")
  func slowReset() throws {
    transport.status = [.acknowledge, .driver, .failed]
    transport.resetDelay = 5
    _ = try acknowledge()
    #expect(
      transport.journal.events == [.writeStatus([])] + Array(repeating: .readStatus, count: 6)
        + [.writeStatus([.acknowledge]), .writeStatus([.acknowledge, .driver])])
  }

  @Test("H01: a device that never leaves reset is given up in time, and left alone")
  func stuckInReset() {
    transport.status = [.acknowledge, .needsReset]
    transport.resetDelay = nil
    let error = failure { () throws(DeviceError) in try acknowledge() }
    #expect(error == .neverReset(status: [.acknowledge, .needsReset]))
    #expect(transport.journal.statusWrites == [[]])
    // 50 microseconds at one a look.
    #expect(transport.journal.events.count(where: { $0 == .readStatus }) == 51)
  }

  @Test("a device that never leaves reset is given up even if the clock stands still")
  func stuckInResetWithoutClock() {
    platform.clock.pace = .still
    transport.status = [.failed]
    transport.resetDelay = nil
    let error = failure { () throws(DeviceError) in try acknowledge() }
    #expect(error == .neverReset(status: [.failed]))
  }

  @Test(
    "H05, INIT-11, INIT-14, INIT-15: features refused: FAILED is written once, and that is the end")
  func featuresRefused() {
    transport.offered = [.version1, .accessPlatform]
    transport.refusesFeatures = true
    let error = failure { () throws(DeviceError) in try negotiate() }
    #expect(error == .featuresRefused(accepted: [.version1, .accessPlatform]))
    #expect(
      transport.journal.events.suffix(3) == [
        .writeStatus([.acknowledge, .driver, .featuresOK]),
        .readStatus,
        .writeStatus([.acknowledge, .driver, .featuresOK, .failed]),
      ])
    #expect(transport.journal.statusWrites.count { $0.contains(.failed) } == 1)
  }

  @Test(
    "H11, FEAT-13, FEAT-14: without VERSION_1 the device is marked FAILED and no feature accepted")
  func versionMissing() {
    transport.offered = [.eventIndex]
    let error = failure { () throws(DeviceError) in try negotiate() }
    #expect(error == .missingFeatures(required: .version1, offered: .eventIndex))
    #expect(
      transport.journal.events.suffix(2) == [
        .readFeatures, .writeStatus([.acknowledge, .driver, .failed]),
      ])
  }

  @Test("FEAT-13: without a feature that the driver needs, likewise")
  func requiredMissing() {
    transport.offered = [.version1, own]
    let error = failure { () throws(DeviceError) in try negotiate(requiring: other) }
    #expect(
      error == .missingFeatures(required: [.version1, other], offered: [.version1, own]))
    #expect(transport.status == [.acknowledge, .driver, .failed])
    let isAccepted = transport.journal.events.contains { event in
      if case .writeFeatures = event { true } else { false }
    }
    #expect(!isAccepted)
  }

  @Test("STATUS-3: after FAILED, another attempt starts with a reset")
  func secondAttempt() throws {
    transport.refusesFeatures = true
    _ = failure { () throws(DeviceError) in try negotiate() }
    transport.refusesFeatures = false
    transport.journal.clear()
    _ = try negotiate()
    #expect(transport.journal.events.first == .writeStatus([]))
    #expect(transport.status == [.acknowledge, .driver, .featuresOK])
  }

  @Test("FEAT-1, FEAT-12: what is wanted but not offered is left out")
  func wantedNotOffered() throws {
    transport.offered = [.version1, own]
    let negotiated = try negotiate(wanting: [own, other, .accessPlatform])
    #expect(negotiated.features == [.version1, own])
    #expect(transport.accepted == [.version1, own])
  }

  /// What the queues and the transport know.
  private static let known: Features = [
    .version1, .accessPlatform, .orderPlatform, .eventIndex, .indirectDescriptors, .packedRing,
    .inOrder, .notificationData, .notificationConfigData, .ringReset,
  ]

  @Test("what is declined is not accepted, unless it is required")
  func declined() throws {
    transport.offered = Features(rawValue: .max)
    let declined: Features = [.packedRing, .eventIndex, .version1, own, other]
    let negotiated = try acknowledge().negotiate(requiring: other, declining: declined) { $0 }
    #expect(negotiated.features.intersection(declined) == [.version1, other])
    #expect(negotiated.features.isSuperset(of: [.inOrder, .ringReset, .indirectDescriptors]))
  }

  @Test("what the transport cannot honour is not accepted")
  func transportFeatures() throws {
    transport.offered = Features(rawValue: .max)
    transport.honouredFeatures = []
    let negotiated = try negotiate()
    #expect(
      negotiated.features
        == Self.known.subtracting([.notificationData, .notificationConfigData, .ringReset]))
  }

  @Test(
    """
    due SUSP-1, SUSP-2, SUSP-3, SUSP-4, SUSP-5, SUSP-6, SUSP-7, RFB-10, RFB-11, RFB-12: neither \
    SUSPEND nor SR_IOV is taken, even if both are offered and wanted
    """)
  func notTaken() throws {
    let suspend = Features(rawValue: 1 << 43)
    let virtualization = Features(rawValue: 1 << 37)
    transport.offered = Features(rawValue: .max)
    let negotiated = try negotiate(wanting: [suspend, virtualization])
    #expect(negotiated.features.isDisjoint(with: [suspend, virtualization]))
    #expect(transport.accepted.isDisjoint(with: [suspend, virtualization]))
  }

  @Test("what the queues do not know is not accepted, whoever asks for it")
  func notForDrivers() throws {
    transport.offered = Features(rawValue: .max)
    let negotiated = try negotiate(wanting: Features(rawValue: .max))
    #expect(
      negotiated.features
        == Self.known.union(.deviceType))
  }

  // swift-format-ignore
  @Test("H13, FEAT-4, FEAT-5, FEAT-6, FEAT-7, FEAT-8, FEAT-9, FEAT-15: of all bits on offer, unknown ones are left alone")
  func everythingOffered() throws {
    transport.offered = Features(rawValue: .max)
    let negotiated = try negotiate()
    #expect(negotiated.features == Self.known)
    #expect(transport.accepted.rawValue == 3 << 28 | 0x1df << 32)
  }

  @Test("the driver chooses from what is offered")
  func choosing() throws {
    transport.offered = [.version1, own, other]
    var seen: Features = []
    let negotiated = try acknowledge().negotiate(requiring: other) { offered in
      seen = offered
      return []
    }
    #expect(seen == [.version1, own, other])
    #expect(negotiated.features == [.version1, other])
  }

  @Test("INIT-7, INIT-9: nothing is written to the configuration, and features only once")
  func singleAcceptance() throws {
    transport.configuration = [0, 0, 1, 0]
    _ = try negotiate().start()
    let writes = transport.journal.events.filter { event in
      switch event {
      case .writeFeatures, .writeConfiguration: true
      default: false
      }
    }
    #expect(writes == [.writeFeatures(.version1)])
  }

  @Test("giving up half-way writes FAILED, then resets")
  func abandoning() throws {
    let negotiated = try negotiate()
    transport.journal.clear()
    _ = try negotiated.abandon(on: platform, waiting: waiter)
    #expect(
      transport.journal.events == [
        .writeStatus([.acknowledge, .driver, .featuresOK, .failed]),
        .writeStatus([]),
        .readStatus,
      ])
  }

  @Test("a live device says when it needs a reset")
  func needsReset() throws {
    let live = try negotiate().start()
    let before = live.needsReset()
    transport.status.formUnion(.needsReset)
    let after = live.needsReset()
    #expect(!before && after)
    #expect(live.features == .version1)
    _ = try live.reset(on: platform, waiting: waiter)
    #expect(transport.status == [])
  }

  @Test("the status and feature bits have the specification's numbers")
  func numbers() {
    let status: [DeviceStatus] = [
      .acknowledge, .driver, .driverOK, .featuresOK, .needsReset, .failed,
    ]
    #expect(status.map(\.rawValue) == [1, 2, 4, 8, 64, 128])
    let features: [Features] = [
      .indirectDescriptors, .eventIndex, .version1, .accessPlatform, .packedRing, .inOrder,
      .orderPlatform, .notificationData, .notificationConfigData, .ringReset,
    ]
    #expect(
      features.map { $0.rawValue.trailingZeroBitCount } == [28, 29, 32, 33, 34, 35, 36, 38, 39, 40])
    #expect(features.allSatisfy { $0.rawValue.nonzeroBitCount == 1 })
    #expect(Features.deviceType.rawValue == 0xff_ffff)
  }
}
