import Testing
import VirtIO
import VirtIOTestDoubles

@testable import VirtIOPCI

@Suite("PCITransport")
struct PCITransportTests {
  private typealias Access = FakeRegisters.Access

  private let platform = TestPlatform()

  @Test("P02, PCI-DISC-1, PCI-DISC-2: a GPU is 1af4:1050 and nothing else, which is left alone")
  func matching() throws {
    typealias Transport = PCITransport<FakeMachine>
    #expect(Transport.matches(vendorID: 0x1af4, deviceID: 0x1050, deviceType: 16))
    #expect(!Transport.matches(vendorID: 0x1af4, deviceID: 0x1010, deviceType: 16))
    #expect(!Transport.matches(vendorID: 0x1af4, deviceID: 0x1000, deviceType: 16))
    #expect(!Transport.matches(vendorID: 0x1af5, deviceID: 0x1050, deviceType: 16))
    let others: [(UInt16, UInt16)] = [
      (0x1af4, 0x1041), (0x1af4, 0x1010), (0x1af4, 0x104f), (0x1af5, 0x1050), (0x8086, 0x1050),
      (0x1af4, 0x1051),
    ]
    for (vendorID, deviceID) in others {
      let rig = PCITransportRig(deviceID: deviceID)
      rig.function.set16(vendorID, at: 0)
      rig.addStructures()
      rig.machine.isLogging = true
      #expect(try rig.refusal() == .wrongDevice(vendorID: vendorID, deviceID: deviceID))
      #expect(rig.machine.log.allSatisfy { $0.written == nil } && rig.registers.accesses.isEmpty)
    }
  }

  @Test("PCI-DISC-3, PCI-DISC-4, PCI-DISC-5: revision and subsystem do not matter")
  func revision() throws {
    let rig = PCITransportRig()
    rig.addStructures()
    rig.function.set8(0x7f, at: 8)
    rig.function.set32(0xdead_beef, at: 0x2c)
    #expect(try rig.refusal() == nil)
  }

  @Test("P03, PCI-LAY-1, PCI-LAY-2, PCI-LAY-3: a legacy device is refused untouched")
  func legacy() throws {
    let rig = PCITransportRig()
    rig.function.addCapability([0, 0], id: 0x11)
    rig.machine.isLogging = true
    #expect(try rig.refusal() == .legacyDevice)
    #expect(!rig.machine.log.isEmpty)
    #expect(rig.machine.log.allSatisfy { $0.written == nil })
    #expect(rig.registers.accesses.isEmpty)
    // A transitional device has another number, whatever structures it has beside its ports.
    let transitional = PCITransportRig(deviceID: 0x1010)
    transitional.addStructures()
    transitional.machine.isLogging = true
    #expect(try transitional.refusal() == .wrongDevice(vendorID: 0x1af4, deviceID: 0x1010))
    #expect(transitional.machine.log.allSatisfy { $0.written == nil })
    #expect(transitional.registers.accesses.isEmpty)
  }

  @Test("a device that is refused is not touched, its command register neither")
  func refusedUntouched() throws {
    let rig = PCITransportRig()
    rig.function.addVirtIO(1, offset: 0, byteCount: 0x38)
    rig.machine.isLogging = true
    #expect(try rig.refusal() != nil)
    #expect(rig.machine.log.allSatisfy { $0.written == nil })
    #expect(rig.registers.accesses.isEmpty && rig.function.command == 0)
  }

