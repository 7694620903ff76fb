import Testing
import VirtIO
import VirtIOTestDoubles

@testable import VirtIOPCI

/// Capability lists of functions that lie, by the ids of the catalogue of hostile devices. What is nonsense
/// is ignored; if nothing sensible is left, the function is refused with a named error.
@Suite("Hostile capabilities")
struct HostileCapabilityTests {
  private let rig = PCITransportRig()

  /// The ids and places of all capabilities of a function.
  private func walk(_ function: FakeFunction, byteCount: UInt = 4096) throws -> [[UInt8]] {
    let machine = FakeMachine(root: [0: function])
    let window = try #require(
      RegisterWindow(machine, base: FakeMachine.ecamBase, byteCount: byteCount))
    var list = CapabilityList(of: window)
    var found: [[UInt8]] = []
    while let next = try list.next() { found.append([next.id, next.offset]) }
    return found
  }

  private func structures() throws -> VirtIOStructures<FakeMachine> {
    try VirtIOStructures(of: rig.describe())
  }

  @Test(
    "P08: pointers of 0xff, into the header or unaligned: two bits are ignored, the rest refused")
  func pointers() throws {
    for isFirst in [true, false] {
      for pointer in UInt8.min...(.max) {
        let function = FakeFunction()
        function.addCapability([0, 0], id: 1, at: 0x40)
        function.set8(pointer, at: isFirst ? 0x34 : 0x41)
        let place = pointer & 0xfc
        let before: [[UInt8]] = isFirst ? [] : [[1, 0x40]]
        switch place {
        case 0: #expect(try walk(function) == before)
        case 0x04..<0x40:
          #expect(throws: PCIError.capabilityOutsideConfiguration(offset: place)) {
            try walk(function)
          }
        case 0x40 where !isFirst:
          #expect(throws: PCIError.capabilityListLoops) { try walk(function) }
        default:
          #expect(try walk(function) == before + [[place == 0x40 ? 1 : 0, place]])
        }
      }
    }
  }

  @Test(
    "P09: a list that loops, over 1, 2, 3 or 48 capabilities, is refused", arguments: [1, 2, 3, 48])
  func loops(_ length: Int) throws {
    let function = FakeFunction()
    for index in 0..<48 { function.addCapability([0, 0], id: 2, at: 0x40 + 4 * index) }
    // The last of so many leads back to the first.
    function.set8(0x40, at: 0x41 + 4 * (length - 1))
    #expect(throws: PCIError.capabilityListLoops) { try walk(function) }
    // The same of a device that is one otherwise.
    rig.addStructures()
    let last = rig.function.addCapability([0, 0], id: 1)
    rig.function.set8(UInt8(last), at: last + 1)
    #expect(try rig.refusal() == .capabilityListLoops)
    #expect(rig.registers.accesses.isEmpty)
  }

  @Test("P35: the list of extended capabilities, which may loop, is not looked at")
  func extendedList() throws {
    rig.addStructures()
    rig.function.set32(0x1000_0001, at: 0x100)
    rig.machine.isLogging = true
    _ = try rig.makeTransport()
    _ = try rig.machine.host().function(at: PCIAddress(bus: 0, device: 2, function: 0))
    #expect(rig.machine.log.allSatisfy { $0.offset < 0x100 })
  }

  @Test(
    "P10: a capability that reaches beyond the first 256 bytes is ignored", arguments: [9, 0x11])
  func beyondTheEnd(_ id: UInt8) throws {
    for offset in [0xf4, 0xf8, 0xfc] {
      let rig = PCITransportRig()
      // What lies behind would make it a common configuration, or a table.
      let content: [UInt8] =
        id == 9
        ? [16, 1, 4, 0, 0, 0, 0, 1, 0, 0, 0x38, 0, 0, 0] : [2, 0, 4, 0x18, 0, 0, 4, 0x40, 0, 0]
      rig.function.addCapability(content, id: id, at: offset)
      rig.function.addVirtIOFromStart()
      let found = try VirtIOStructures(of: rig.describe())
      #expect(found.common?.base == rig.registers.base)
      let isTable = id == 0x11 && offset == 0xf4
      #expect((found.messages != nil) == isTable, "12 bytes at 0xf4 end at 0x100")
    }
  }

  @Test(
    "P11: a capability shorter than its kind is ignored", arguments: [1, 2, 3, 4, 8] as [UInt8])
  func shortCapability(_ kind: UInt8) throws {
    let needed: UInt8 = kind == 2 ? 20 : kind == 8 ? 24 : 16
    for length in 0...needed {
      let rig = PCITransportRig()
      var content: [UInt8] = [length, kind, 4, 7, 0, 0, 0, 1, 0, 0, 0x38, 0, 0, 0]
      content += [0, 0, 0, 0, 0, 0, 0, 0]
      rig.function.addCapability(content)
      let found = try VirtIOStructures(of: rig.describe())
      let isTaken =
        switch kind {
        case 1: found.common != nil
        case 2: found.notification != nil
        case 3: found.interruptStatus != nil
        case 4: found.device != nil
        default: found.sharedMemory[0] != nil
        }
      #expect(isTaken == (length == needed), "\(length) bytes")
    }
  }

  @Test("P13: what is no vendor capability is no structure, whatever its bytes say")
  func otherCapability() throws {
    for id in UInt8.min...(.max) where id != 9 {
      let rig = PCITransportRig()
      rig.function.addCapability([16, 1, 4, 0, 0, 0, 0, 1, 0, 0, 0x38, 0, 0, 0], id: id)
      #expect(try rig.refusal() == .legacyDevice, "id \(id)")
      rig.addStructures()
      #expect(try VirtIOStructures(of: rig.describe()).common?.base == rig.registers.base)
    }
  }

  @Test("P39: the window in configuration space, of length 0 and in no BAR, is ignored")
  func emptyWindow() throws {
    for bar: UInt8 in [0, 4, 5, 6, 255] {
      let rig = PCITransportRig()
      rig.function.addCapability([20, 5, bar] + [UInt8](repeating: 0, count: 15))
      rig.addStructures()
      rig.machine.isLogging = true
      let transport = try rig.makeTransport()
      #expect(transport.readStatus() == [])
      #expect(rig.machine.log.allSatisfy { $0.written == nil || $0.offset == 4 })
    }
  }

  @Test("P38: shared memory that makes no sense is ignored, and no id is there twice")
  func sharedMemory() throws {
    /// `struct virtio_pci_cap64` behind its first two bytes.
    func region(id: UInt8, bar: UInt8 = 4, _ offset: UInt64, _ byteCount: UInt64) -> [UInt8] {
      let words = [offset, byteCount, offset >> 32, byteCount >> 32]
      return [24, 8, bar, id, 0, 0]
        + words.flatMap { word in
          (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
        }
    }
    let lies: [[UInt8]] = [
      region(id: 1, 0x1000, 0), region(id: 1, 0x4001, 1), region(id: 1, 0x1000, 0x3001),
      region(id: 1, 0x1000, 1 << 32), region(id: 1, 1 << 32, 0x100), region(id: 1, .max, 1),
      region(id: 1, .max - 0xfff, 0x2000), region(id: 1, 0x1000, .max),
      region(id: 1, bar: 5, 0x1000, 0x100), region(id: 1, bar: 6, 0x1000, 0x100),
      region(id: 1, bar: 255, 0x1000, 0x100),
    ]
    for lie in lies {
      let rig = PCITransportRig()
      rig.function.addCapability(lie)
      rig.addStructures()
      let found = try rig.makeTransport().sharedMemory
      #expect(found[0] == nil, "\(lie)")
    }
    // Ids that mean nothing to a GPU are as good as any; the first of each counts; there is room for four.
    for content in [
      region(id: 0, 0x10, 0x10), region(id: 255, 0x20, 0x10), region(id: 0, 0x30, 0x10),
      region(id: 1, 0x40, 0x10), region(id: 2, 0x50, 0x10), region(id: 3, 0x60, 0x10),
    ] { rig.function.addCapability(content) }
    rig.function.addVirtIO(1, offset: 0x100, byteCount: 0x38)
    rig.function.addVirtIO(2, offset: 0x3000, byteCount: 0x10, multiplier: 4)
    let found = try rig.makeTransport().sharedMemory
    let places = found.indices.map { found[$0].map { [UInt64($0.id), $0.offset] } ?? [] }
    #expect(places == [[0, 0x10], [255, 0x20], [1, 0x40], [2, 0x50]])
  }

  @Test("P28: a structure that overlaps one before it is not usable")
  func overlaps() throws {
    let kinds: [(kind: UInt8, byteCount: UInt32)] = [(1, 0x38), (3, 1), (4, 0x10), (2, 0x10)]
    for (first, firstLength) in kinds {
      for (second, secondLength) in kinds where second != first {
        for offset in stride(from: 0xc0 as UInt32, through: 0x140, by: 4) {
          let rig = PCITransportRig()
          rig.function.addVirtIO(
            first, offset: 0x100, byteCount: firstLength, multiplier: first == 2 ? 4 : nil)
          rig.function.addVirtIO(
            second, offset: offset, byteCount: secondLength, multiplier: second == 2 ? 4 : nil)
          let found = try VirtIOStructures(of: rig.describe())
          let isTaken =
            switch second {
            case 1: found.common != nil
            case 2: found.notification != nil
            case 3: found.interruptStatus != nil
            default: found.device != nil
            }
          let areApart = offset + secondLength <= 0x100 || offset >= 0x100 + firstLength
          #expect(isTaken == areApart, "\(first), then \(second) at \(offset)")
        }
      }
    }
    // What is then missing is named, with what was not usable.
    rig.function.addVirtIO(1, offset: 0, byteCount: 0x1000)
    rig.function.addVirtIO(2, offset: 0xffc, byteCount: 0x100, multiplier: 4)
    guard case .structureMissing(kind: .notification, let rejected) = try rig.refusal() else {
      Issue.record("it was taken")
      return
    }
    #expect(rejected?.offset == 0xffc && rig.registers.accesses.isEmpty)
  }

  @Test(
    "P29: without common or notification structure it is refused by name; without ISR it has no line"
  )
  func missing() throws {
    for missing in 1...4 as ClosedRange<UInt8> {
      let rig = PCITransportRig()
      if missing != 1 { rig.function.addVirtIO(1, offset: 0, byteCount: 0x38) }
      if missing != 3 { rig.function.addVirtIO(3, offset: 0x1000, byteCount: 1) }
      if missing != 4 { rig.function.addVirtIO(4, offset: 0x2000, byteCount: 0x10) }
      if missing != 2 {
        rig.function.addVirtIO(2, offset: 0x3000, byteCount: 0x10, multiplier: 4)
      }
      switch missing {
      case 1: #expect(try rig.refusal() == .structureMissing(kind: .common, rejected: nil))
      case 2: #expect(try rig.refusal() == .structureMissing(kind: .notification, rejected: nil))
      case 3: #expect(try rig.makeTransport().interrupts.takeLineCauses() == [])
      default:
        // `Display.open` says `configurationTooSmall` of this.
        #expect(try rig.makeTransport().configurationByteCount == 0)
      }
    }
  }

  @Test("P27: of a device configuration that is too short, only what is there is read")
  func shortConfiguration() throws {
    for byteCount: UInt32 in 1..<16 {
      let rig = PCITransportRig()
      rig.function.addVirtIO(1, offset: 0, byteCount: 0x38)
      rig.function.addVirtIO(2, offset: 0x3000, byteCount: 0x10, multiplier: 4)
      rig.function.addVirtIO(4, offset: 0x2000, byteCount: byteCount)
      let transport = try rig.makeTransport()
      #expect(transport.configurationByteCount == UInt(byteCount))
      for offset: UInt in [0, 4, 8, 12] {
        rig.registers.clear()
        let value = transport.readConfiguration32(at: offset)
        let isInside = offset + 4 <= UInt(byteCount)
        #expect(rig.registers.accesses.count == (isInside ? 1 : 0))
        #expect((value == .max) == !isInside)
      }
    }
  }

  @Test("P32: an MSI-X table among the device's own registers, or outside its BAR, is none")
  func table() throws {
    for (place, isTable) in [
      (0, false), (0x30, false), (0x1000, false), (0x2ff0, false), (0x3000, false), (0x3fd0, false),
      (0x3fe0, false), (0x1800, true), (0x40, true),
    ] as [(UInt32, Bool)] {
      for isBehind in [true, false] {
        let rig = PCITransportRig()
        if isBehind { rig.addStructures() }
        rig.function.addMSIX(vectorCount: 3, offset: place)
        if !isBehind { rig.addStructures() }
        let transport = try rig.makeTransport()
        #expect((transport.interrupts.messages != nil) == isTable, "at \(place)")
        rig.registers.clear()
        #expect(transport.interrupts.route(0, to: MSIMessage(address: 0, data: 0)) == isTable)
        #expect(rig.registers.accesses.isEmpty == !isTable)
      }
    }
    for bar: UInt32 in [5, 6, 7] {
      let rig = PCITransportRig()
      rig.addStructures()
      rig.function.addMSIX(vectorCount: 3, bar: bar)
      #expect(try rig.makeTransport().interrupts.messages == nil)
    }
  }

  @Test("P31: where a queue is notified is settled when it is enabled, and not asked for again")
  func notificationMoves() throws {
    rig.addStructures()
    var transport = try rig.makeTransport()
    let maximum = transport.readMaximumSize(ofQueue: 1)
    let bell = try transport.enable(
      QueuePlacement(
        index: 1, size: 16, maximumSize: maximum, descriptorArea: DeviceAddress(rawValue: 0x1000),
        driverArea: DeviceAddress(rawValue: 0x2000), deviceArea: DeviceAddress(rawValue: 0x3000)))
    for offset: UInt16 in [0, 2, 0x3ff, 0xffff] {
      rig.registers.queues[1].notifyOffset = offset
      rig.registers.clear()
      bell.ring(next: 0)
      #expect(rig.registers.accesses == [.write(0x3004, 2, 1)])
    }
  }

  @Test("H20: a queue size that reads back as another is an error", arguments: [1, 4, 16, 0xffff])
  func otherSize(_ size: UInt16) throws {
    rig.addStructures()
    rig.registers.sizeReadBack = size
    var transport = try rig.makeTransport()
    let error = failure { () throws(DeviceError) in
      try transport.enable(
        QueuePlacement(
          index: 1, size: 8, maximumSize: 16, descriptorArea: DeviceAddress(rawValue: 0x1000),
          driverArea: DeviceAddress(rawValue: 0x2000), deviceArea: DeviceAddress(rawValue: 0x3000)))
    }
    #expect(error == .queueRefused(index: 1, isKept: false))
    #expect(rig.registers.queues.allSatisfy { !$0.isEnabled && $0.areas.allSatisfy { $0 == 0 } })
  }

  private func enable(_ transport: inout PCITransport<FakeMachine>, _ index: UInt16) -> DeviceError?
  {
    failure { () throws(DeviceError) in
      let maximum = transport.readMaximumSize(ofQueue: index)
      return try transport.enable(
        QueuePlacement(
          index: index, size: maximum, maximumSize: maximum,
          descriptorArea: DeviceAddress(rawValue: 0x1000 + UInt64(index) << 16),
          driverArea: DeviceAddress(rawValue: 0x2000), deviceArea: DeviceAddress(rawValue: 0x3000)))
    }
  }

  @Test("H21: a queue that is enabled before it was is an error, and is left alone")
  func enabledAlready() throws {
    rig.addStructures()
    rig.registers.queues[1].isEnabled = true
    var transport = try rig.makeTransport()
    #expect(enable(&transport, 0) == nil)
    rig.registers.clear()
    #expect(enable(&transport, 1) == .queueRefused(index: 1, isKept: false))
    #expect(rig.registers.writes == [.write(0x16, 2, 1)] && rig.registers.violations == [])
  }

  @Test("H22: a queue that does not get enabled is an error, and its memory is kept")
  func neverEnabled() throws {
    rig.addStructures()
    rig.registers.refusesQueues = true
    var transport = try rig.makeTransport()
    for index: UInt16 in 0..<2 {
      #expect(enable(&transport, index) == .queueRefused(index: index, isKept: true))
    }
  }

  @Test("H23: where every queue is the first, the second is an error")
  func selection() throws {
    rig.addStructures()
    rig.registers.ignoresSelection = true
    var transport = try rig.makeTransport()
    #expect(enable(&transport, 0) == nil)
    let areas = rig.registers.queues[0].areas
    #expect(enable(&transport, 1) == .queueRefused(index: 1, isKept: false))
    #expect(rig.registers.queues[0].areas == areas && rig.registers.violations == [])
  }
}

extension FakeFunction {
  /// Adds the structures of a device that behaves, from the start of the space on.
  func addVirtIOFromStart() {
    addCapability([16, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0x38, 0, 0, 0], at: 0x40)
    addVirtIO(3, offset: 0x1000, byteCount: 1)
    addVirtIO(4, offset: 0x2000, byteCount: 0x1000)
    addVirtIO(2, offset: 0x3000, byteCount: 0x1000, multiplier: 4)
  }
}
