import Testing
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// The driver under test, with a spy between it and the device.
typealias SpiedScreen = Display<HostedPlatform, SpyTransport<ScreenTransport>>

extension HostedMachine {
  /// The driver, with a GPU in service and a spy before it.
  func openScreen(spiedOnBy spy: Spy) throws -> SpiedScreen {
    try SpiedScreen.open(
      SpyTransport(transport(), spy), on: platform, waiting: .polling(.seconds(2)))
  }
}

/// The agreement on features, with a device that means it.
@Suite struct FeatureTests {
  private static let second = PollingWaiter(timeout: .seconds(1))

  /// The writes of the status, and what followed the last of them.
  private static func statuses(_ accesses: [TracedAccess]) -> [UInt64] {
    accesses.filter { $0.isWrite && $0.space == .common && $0.offset == 0x14 }.map(\.value)
  }

  @Test(
    """
    F-VERSION1, INIT-10, INIT-11, INIT-14, INIT-15, STATUS-3: a device that refuses its features \
    is given up
    """)
  func refusedFeatures() async throws {
    let configuration = HostedMachine.configuration("iommu_platform=on")
    try await HostedMachine.run(configuration) { machine in
      let transport = try machine.transport()
      machine.trace.start()
      let error = SpiedScreen.failureOfOpening(
        SpyTransport(transport, Spy(hiding: .accessPlatform)), on: machine.platform,
        waiting: Self.second)
      let accesses = machine.trace.stop()
      #expect(error == .device(.featuresRefused(accepted: Features(rawValue: 0x101_3000_0002))))
      // FEATURES_OK reads back clear; FAILED is all that follows.
      #expect(
        accesses.suffix(3).map(\.description) == [
          "write8 common 0x14 = 0xb", "read8 common 0x14 = 0x3", "write8 common 0x14 = 0x8b",
        ])
      #expect(accesses.doorbellCount == 0)
      #expect(machine.memory.allocationCount == 0)

      // Told of the feature, the driver takes it, and the device takes the driver.
      machine.trace.start()
      var display = try machine.openScreen()
      let accepted = machine.trace.stop().filter { $0.isWrite && $0.offset == 0x0c }.map(\.value)
      #expect(accepted == [0x3000_0002, 0x103])
      let frame = try display.nextFrame(waiting: Self.second)
      try display.finish(try display.present(frame), waiting: Self.second)
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("FEAT-13, FEAT-14, INIT-14, INIT-15: without VERSION_1 the driver stops")
  func missingVersion() async throws {
    try await HostedMachine.run(HostedMachine.configuration()) { machine in
      let transport = try machine.transport()
      machine.trace.start()
      let error = SpiedScreen.failureOfOpening(
        SpyTransport(transport, Spy(hiding: .version1)), on: machine.platform, waiting: Self.second)
      let accesses = machine.trace.stop()
      guard case .device(.missingFeatures(let required, _)) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(required == .version1)
      #expect(Self.statuses(accesses) == [0, 1, 3, 0x83])
      #expect(accesses.last?.description == "write8 common 0x14 = 0x83")
      #expect(machine.memory.allocationCount == 0)
    }
  }

  @Test(
    """
    FEAT-2, FEAT-4, FEAT-5, FEAT-6, FEAT-7, FEAT-8, FEAT-9, FEAT-10, FEAT-11, FEAT-15, CFG-4: \
    whatever else is offered, nothing but what is known is taken
    """)
  func unknownFeatures() async throws {
    try await Self.takesNothingStrange()
  }

  @Test(
    """
    due GPU-BLOB-3, GPU-ALIGN-2, GPU-MAP-1: memory of a 3D library's and mappings are not used, even \
    if their features are offered
    """)
  func dueFeatures() async throws {
    try await Self.takesNothingStrange()
  }

  /// Opens a display on a device that seems to offer every bit there is.
  private static func takesNothingStrange() async throws {
    try await HostedMachine.run(HostedMachine.configuration()) { machine in
      // All bits but those that this driver knows and would take.
      let known: Features = [
        .version1, .accessPlatform, .orderPlatform, .eventIndex, .indirectDescriptors, .packedRing,
        .inOrder, .notificationData, .notificationConfigData, .ringReset,
      ]
      let strange = Features(rawValue: ~0).subtracting(known)
      let transport = try machine.transport()
      machine.trace.start()
      var display = try SpiedScreen.open(
        SpyTransport(transport, Spy(inventing: strange)), on: machine.platform,
        waiting: Self.second)
      let accepted = machine.trace.stop().filter {
        $0.isWrite && $0.space == .common && $0.offset == 0x0c
      }
      #expect(accepted.map(\.value) == [0x3000_0002, 0x101])
      let frame = try display.nextFrame(waiting: Self.second)
      try display.finish(try display.present(frame), waiting: Self.second)
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test(
    """
    F-INDIRECT, SPLIT-IND-1, FEAT-1, RFB-6: with the features that QEMU can offer, what it offers \
    is taken
    """,
    arguments: [
      ("", 0x101_3000_0002), ("packed=on", 0x105_3000_0002), ("iommu_platform=on", 0x103_3000_0002),
      ("event_idx=off", 0x101_1000_0002), ("indirect_desc=off", 0x101_2000_0002),
    ] as [(String, UInt64)])
  func offeredFeatures(_ properties: String, _ features: UInt64) async throws {
    try await HostedMachine.run(HostedMachine.configuration(properties)) { machine in
      let transport = try machine.transport()
      machine.trace.start()
      var display = try Screen.open(transport, on: machine.platform, waiting: Self.second)
      let accepted = machine.trace.stop().filter {
        $0.isWrite && $0.space == .common && $0.offset == 0x0c
      }
      #expect(accepted.map(\.value) == [features & 0xffff_ffff, features >> 32])
      let frame = try display.nextFrame(waiting: Self.second)
      try display.finish(try display.present(frame), waiting: Self.second)
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }
}
