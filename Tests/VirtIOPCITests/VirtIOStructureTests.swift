import Testing
import VirtIO
import VirtIOTestDoubles

@testable import VirtIOPCI

@Suite("VirtIO structures")
struct VirtIOStructureTests {
  private var rig = PCITransportRig()

  private func structures() throws -> VirtIOStructures<FakeMachine> {
    try VirtIOStructures(of: rig.describe())
  }

  @Test("S6: each structure lies where its capability says")
  func places() throws {
    rig.addStructures(multiplier: 0x1234_5678)
    let found = try structures()
    #expect(found.common?.base == rig.registers.base && found.common?.byteCount == 0x38)
    #expect(found.interruptStatus?.base == rig.registers.base + 0x1000)
    #expect(found.device?.base == rig.registers.base + 0x2000)
    #expect(found.device?.byteCount == 0x1000)
    #expect(found.notification?.base == rig.registers.base + 0x3000)
    #expect(found.notificationMultiplier == 0x1234_5678)
  }

  @Test("P15, PCI-CAP-2: the first usable one of each kind is taken")
  func firstUsable() throws {
    // Unusable: it passes the end of its BAR.
    rig.function.addVirtIO(1, offset: 0x3ff0, byteCount: 0x38)
    rig.function.addVirtIO(1, offset: 0x100, byteCount: 0x38)
    rig.function.addVirtIO(1, offset: 0x200, byteCount: 0x38)
    rig.function.addVirtIO(2, bar: 3, offset: 0x3000, byteCount: 0x100, multiplier: 2)
    rig.function.addVirtIO(2, offset: 0x3000, byteCount: 0x100, multiplier: 4)
    rig.function.addVirtIO(2, offset: 0x3100, byteCount: 0x100, multiplier: 8)
    rig.function.addVirtIO(4, offset: 0x2000, byteCount: 0)
    rig.function.addVirtIO(4, offset: 0x2100, byteCount: 16)
    rig.function.addVirtIO(4, offset: 0x2200, byteCount: 16)
    let found = try structures()
    #expect(found.common?.base == rig.registers.base + 0x100)
    #expect(found.notification?.base == rig.registers.base + 0x3000)
    #expect(found.notificationMultiplier == 4)
    #expect(found.device?.base == rig.registers.base + 0x2100)
  }

  @Test(
    "P14, PCI-CAP-1: reserved kinds are skipped",
    arguments: (0...255).filter { ![1, 2, 3, 4, 5, 8, 9].contains($0) })
  func reservedKind(_ kind: UInt8) throws {
    rig.function.addVirtIO(kind, offset: 0, byteCount: 0x38)
    rig.addStructures()
    #expect(try rig.refusal() == nil)
  }

  @Test("GPU-INIT-5: shared memory is found by its 64-bit place, if it lies inside its BAR")
  func sharedMemory() throws {
    func content(id: UInt8, offset: UInt8, offsetHigh: UInt8) -> [UInt8] {
      [24, 8, 4, id, 0, 0, 0, offset, 0, 0, 0, 1, 0, 0, offsetHigh, 0, 0, 0, 0, 0, 0, 0]
    }
    rig.function.addCapability(content(id: 1, offset: 0x20, offsetHigh: 0))
    rig.function.addCapability(content(id: 2, offset: 0x20, offsetHigh: 1))
    let window = rig.function.addCapability([20, 5] + [UInt8](repeating: 0, count: 16))
    rig.addStructures()
    let found = try structures()
    let region = SharedMemoryRegion(id: 1, bar: 4, offset: 0x2000, byteCount: 0x100)
    #expect(found.sharedMemory[0] == region)
    #expect(found.sharedMemory[1] == nil)
    #expect(found.configurationAccess.map(Int.init) == window)
  }

  @Test("kinds that are too short or not used are skipped", arguments: [5, 8, 9])
  func unusedKind(_ kind: UInt8) throws {
    rig.function.addVirtIO(kind, bar: 0, offset: 0, byteCount: 4)
    rig.addStructures()
    #expect(try rig.refusal() == nil)
  }

  @Test("P16, PCI-CAP-4: a reserved BAR number is skipped", arguments: [6, 7, 10, 0x80, 0xff])
  func reservedBAR(_ bar: UInt8) throws {
    rig.function.addVirtIO(1, bar: bar, offset: 0x100, byteCount: 0x38)
    rig.addStructures()
    #expect(try structures().common?.base == rig.registers.base)
  }

  @Test("P12, PCI-CAP-3: a capability that is longer than its structure is accepted")
  func longCapability() throws {
    rig.function.addVirtIO(1, offset: 0, byteCount: 0x38, length: 0x20)
    rig.function.addVirtIO(2, offset: 0x3000, byteCount: 2, length: 0x40, multiplier: 4)
    #expect(try rig.refusal() == nil)
  }

