import Testing
import VirtIO
import VirtIOTestDoubles

@testable import VirtIOPCI

/// What the driver does with capabilities that it needs in part, or not at all.
@Suite("Use of capabilities")
struct CapabilityUseTests {
  private let rig = PCITransportRig()

  /// A device taken into service, rung, and out of service again.
  private func live() throws {
    let platform = TestPlatform()
    var negotiated = try AcknowledgedDevice(
      resetting: rig.makeTransport(), on: platform, waiting: .polling(.milliseconds(1))
    ).negotiate(requiring: []) { _ in [] }
    _ = try negotiated.readConfiguration { $0.readConfiguration32(at: 0) }
    var queue: Virtqueue<JournaledRegion, PCIDoorbell<FakeMachine>, 8> =
      try negotiated.makeQueue(1, on: platform)
    let live = negotiated.start()
    let place = Segment(address: DeviceAddress(rawValue: 0x1000), byteCount: 8)
    try queue.enqueue(try queue.makeChain(readable: place, writable: nil))
    queue.publish()
    let proof = try live.reset(on: platform, waiting: .polling(.milliseconds(1)))
    queue.free(to: platform, after: proof)
    #expect(platform.isBalanced)
  }

  /// All that the driver does to the registers of a device with these capabilities first.
  private static func accesses(after capabilities: [[UInt8]]) throws -> [FakeRegisters.Access] {
    let test = CapabilityUseTests()
    for capability in capabilities { test.rig.function.addCapability(capability) }
    test.rig.addStructures()
    try test.live()
    return test.rig.registers.accesses
  }

  @Test("PCI-CAP-5, PCI-CAP-6: of longer structures in one BAR, the fields in use are reached")
  func portions() throws {
    // The kernel has mapped BAR 4 only; each structure reaches to the next.
    rig.function.addVirtIO(1, offset: 0, byteCount: 0x1000)
    rig.function.addVirtIO(3, offset: 0x1000, byteCount: 0x1000)
    rig.function.addVirtIO(4, offset: 0x2000, byteCount: 0x1000)
    rig.function.addVirtIO(2, offset: 0x3000, byteCount: 0x1000, multiplier: 4)
    try live()
    let places = rig.registers.accesses.map { $0.offset..<$0.offset + $0.width }
    let needed = [0..<0x38, 0x2000..<0x2004, 0x3004..<0x3006]
    #expect(
      places.allSatisfy { place in
        needed.contains { $0.lowerBound <= place.lowerBound && place.upperBound <= $0.upperBound }
      })
    #expect(needed.allSatisfy { part in places.contains { $0.overlaps(part) } })
  }

  @Test("PCI-CAP-5: the window on a structure ends where the structure does")
  func windows() throws {
    rig.function.addVirtIO(1, offset: 0x100, byteCount: 0x38)
    rig.function.addVirtIO(3, offset: 0x1000, byteCount: 1)
    rig.function.addVirtIO(4, offset: 0x2000, byteCount: 20)
    rig.function.addVirtIO(2, offset: 0x3000, byteCount: 6, multiplier: 4)
    let found = try VirtIOStructures(of: rig.describe())
    #expect(found.common?.byteCount == 0x38 && found.interruptStatus?.byteCount == 1)
    #expect(found.device?.byteCount == 20 && found.notification?.byteCount == 6)
  }

  /// A vendor data capability behind its two first bytes: length, type, vendor and data.
  private static func vendorData(_ vendorID: UInt16, _ data: [UInt8]) -> [UInt8] {
    [UInt8(6 + data.count), 9, UInt8(vendorID & 0xff), UInt8(vendorID >> 8)] + data
  }

  @Test(
    "PCI-VNDR-1, PCI-VNDR-2, PCI-VNDR-3: vendor data change nothing and are left as they are",
    arguments: [0x1af4, 0x1b36, 0x0104, 0x0004, 0xffff] as [UInt16])
  func vendorData(vendorID: UInt16) throws {
    // Read as a structure, some of these would be one in BAR 4.
    let contents: [[UInt8]] = [
      [], [0xff], [0, 0, 0, 0, 0, 0, 0x38, 0, 0, 0],
      [0, 0, 0, 0x20, 0, 0, 0, 0x10, 0, 0, 4, 0, 0, 0], Array(repeating: 0xff, count: 40),
    ]
    let capabilities = contents.map { Self.vendorData(vendorID, $0) }
    let expected = try Self.accesses(after: [])
    #expect(try Self.accesses(after: capabilities) == expected)

    let places = capabilities.map { rig.function.addCapability($0) }
    rig.addStructures()
    let before = rig.function.bytes
    rig.machine.isLogging = true
    try live()
    #expect(rig.registers.accesses == expected)
    let written = rig.machine.log.filter { $0.written != nil }
    #expect(written.map(\.offset) == [4], "the command register and nothing else")
    for (place, capability) in zip(places, capabilities) {
      let range = place..<place + 2 + capability.count
      #expect(rig.function.bytes[range] == before[range])
    }
    let structures = try VirtIOStructures(of: rig.describe())
    #expect(structures.common?.base == rig.registers.base)
    #expect(structures.sharedMemory[0] == nil && structures.configurationAccess == nil)
  }

  @Test("a function with nothing but vendor data has no structures")
  func onlyVendorData() throws {
    rig.function.addCapability(
      Self.vendorData(0x1af4, [0, 0, 0, 0, 0, 0, 0x38, 0, 0, 0, 0, 0, 0, 0]))
    #expect(try rig.refusal() == .structureMissing(kind: .common, rejected: nil))
  }

  @Test(
    """
    due PCI-CFGACC-1, PCI-CFGACC-2, PCI-CFGACC-3, PCI-CFGACC-4: the window in configuration space \
    is neither set nor looked through
    """)
  func configurationAccess() throws {
    let window = rig.function.addCapability([20, 5] + [UInt8](repeating: 0, count: 16))
    rig.addStructures()
    rig.machine.isLogging = true
    try live()
    let data = window + 16..<window + 20
    for access in rig.machine.log {
      #expect(access.written == nil || access.offset == 4, "\(access)")
      #expect(!data.overlaps(access.offset..<access.offset + access.width), "\(access)")
    }
    #expect(try rig.makeTransport().configurationAccess.map(Int.init) == window)
  }
}
