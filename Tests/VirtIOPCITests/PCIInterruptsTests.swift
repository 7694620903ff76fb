import Testing
import VirtIO
import VirtIOTestDoubles

@testable import VirtIOPCI

@Suite("PCIInterrupts")
struct PCIInterruptsTests {
  private let rig = PCITransportRig()

  init() {
    rig.addStructures()
  }

  private func placement(_ index: UInt16, interrupts: Bool) -> QueuePlacement {
    let address = DeviceAddress(rawValue: 0x5000)
    return QueuePlacement(
      index: index, size: 64, maximumSize: 64, descriptorArea: address, driverArea: address,
      deviceArea: address, interrupts: interrupts)
  }

  /// Makes the transport and its first queues.
  private func makeQueues(
    _ count: UInt16 = 2, interrupts: Bool = true, maximumVectorCount: Int = 3
  ) throws -> PCIInterrupts<FakeMachine> {
    var transport = try rig.makeTransport(maximumVectorCount: maximumVectorCount)
    let kept = transport.interrupts
    rig.registers.clear()
    for index in 0..<count {
      _ = transport.readMaximumSize(ofQueue: index)
      _ = try transport.enable(placement(index, interrupts: interrupts))
    }
    return kept
  }

  /// Which vectors were written, and to which register: 0x10 for the configuration, 0x1a for a queue.
  private var written: [FakeRegisters.Access] {
    rig.registers.writes.filter { [0x10, 0x1a].contains($0.offset) }
  }

  private func control(_ offset: Int) -> UInt16 { rig.function.read16(at: offset + 2) }

  @Test("messages are on and masked, the line off, before anybody asks; the device is not touched")
  func quiet() throws {
    let offset = rig.function.addMSIX(vectorCount: 3)
    rig.function.set16(0x0002, at: offset + 2)
    let transport = try rig.makeTransport()
    #expect(control(offset) == 0xc002)
    #expect(rig.function.command == 0x0406)
    #expect(rig.registers.accesses.isEmpty)
    #expect(transport.interrupts.vectorCount == 0)
  }