  @Test("a notification capability without its multiplier is not usable")
  func shortCapability() throws {
    rig.function.addVirtIO(1, offset: 0, byteCount: 0x38)
    rig.function.addVirtIO(2, offset: 0x3000, byteCount: 2, length: 16, multiplier: 4)
    let refusal = try rig.refusal()
    #expect(
      text(of: try #require(refusal)).hasPrefix("no usable VirtIO structure of type 2 was found"))
    rig.function.addVirtIO(2, offset: 0x3800, byteCount: 2, multiplier: 8)
    #expect(try structures().notification?.base == rig.registers.base + 0x3800)
  }

  @Test("PCI-CAP-6, CFG-5, CFG-6: a structure may be much longer than the driver knows")
  func longStructure() throws {
    rig.function.addVirtIO(1, offset: 0, byteCount: 0x1000)
    rig.function.addVirtIO(2, offset: 0x1000, byteCount: 0x3000, multiplier: 4)
    #expect(try rig.refusal() == nil)
  }

  @Test("P27, PCI-CAP-7: a structure that is too short is not usable", arguments: 0..<0x38)
  func shortStructure(_ byteCount: UInt32) throws {
    rig.function.addVirtIO(1, offset: 0, byteCount: byteCount)
    let refusal = try rig.refusal()
    guard case .structureMissing(kind: .common, let rejected) = refusal else {
      Issue.record("\(String(describing: refusal))")
      return
    }
    #expect(rejected?.kind == .common && rejected?.bar == 4)
    #expect(rejected?.offset == 0 && rejected?.byteCount == byteCount)
  }

  @Test("a notification structure of one byte is not usable")
  func shortNotification() throws {
    rig.function.addVirtIO(1, offset: 0, byteCount: 0x38)
    rig.function.addVirtIO(2, offset: 0x3000, byteCount: 1, multiplier: 4)
    guard case .structureMissing(kind: .notification, _) = try rig.refusal() else {
      Issue.record("it was taken")
      return
    }
  }

  @Test(
    "P24, P25: a structure beyond its BAR, or whose end wraps, is not usable",
    arguments: [
      (0x3fcc, 0x38), (0x4000, 0x38), (0x3fc8, 0x3c), (0, 0x4004), (0xffff_fffc, 0x38),
      (0xffff_fff0, 0xffff_ffff), (0x1000, 0xffff_f038), (4, .max),
    ] as [(UInt32, UInt32)])
  func outsideBAR(offset: UInt32, byteCount: UInt32) throws {
    rig.function.addVirtIO(1, offset: offset, byteCount: byteCount)
    guard case .structureMissing(kind: .common, let rejected) = try rig.refusal() else {
      Issue.record("it was taken")
      return
    }
    #expect(rejected?.offset == offset && rejected?.byteCount == byteCount)
  }

  @Test("a structure may end exactly where its BAR does")
  func atTheEnd() throws {
    rig.function.addVirtIO(1, offset: 0x3fc8, byteCount: 0x38)
    #expect(try structures().common?.base == rig.registers.base + 0x3fc8)
  }

  @Test("a structure in a BAR without address is not usable")
  mutating func noBAR() throws {
    rig.addStructures()
    rig.barByteCount = nil
    guard case .structureMissing(kind: .common, let rejected) = try rig.refusal() else {
      Issue.record("it was taken")
      return
    }
    #expect(rejected != nil)
  }

  @Test(
    "P26: common and device configuration lie at multiples of 4, notifications at multiples of 2",
    arguments: [1, 2, 3])
  func misaligned(_ offset: UInt32) throws {
    rig.function.addVirtIO(1, offset: offset, byteCount: 0x38)
    rig.function.addVirtIO(4, offset: 0x2000 + offset, byteCount: 0x10)
    rig.function.addVirtIO(2, offset: 0x3000 + offset, byteCount: 0x10, multiplier: 4)
    let found = try structures()
    #expect(found.common == nil && found.device == nil)
    #expect((found.notification == nil) == (offset % 2 == 1))
  }

  @Test("a notification structure need lie at a multiple of 2 only")
  func notificationAlignment() throws {
    rig.function.addVirtIO(1, offset: 0, byteCount: 0x38)
    rig.function.addVirtIO(2, offset: 0x3002, byteCount: 0x100, multiplier: 4)
    #expect(try structures().notification?.base == rig.registers.base + 0x3002)
  }

  @Test("ISR status may lie anywhere")
  func interruptStatusAlignment() throws {
    rig.function.addVirtIO(3, offset: 0x1001, byteCount: 1)
    #expect(try structures().interruptStatus?.base == rig.registers.base + 0x1001)
  }

  @Test("a capability that is cut off by the end of configuration space is skipped")
  func cutOff() throws {
    rig.addStructures()
    let configuration = try #require(
      RegisterWindow(rig.machine, base: FakeMachine.ecamBase + (0x10 << 12), byteCount: 256))
    rig.function.addCapability([16, 1, 4, 0, 0, 0], at: 0xf8)
    let function = PCIFunction(
      address: PCIAddress(bus: 0, device: 2, function: 0), configuration: configuration,
      bars: try rig.describe().bars)
    #expect(try VirtIOStructures(of: function).common?.base == rig.registers.base)
  }
}