  @Test("PCI-CAP-8: only the command register is written: decode memory, be master, no INTx")
  func commandRegister() throws {
    let rig = PCITransportRig()
    rig.addStructures()
    rig.function.command = 0x0141
    rig.machine.isLogging = true
    let transport = try rig.makeTransport()
    #expect(rig.function.command == 0x0141 | 0x0406)
    let writes = rig.machine.log.filter { $0.written != nil }
    #expect(
      writes == [.init(bus: 0, slot: 0x10, offset: 4, width: 2, written: 0x0547)])
    #expect(rig.registers.accesses.isEmpty, "the device itself is not touched")
    #expect(transport.deviceType == 16)
    #expect(transport.address == PCIAddress(bus: 0, device: 2, function: 0))
    #expect(transport.configurationByteCount == 0x1000)
  }

  @Test("PCI-ACC-1, PCI-ACC-2, PCI-ACC-3: each register with an access of its width")
  func registers() throws {
    let rig = PCITransportRig()
    rig.addStructures()
    let transport = try rig.makeTransport()
    rig.registers.offered = 0x1122_3344_5566_7788
    rig.registers.generation = 9
    #expect(transport.readOfferedFeatures().rawValue == 0x1122_3344_5566_7788)
    transport.writeAcceptedFeatures(Features(rawValue: 0x0102_0304_0506_0708))
    transport.writeStatus([.acknowledge, .driver])
    #expect(transport.readStatus() == [.acknowledge, .driver])
    #expect(transport.readConfigurationGeneration() == 9)
    #expect(transport.readMaximumSize(ofQueue: 1) == 16)
    #expect(rig.registers.accepted == 0x0102_0304_0506_0708)
    #expect(
      rig.registers.accesses == [
        .write(0, 4, 0), .read(4, 4), .write(0, 4, 1), .read(4, 4),
        .write(8, 4, 0), .write(0xc, 4, 0x0506_0708), .write(8, 4, 1), .write(0xc, 4, 0x0102_0304),
        .write(0x14, 1, 3), .read(0x14, 1), .read(0x15, 1), .write(0x16, 2, 1), .read(0x18, 2),
      ])
    #expect(rig.registers.violations == [])
  }

  @Test("the device configuration is read and written in words, inside its bounds")
  func deviceConfiguration() throws {
    let rig = PCITransportRig()
    rig.function.addVirtIO(1, offset: 0, byteCount: 0x38)
    rig.function.addVirtIO(2, offset: 0x3000, byteCount: 2, multiplier: 0)
    rig.function.addVirtIO(4, offset: 0x2000, byteCount: 16)
    let transport = try rig.makeTransport()
    #expect(transport.configurationByteCount == 16)
    #expect(transport.readConfiguration32(at: 8) == 0x0b0a_0908)
    transport.writeConfiguration32(0x55, at: 4)
    #expect(rig.registers.accesses == [.read(0x2008, 4), .write(0x2004, 4, 0x55)])
    rig.registers.clear()
    for offset: UInt in [13, 16, 0x1000, .max - 3, .max] {
      #expect(transport.readConfiguration32(at: offset) == .max)
      transport.writeConfiguration32(1, at: offset)
    }
    transport.writeConfiguration8(0x55, at: 15)
    #expect(rig.registers.accesses == [.write(0x200f, 1, 0x55)])
    rig.registers.clear()
    for offset: UInt in [16, 0x1000, .max] {
      transport.writeConfiguration8(1, at: offset)
    }
    #expect(rig.registers.accesses.isEmpty)
  }

  @Test("a device without configuration has none to read")
  func noDeviceConfiguration() throws {
    let rig = PCITransportRig()
    rig.function.addVirtIO(1, offset: 0, byteCount: 0x38)
    rig.function.addVirtIO(2, offset: 0x3000, byteCount: 2, multiplier: 0)
    let transport = try rig.makeTransport()
    #expect(transport.configurationByteCount == 0)
    #expect(transport.readConfiguration32(at: 0) == .max)
    #expect(rig.registers.accesses.isEmpty)
  }

  @Test("PCI-COM-8, PCI-ACC-4, PCI-ACC-5: a queue has size and addresses before it is enabled")
  func enabling() throws {
    let rig = PCITransportRig()
    rig.addStructures()
    var transport = try rig.makeTransport()
    let maximum = transport.readMaximumSize(ofQueue: 1)
    rig.registers.clear()
    _ = try transport.enable(placement(index: 1, size: 8, maximumSize: maximum))
    #expect(
      rig.registers.accesses == [
        .read(0x1c, 2), .read(0x1e, 2), .write(0x18, 2, 8), .read(0x18, 2),
        .write(0x20, 4, 0x3344_5000), .write(0x24, 4, 0x1122),
        .write(0x28, 4, 0x3344_6000), .write(0x2c, 4, 0x1122),
        .write(0x30, 4, 0x3344_7000), .write(0x34, 4, 0x1122),
        .write(0x1c, 2, 1), .read(0x1c, 2),
      ])
    #expect(rig.registers.violations == [])
  }

  @Test("a queue that the device can have as it is keeps its size")
  func unchangedSize() throws {
    let rig = PCITransportRig()
    rig.addStructures()
    var transport = try rig.makeTransport()
    let maximum = transport.readMaximumSize(ofQueue: 1)
    _ = try transport.enable(placement(index: 1, size: 16, maximumSize: maximum))
    #expect(!rig.registers.writes.contains { $0.offset == 0x18 })
  }

  @Test(
    "PCI-NOTIFY-1, PCI-NOTIFY-3, PCI-NOTIFY-D-1: 16 bits, the queue's index, at offset times multiplier",
    arguments: [
      (4, 0, 0), (4, 1, 4), (0, 0, 0), (0, 0xffff, 0), (2, 3, 6), (0x1000, 0, 0), (4, 0x3ff, 0xffc),
      (0xffe, 1, 0xffe),
    ] as [(UInt32, UInt16, Int)])
  func notification(multiplier: UInt32, offset: UInt16, place: Int) throws {
    let rig = PCITransportRig()
    rig.addStructures(multiplier: multiplier)
    rig.registers.queues[1].notifyOffset = offset
    var transport = try rig.makeTransport()
    let maximum = transport.readMaximumSize(ofQueue: 1)
    let bell = try transport.enable(placement(index: 1, size: 16, maximumSize: maximum))
    rig.registers.clear()
    bell.ring(next: 0)
    #expect(rig.registers.accesses == [.write(0x3000 + place, 2, 1)])
  }

  @Test(
    "P30: a notification address outside its structure, or odd, is refused before the queue is enabled",
    arguments: [
      (4, 0x400), (4, 0xffff), (0x1000, 1), (0xfff, 1), (1, 1), (3, 5), (.max, 2), (.max, 0xffff),
      (0x8000_0000, 2), (0x1_0001, 0xffff),
    ] as [(UInt32, UInt16)])
  func notificationOutOfRange(multiplier: UInt32, offset: UInt16) throws {
    let rig = PCITransportRig()
    rig.addStructures(multiplier: multiplier)
    rig.registers.queues[1].notifyOffset = offset
    var transport = try rig.makeTransport()
    let maximum = transport.readMaximumSize(ofQueue: 1)
    let error = failure {
      () throws(DeviceError) in
      try transport.enable(placement(index: 1, size: 8, maximumSize: maximum))
    }
    #expect(error == .notificationOutOfRange(index: 1, offset: offset))
    #expect(rig.registers.writes == [.write(0x16, 2, 1)], "nothing but the selection")
  }

  // swift-format-ignore
  @Test("PCI-COM-1, PCI-COM-2, PCI-COM-3, PCI-COM-4, PCI-COM-5, PCI-COM-7, PCI-COM-10: a whole life")
  func wholeLife() throws {
    let rig = PCITransportRig()
    rig.addStructures()
    rig.registers.offered = .max
    rig.registers.queues[0].size = 100
    var negotiated = try AcknowledgedDevice(
      resetting: rig.makeTransport(), on: platform, waiting: .polling(.milliseconds(1))
    ).negotiate(requiring: [], declining: .packedRing) { _ in [] }
    var queue: Virtqueue<JournaledRegion, PCIDoorbell<FakeMachine>, 64> =
      try negotiated.makeQueue(0, on: platform)
    let memory = Segment(address: DeviceAddress(rawValue: 0x1000), byteCount: 8)
    try queue.enqueue(try queue.makeChain(readable: memory, writable: nil))
    let live = negotiated.start()
    queue.publish()
    let proof = try live.reset(on: platform, waiting: .polling(.milliseconds(1)))
    queue.free(to: platform, after: proof)
    #expect(rig.registers.violations == [])
    #expect(rig.registers.accepted == 3 << 28 | 0x5b << 32, "no reset, no packed ring")
    #expect(rig.registers.writes.contains(.write(0x18, 2, 64)), "100 is no power of two")
    #expect(rig.registers.writes.contains(.write(0x3000, 4, 1 << 16)))
    #expect(rig.registers.accesses.first == .write(0x14, 1, 0))
    #expect(rig.registers.accesses.dropFirst().first == .read(0x14, 1))
    #expect(rig.registers.accesses.suffix(2) == [.write(0x14, 1, 0), .read(0x14, 1)])
    #expect(platform.isBalanced)
  }

  @Test("errors say what was looked for and what was found")
  func describing() {
    #expect(
      text(of: PCIError.wrongDevice(vendorID: 0x8086, deviceID: 0x1237))
        == "not the VirtIO device that was looked for: found 0x8086:0x1237")
    #expect(text(of: PCIError.capabilityListLoops).contains("48"))
    #expect(
      text(of: PCIError.capabilityOutsideConfiguration(offset: 0x10)).hasSuffix("found 0x10"))
    #expect(text(of: PCIError.legacyDevice).contains("legacy"))
    let rejected = VirtIOStructure(kind: .common, bar: 7, offset: 0x20, byteCount: 9)
    #expect(
      text(of: PCIError.structureMissing(kind: .notification, rejected: rejected))
        == """
        no usable VirtIO structure of type 2 was found; rejected type 1 in BAR 7 at 0x20 with 9 bytes
        """)
    #expect(text(of: PCIAddress(bus: 3, device: 31, function: 7)) == "3:31.7")
  }

  private func placement(index: UInt16, size: UInt16, maximumSize: UInt16) -> QueuePlacement {
    QueuePlacement(
      index: index, size: size, maximumSize: maximumSize,
      descriptorArea: DeviceAddress(rawValue: 0x1122_3344_5000),
      driverArea: DeviceAddress(rawValue: 0x1122_3344_6000),
      deviceArea: DeviceAddress(rawValue: 0x1122_3344_7000))
  }
}
