import Testing
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// What the driver does to the registers of a real device, in which order, and how often.
@Suite struct HandshakeTests {
  /// Everything from the reset to the first doorbell.
  static let opening = [
    "write8 common 0x14 = 0x0", "read8 common 0x14 = 0x0",
    "write8 common 0x14 = 0x1", "write8 common 0x14 = 0x3",
    // The device offers EDID, indirect descriptors, event index, version 1 and ring reset.
    "write32 common 0x0 = 0x0", "read32 common 0x4 = 0x30000002",
    "write32 common 0x0 = 0x1", "read32 common 0x4 = 0x101",
    // The driver takes all of it.
    "write32 common 0x8 = 0x0", "write32 common 0xc = 0x30000002",
    "write32 common 0x8 = 0x1", "write32 common 0xc = 0x101",
    "write8 common 0x14 = 0xb", "read8 common 0x14 = 0xb",
    // The number of scanouts, between two looks at the generation.
    "read8 common 0x15 = 0x0", "read32 device 0x8 = 0x1", "read8 common 0x15 = 0x0",
    // The control queue: its size is read, and that it is free; vectors and its place written; it is
    // enabled, which is read back.
    "write16 common 0x16 = 0x0", "read16 common 0x18 = 0x40", "read16 common 0x1c = 0x0",
    "read16 common 0x1e = 0x0",
    // Vectors for the configuration and this queue, each read back.
    "write16 common 0x10 = 0x0", "read16 common 0x10 = 0x0",
    "write16 common 0x1a = 0x1", "read16 common 0x1a = 0x1",
    "write32 common 0x20", "write32 common 0x24", "write32 common 0x28", "write32 common 0x2c",
    "write32 common 0x30", "write32 common 0x34", "write16 common 0x1c = 0x1",
    "read16 common 0x1c = 0x1",
    // The cursor queue, with a vector of its own.
    "write16 common 0x16 = 0x1", "read16 common 0x18 = 0x10", "read16 common 0x1c = 0x0",
    "read16 common 0x1e = 0x1",
    "write16 common 0x1a = 0x2", "read16 common 0x1a = 0x2",
    "write32 common 0x20", "write32 common 0x24", "write32 common 0x28", "write32 common 0x2c",
    "write32 common 0x30", "write32 common 0x34", "write16 common 0x1c = 0x1",
    "read16 common 0x1c = 0x1",
    "write8 common 0x14 = 0xf",
    // The first command.
    "write16 notification 0x0 = 0x0",
  ]

  @Test(
    """
    F-PCI, F-VERSION1, F-GENERATION, S11, INIT-1, INIT-2, INIT-3, INIT-4, INIT-5, INIT-8, INIT-9, \
    INIT-10, INIT-12, INIT-13, INIT-16, STATUS-1, STATUS-2, RESET-1, CFG-3, FEAT-1, FEAT-3, \
    PCI-COM-8, PCI-COM-9, PCI-NOTIFY-3: the order of initialisation, register by register
    """)
  func orderOfInitialisation() async throws {
    try await HostedMachine.run(HostedMachine.configuration()) { machine in
      let transport = try machine.transport()
      machine.trace.start()
      let display = try Screen.open(
        transport, on: machine.platform, waiting: .polling(.seconds(2)))
      let found = machine.trace.stop().map(\.description)
      // Where the queues lie is the platform's choice.
      let places = Set((0x20...0x34).map { "write32 common 0x\(String($0, radix: 16))" })
      let comparable = found.map { line in
        String(line.prefix { $0 != "=" }.dropLast())
      }
      let shortened = zip(found, comparable).map { places.contains($1) ? $1 : $0 }
      #expect(shortened == Self.opening)
      try display.close(waiting: .polling(.seconds(1)))
    }
  }

  @Test("SPLIT-ALIGN-1, SPLIT-ALIGN-2, SPLIT-ALIGN-3: each part of a queue is aligned")
  func alignment() async throws {
    try await HostedMachine.run(HostedMachine.configuration()) { machine in
      let transport = try machine.transport()
      machine.trace.start()
      let display = try Screen.open(
        transport, on: machine.platform, waiting: .polling(.seconds(2)))
      let writes = machine.trace.stop().filter { $0.isWrite && $0.space == .common }
      for (offset, alignment) in [(0x20, 16), (0x28, 2), (0x30, 4)] as [(UInt, UInt64)] {
        let addresses = writes.filter { $0.offset == offset }.map(\.value)
        #expect(addresses.count == 2 && addresses.allSatisfy { $0 % alignment == 0 && $0 != 0 })
      }
      try display.close(waiting: .polling(.seconds(1)))
    }
  }

