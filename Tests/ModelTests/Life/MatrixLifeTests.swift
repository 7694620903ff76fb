import Testing
import VirtIO
import VirtIOTesting

/// The whole life of a display on every kind of queue that a device may have: no rule may be broken, and
/// every frame arrives.
@Suite struct MatrixLifeTests {
  /// Every kind of ring.
  private static let allRings: [Features] = [[], .packedRing].flatMap { (ring: Features) in
    [[], .inOrder].flatMap { (order: Features) in
      [[], .indirectDescriptors].flatMap { (table: Features) in
        [[], .eventIndex].map { (event: Features) in
          ring.union(order).union(table).union(event)
        }
      }
    }
  }
  /// Those that are tried: each feature is in some of them, and lacks in others.
  static let rings = Sweep.of(allRings, every: 5)
  /// What else there is, of notifications and of resets.
  static let others: [Features] = Sweep.of(
    [
      [], .notificationData, .notificationConfigData,
      [.notificationData, .notificationConfigData, .ringReset],
    ], every: 3)
  static let policies: [ModelNotifications] = [.always, .every(3), .late(polls: 4), .never]

  private static func configuration(
    _ features: Features, _ notifications: ModelNotifications = .always
  ) -> ModelConfiguration {
    var configuration = ModelConfiguration()
    let others: Features = [.indirectDescriptors, .eventIndex]
    configuration.offeredFeatures =
      configuration.offeredFeatures & ~others.rawValue | features.rawValue
    configuration.notifications = notifications
    return configuration
  }

  /// Leads the life on a machine, and sees every frame.
  private func lead(_ configuration: ModelConfiguration) throws {
    let machine = ModelMachine(configuration)
    var frameCount = 0
    try Scenario.run(machine.makeTransport(), on: machine.platform, waiting: patience) { stage in
      guard case .frame(let number) = stage else { return }
      frameCount += 1
      let picture = machine.pixels(ofScanout: 0)
      #expect(picture.map { ModelScenarioTests.wrongPixelCount($0, after: number) } == 0)
    }
    #expect(frameCount == Scenario.frameCount + 1)
    #expect(machine.finish() == [])
    #expect(machine.liveAllocationCount == 0)
  }

  @Test("PACKED-D-2, PACKED-D-14, SPLIT-KICK-6: whatever is offered", arguments: rings, others)
  func everyOffer(_ ring: Features, _ other: Features) throws {
    try lead(Self.configuration(ring.union(other)))
  }

  @Test(
    "SPLIT-KICK-6, SPLIT-KICK-7, PACKED-D-14: whatever is offered, whenever it asks to be told",
    arguments: [[], .packedRing, .eventIndex, [.packedRing, .eventIndex]] as [Features], policies)
  func everyPolicy(_ features: Features, _ policy: ModelNotifications) throws {
    try lead(Self.configuration(features, policy))
  }

  @Test(
    "PACKED-D-15, PCI-COM-6: packed queues of many sizes",
    arguments: [14, 100, 256, 32768] as [UInt16], [1, 3] as [UInt16])
  func sizes(_ control: UInt16, _ cursor: UInt16) throws {
    for features: Features in [[.packedRing], [.packedRing, .eventIndex, .indirectDescriptors]] {
      var configuration = Self.configuration(features)
      configuration.queueSizes = [control, cursor]
      try lead(configuration)
    }
  }

  @Test(
    "PACKED-SG-1, PACKED-IND-3: a device that takes no more than a request and its response",
    arguments: [[], .indirectDescriptors] as [Features], [1, 2, 14, 64] as [UInt16])
  func shortLists(_ features: Features, _ cursor: UInt16) throws {
    var configuration = Self.configuration(features.union(.packedRing))
    configuration.queueSizes = [features == [] ? 64 : 14, cursor]
    configuration.listLimit = 2
    try lead(configuration)
  }

  @Test(
    "F-INORDER, PACKED-D-12, SPLIT-D-9: in order, one by one and in batches, early and late",
    arguments: [[], .packedRing, [.packedRing, .indirectDescriptors, .eventIndex]] as [Features],
    0..<8 as Range<UInt64>)
  func inOrder(_ features: Features, _ seed: UInt64) throws {
    var configuration = Self.configuration(features.union(.inOrder))
    configuration.givesBackInBatches = seed % 2 == 0
    configuration.chance = ModelChance(seed: seed)
    try lead(configuration)
  }

  @Test(
    "PACKED-DESC-1, PACKED-DESC-2: answers late and in another order", arguments: rings,
    0..<2 as Range<UInt64>)
  func anyOrder(_ features: Features, _ seed: UInt64) throws {
    var configuration = Self.configuration(
      features, Self.policies[Int(features.rawValue >> 28 ^ seed) & 3])
    configuration.chance = ModelChance(seed: seed)
    try lead(configuration)
  }
}
