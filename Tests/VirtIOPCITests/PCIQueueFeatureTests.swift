import Testing
import VirtIO
import VirtIOTestDoubles

@testable import VirtIOPCI

@Suite("PCITransport: features of queues")
struct PCIQueueFeatureTests {
  private static func placement(_ features: Features) -> QueuePlacement {
    QueuePlacement(
      index: 1, size: 16, maximumSize: 16, descriptorArea: DeviceAddress(rawValue: 0x1000),
      driverArea: DeviceAddress(rawValue: 0x2000), deviceArea: DeviceAddress(rawValue: 0x3000),
      features: features)
  }

  /// What ringing with `next` writes, under these features.
  private func ring(_ features: Features, next: UInt16) throws -> [FakeRegisters.Access] {
    let rig = PCITransportRig()
    rig.addStructures(commonByteCount: 0x3c)
    rig.registers.queues[1].notifyConfigData = 0xabcd
    var transport = try rig.makeTransport()
    _ = transport.readMaximumSize(ofQueue: 1)
    let bell = try transport.enable(Self.placement(features))
    rig.registers.clear()
    bell.ring(next: next)
    #expect(rig.registers.violations == [])
    return rig.registers.accesses
  }

  @Test(
    """
    PCI-NOTIFY-1, PCI-NOTIFY-2, PCI-NOTIFY-3, PCI-NOTIFY-4, PCI-NOTIFY-5, PCI-NOTIFY-6: how wide a \
    notification is, and what it names
    """)
  func notifications() throws {
    #expect(try ring([], next: 0x8123) == [.write(0x3004, 2, 1)])
    #expect(try ring(.notificationData, next: 0x8123) == [.write(0x3004, 4, 0x8123_0001)])
    #expect(try ring(.notificationConfigData, next: 0x8123) == [.write(0x3004, 2, 0xabcd)])
    #expect(
      try ring([.notificationData, .notificationConfigData], next: 0x8123)
        == [.write(0x3004, 4, 0x8123_abcd)])
  }

  @Test("a notification of 32 bits fits into its structure, at a multiple of 4, or is refused")
  func width() throws {
    for (multiplier, offset) in [(4, 0x400), (2, 1), (0xffe, 1)] as [(UInt32, UInt16)] {
      let rig = PCITransportRig()
      rig.addStructures(multiplier: multiplier)
      rig.registers.queues[1].notifyOffset = offset
      var transport = try rig.makeTransport()
      _ = transport.readMaximumSize(ofQueue: 1)
      let error = failure { () throws(DeviceError) in
        try transport.enable(Self.placement(.notificationData))
      }
      #expect(error == .notificationOutOfRange(index: 1, offset: offset))
    }
  }

  @Test(
    "what needs a register that the device's structure has not is not honoured",
    arguments: [(0x38, 1 << 38), (0x3a, 3 << 38), (0x3c, 7 << 38), (0x40, 7 << 38)]
      as [(UInt32, UInt64)])
  func honoured(byteCount: UInt32, bits: UInt64) throws {
    let rig = PCITransportRig()
    rig.addStructures(commonByteCount: byteCount)
    let transport = try rig.makeTransport()
    let honoured = transport.honouredFeatures
    #expect(honoured.rawValue == bits)
  }

  @Test(
    "VQRST-1, VQRST-3, PCI-COM-11: queue_reset is written 1, read until 0, and all written anew")
  func reset() throws {
    let platform = TestPlatform()
    let rig = PCITransportRig()
    rig.addStructures(commonByteCount: 0x3c)
    rig.registers.offered = 1 << 32 | 1 << 40
    rig.registers.queues[1].resetDelay = 2
    var device = try AcknowledgedDevice(
      resetting: rig.makeTransport(), on: platform, waiting: .polling(.milliseconds(1))
    ).negotiate(requiring: []) { _ in [] }
    var queue: Virtqueue<JournaledRegion, PCIDoorbell<FakeMachine>, 16> =
      try device.makeQueue(1, on: platform)
    let areas = rig.registers.queues[1].areas
    var live = device.start()
    rig.registers.clear()
    let proof = try live.reset(&queue, on: platform, waiting: .polling(.milliseconds(1)))
    let expected: [FakeRegisters.Access] = [
      .write(0x16, 2, 1), .write(0x3a, 2, 1), .write(0x16, 2, 1), .read(0x3a, 2),
      .write(0x16, 2, 1), .read(0x3a, 2), .write(0x16, 2, 1), .read(0x3a, 2),
    ]
    #expect(rig.registers.accesses == expected)
    #expect(!rig.registers.queues[1].isEnabled)
    try live.enable(&queue, after: proof)
    #expect(rig.registers.queues[1].areas == areas && rig.registers.queues[1].isEnabled)
    #expect(rig.registers.violations == [])
  }

  @Test("PCI-COM-6: a packed queue of any size but 0", arguments: [3, 5, 100] as [UInt16])
  func packedSizes(_ size: UInt16) throws {
    let platform = TestPlatform()
    let rig = PCITransportRig()
    rig.addStructures()
    rig.registers.offered = 1 << 32 | 1 << 34
    rig.registers.queues[0].size = size
    var device = try AcknowledgedDevice(
      resetting: rig.makeTransport(), on: platform, waiting: .polling(.milliseconds(1))
    ).negotiate(requiring: []) { _ in [] }
    let queue: Virtqueue<JournaledRegion, PCIDoorbell<FakeMachine>, 6> =
      try device.makeQueue(0, on: platform)
    let found = queue.size
    #expect(found == min(6, Int(size)) && rig.registers.violations == [])
    #expect(rig.registers.writes.contains(.write(0x18, 2, 6)) == (size > 6))
  }
}