  @Test("PCI-COM-8, MSIX-5: vectors before the queue is enabled, each read back, six accesses")
  func assignment() throws {
    rig.function.addMSIX(vectorCount: 3)
    let interrupts = try makeQueues()
    let accesses = rig.registers.accesses
    #expect(
      accesses.prefix(8) == [
        .write(0x16, 2, 0), .read(0x18, 2), .read(0x1c, 2), .read(0x1e, 2), .write(0x10, 2, 0),
        .read(0x10, 2),
        .write(0x1a, 2, 1), .read(0x1a, 2),
      ])
    #expect(accesses[14..<16] == [.write(0x1c, 2, 1), .read(0x1c, 2)])
    #expect(
      accesses[16..<22] == [
        .write(0x16, 2, 1), .read(0x18, 2), .read(0x1c, 2), .read(0x1e, 2), .write(0x1a, 2, 2),
        .read(0x1a, 2),
      ])
    #expect(accesses.suffix(2) == [.write(0x1c, 2, 1), .read(0x1c, 2)] && accesses.count == 30)
    #expect(interrupts.vectorCount == 3)
    #expect(rig.registers.violations == [])
  }

  @Test("a queue of which nobody wants to hear has no vector")
  func silentQueue() throws {
    rig.function.addMSIX(vectorCount: 3)
    let interrupts = try makeQueues(interrupts: false)
    #expect(written.isEmpty)
    #expect(interrupts.vectorCount == 0)
  }

  @Test("a queue that is heard behind one that is not")
  func secondQueueOnly() throws {
    rig.function.addMSIX(vectorCount: 3)
    var transport = try rig.makeTransport()
    for index: UInt16 in 0..<2 {
      _ = transport.readMaximumSize(ofQueue: index)
      _ = try transport.enable(placement(index, interrupts: index == 1))
    }
    #expect(transport.interrupts.vectorCount == 2)
    #expect(rig.registers.queues.map(\.vector) == [0xffff, 1])
  }

  @Test(
    "P33, MSIX-1, MSIX-4, MSIX-5: fewer vectors than wanted, or refused ones, as far down as to the line",
    arguments: [
      (1, [], 1, 0xc000), (2, [], 2, 0xc001), (3, [], 3, 0xc002), (128, [], 3, 0xc07f),
      (3, [2], 2, 0xc002), (3, [1], 1, 0xc002), (3, [1, 2], 1, 0xc002), (3, [0], 0, 0x4002),
      (3, [0, 1], 0, 0x4002), (1, [0], 0, 0x4000),
    ] as [(Int, Set<UInt16>, Int, UInt16)])
  func fewer(size: Int, refused: Set<UInt16>, expected: Int, control: UInt16) throws {
    let offset = rig.function.addMSIX(vectorCount: size)
    rig.registers.refusedVectors = refused
    let interrupts = try makeQueues()
    #expect(interrupts.vectorCount == expected)
    #expect(self.control(offset) == control)
    #expect(written.allSatisfy { Int($0.written ?? .max) < size })
    if expected > 0 {
      let vectors = [min(1, expected - 1), expected - 1].map { UInt16($0) }
      #expect(rig.registers.queues.map(\.vector) == vectors)
    }
    #expect(
      rig.registers.queues.allSatisfy { $0.isEnabled }, "that is no reason to do without the device"
    )
    #expect(rig.registers.violations == [])
  }

  @Test(
    "who takes no vectors spends nothing on them; who takes one has it for everything",
    arguments: [(.min, 0, 0), (0, 0, 0), (1, 1, 3), (2, 2, 3), (3, 3, 3), (.max, 3, 3)])
  func limited(limit: Int, expected: Int, writeCount: Int) throws {
    let offset = rig.function.addMSIX(vectorCount: 3)
    rig.function.set16(0x8002, at: offset + 2)
    let interrupts = try makeQueues(maximumVectorCount: limit)
    #expect(written.count == writeCount)
    #expect(rig.registers.accesses.count == 24 + 2 * writeCount)
    #expect(interrupts.vectorCount == expected)
    #expect(control(offset) == (expected == 0 ? 0x0002 : 0xc002))
    #expect(interrupts.causes(ofVector: 0).isEmpty == (expected == 0))
    #expect(interrupts.causes(ofVector: 1).isEmpty == (limit < 2))
    #expect(interrupts.route(0, to: MSIMessage(address: 0, data: 0)) == (expected > 0))
  }

  @Test("vectors that are not what was given out are none") func nonsense() throws {
    rig.function.addMSIX(vectorCount: 3)
    let interrupts = try makeQueues()
    for vector: UInt16 in [3, 0xfffe] {
      rig.registers.queues[1].vector = vector
      #expect(interrupts.vectorCount == 0)
    }
    rig.registers.queues[0].vector = 2
    #expect(interrupts.vectorCount == 0)
  }

  @Test(
    "a capability that lies is no MSI-X, and is not written",
    arguments: [
      (2048, 4, 0x1800), (129, 4, 0x3800), (1, 4, 0x4000), (1, 4, 0xffff_fff8), (3, 0, 0),
      (3, 5, 0), (3, 6, 0), (3, 7, 0), (2, 4, 0x3ff0),
    ] as [(Int, UInt32, UInt32)])
  func lies(size: Int, bar: UInt32, place: UInt32) throws {
    let offset = rig.function.addMSIX(vectorCount: size, bar: bar, offset: place)
    let interrupts = try makeQueues()
    #expect(control(offset) == UInt16(size - 1))
    #expect(interrupts.vectorCount == 0)
    #expect(!interrupts.route(0, to: MSIMessage(address: 0, data: 0)))
    interrupts.unmask()
    interrupts.mask()
    #expect(control(offset) == UInt16(size - 1))
    #expect(written.isEmpty)
  }

  @Test("a capability that is cut off is no MSI-X")
  func cutOff() throws {
    rig.function.addCapability([0, 0], id: 0x11, at: 0xfc)
    let transport = try rig.makeTransport()
    transport.interrupts.unmask()
    #expect(transport.interrupts.vectorCount == 0)
  }

  @Test("routing writes one entry, masked meanwhile; the bits that are reserved stay")
  func routing() throws {
    rig.function.addMSIX(vectorCount: 3)
    let interrupts = try makeQueues()
    rig.registers.table[7] = 0xabcd_0000
    rig.registers.clear()
    #expect(interrupts.route(1, to: MSIMessage(address: 0x12_3456_789c, data: 0xfeed)))
    #expect(
      rig.registers.accesses == [
        .read(0x181c, 4), .write(0x181c, 4, 0xabcd_0001), .write(0x1810, 4, 0x3456_789c),
        .write(0x1814, 4, 0x12), .write(0x1818, 4, 0xfeed), .write(0x181c, 4, 0xabcd_0000),
      ])
    rig.registers.clear()
    for vector in [-1, 3, 4, .max, .min] {
      #expect(!interrupts.route(vector, to: MSIMessage(address: 0, data: 0)))
    }
    #expect(!interrupts.route(0, to: MSIMessage(address: 0x1002, data: 0)))
    #expect(rig.registers.accesses == [])
  }

  @Test("the function is masked and unmasked; the line can take over")
  func masking() throws {
    let offset = rig.function.addMSIX(vectorCount: 3)
    rig.function.set8(2, at: 0x3d)
    let interrupts = try makeQueues()
    interrupts.unmask()
    #expect(control(offset) == 0x8002)
    interrupts.mask()
    #expect(control(offset) == 0xc002)
    #expect(interrupts.linePin == 2)
    rig.function.command |= 0x0140
    interrupts.enableLine()
    #expect(control(offset) & 0x8000 == 0 && rig.function.command == 0x0146)
    #expect(interrupts.vectorCount == 0)
    interrupts.disableLine()
    #expect(rig.function.command == 0x0546)
  }

  @Test("I06, PCI-ISR-D-1: the line's causes are read once; what is not defined does not count")
  func lineCauses() throws {
    let interrupts = try rig.makeTransport().interrupts
    rig.registers.interruptStatus = 0xff
    #expect(interrupts.takeLineCauses() == [.queues, .configuration])
    #expect(interrupts.takeLineCauses() == [])
    rig.registers.interruptStatus = 0xfc
    #expect(interrupts.takeLineCauses() == [])
    rig.registers.interruptStatus = 2
    #expect(interrupts.takeLineCauses() == .configuration)
    #expect(rig.registers.accesses == Array(repeating: .read(0x1000, 1), count: 4))
  }

  @Test("a device without ISR status has no line")
  func noStatus() throws {
    let rig = PCITransportRig()
    rig.function.addVirtIO(1, offset: 0, byteCount: 0x38)
    rig.function.addVirtIO(2, offset: 0x3000, byteCount: 2, multiplier: 0)
    #expect(try rig.makeTransport().interrupts.takeLineCauses() == [])
  }

  @Test("PCI-CFGINT-1: what a vector means; the first can mean both")
  func causes() throws {
    let interrupts = try rig.makeTransport().interrupts
    #expect(interrupts.causes(ofVector: 0) == [.queues, .configuration])
    #expect(interrupts.causes(ofVector: 1) == .queues)
    #expect(interrupts.causes(ofVector: 2) == .queues)
    for vector in [-1, 3, 2047, .max, .min] { #expect(interrupts.causes(ofVector: vector) == []) }
  }
}