  /// The registers of the common structure: offset, width, and whether the driver may write there.
  static let common: [UInt: (width: Int, isWritable: Bool)] = [
    0x00: (4, true), 0x04: (4, false), 0x08: (4, true), 0x0c: (4, true), 0x10: (2, true),
    0x12: (2, false), 0x14: (1, true), 0x15: (1, false), 0x16: (2, true), 0x18: (2, true),
    0x1a: (2, true), 0x1c: (2, true), 0x1e: (2, false), 0x20: (4, true), 0x24: (4, true),
    0x28: (4, true), 0x2c: (4, true), 0x30: (4, true), 0x34: (4, true),
  ]

  @Test(
    """
    PCI-ACC-1, PCI-ACC-2, PCI-ACC-3, PCI-ACC-4, PCI-COM-1, PCI-COM-2, PCI-COM-3, PCI-COM-4, \
    PCI-COM-5, PCI-COM-7, PCI-COM-10, PCI-NOTIFY-1, PCI-NOTIFY-3, GPU-CFG-1, INIT-7, INIT-16, \
    STATUS-2, CFG-1: in a whole life, each register is accessed as it may be
    """)
  func accessesOfALife() async throws {
    var configuration = HostedMachine.configuration()
    configuration.display = .heads(1)
    try await HostedMachine.run(configuration) { machine in
      let transport = try machine.transport()
      machine.trace.start()
      try await Self.live(machine, transport)
      var status: UInt64 = 0
      for access in machine.trace.stop() {
        switch access.space {
        case .common:
          let register = try #require(Self.common[access.offset], "\(access)")
          #expect(access.width == register.width, "\(access)")
          #expect(register.isWritable || !access.isWrite, "\(access)")
          guard access.isWrite else { continue }
          if access.offset == 0x14 {
            #expect(access.value == 0 || access.value & status == status, "\(access)")
            status = access.value
          }
          if access.offset == 0x1c { #expect(access.value == 1) }
          if access.offset == 0x18 { #expect(access.value.nonzeroBitCount == 1) }
        case .notification:
          #expect(access.isWrite && access.width == 2 && status == 0xf, "\(access)")
          // Each queue has a register of its own, 4 bytes apart.
          #expect(access.value == UInt64(access.offset / 4) && access.value < 2, "\(access)")
        case .device:
          #expect(access.width == 4 && access.offset % 4 == 0, "\(access)")
          #expect(!access.isWrite || access.offset == 4 && status == 0xf, "\(access)")
        case .interruptStatus, .configuration, .messageTable, .memoryMapped, .other:
          Issue.record("Nothing is to be done there: \(access)")
        }
      }
      #expect(status == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test(
    """
    MSIX-4, MSIX-5, PCI-ISR-1: vectors are given and read back, but a display that polls has none \
    routed, and looks at no interrupt
    """)
  func interruptsAreLeftAlone() async throws {
    var configuration = HostedMachine.configuration()
    configuration.display = .heads(1)
    try await HostedMachine.run(configuration) { machine in
      let function = try machine.function(ofType: Screen.deviceType)
      machine.trace.start()
      try await Self.live(machine, machine.transport(function))
      let accesses = machine.trace.stop()
      #expect(accesses.count(in: .messageTable) == 0 && accesses.count(in: .interruptStatus) == 0)
      let vectors = accesses.filter { $0.space == .common && [0x10, 0x1a].contains($0.offset) }
      #expect(
        vectors.map(\.description) == [
          "write16 common 0x10 = 0x0", "read16 common 0x10 = 0x0", "write16 common 0x1a = 0x1",
          "read16 common 0x1a = 0x1", "write16 common 0x1a = 0x2", "read16 common 0x1a = 0x2",
        ])
      // Of configuration space only the command register is written, and MSI-X: on, but masked.
      let written = accesses.filter { $0.space == .configuration && $0.isWrite }
      #expect(written.count == 2 && written.first?.offset == 0x04)
      #expect(written.last?.value == 0xc002)
    }
  }

  /// All that a display can do, from its opening to its end.
  private static func live(
    _ machine: HostedMachine, _ transport: consuming ScreenTransport
  ) async throws {
    let waiter = PollingWaiter(timeout: .seconds(1))
    var display = try Screen.open(transport, on: machine.platform, waiting: waiter)
    let frame = try display.nextFrame(waiting: waiter)
    try display.finish(try display.present(frame), waiting: waiter)
    let image = [UInt32](repeating: 0xff00_ff00, count: 4096)
    try display.setCursor(image.span, hotspotX: 0, hotspotY: 0, x: 1, y: 2, waiting: waiter)
    try display.moveCursor(toX: 3, y: 4)
    _ = try display.readEDID(of: display.scanouts[0].id, waiting: waiter)
    try await machine.qemu.setDesktopSize(head: 0, width: 320, height: 240)
    var taken = false
    while !taken { taken = try display.takeDisplayEvent(waiting: waiter) }
    let smaller = try display.nextFrame(waiting: waiter)
    #expect(smaller.width == 320)
    try display.finish(try display.present(smaller), waiting: waiter)
    try display.close(waiting: waiter)
  }
}
