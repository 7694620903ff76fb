import Testing
import VirtIO
import VirtIOInput
import VirtIOMMIO
import VirtIOPCI
import VirtIOTesting

/// The third driver on QEMU's virtio-keyboard and virtio-tablet: what somebody types and points at, exactly.
@Suite struct InputTests {
  private static let patience = PollingWaiter(timeout: .seconds(2))

  /// QEMU takes no input while the machine is stopped: so it runs, with its processor off.
  private static func run(
    _ devices: [String],
    _ body: @escaping @Sendable (HostedMachine) async throws -> Void
  ) async throws {
    var machine = MachineConfiguration()
    machine.gpus = []
    machine.memoryMiB = 128
    machine.extraArguments =
      [
        "-global", "cortex-a72-arm-cpu.start-powered-off=on", "-global",
        "virtio-mmio.force-legacy=false",
      ] + devices.flatMap { ["-device", $0] }
    try await HostedMachine.run(machine) { machine in
      try await machine.qemu.resume()
      try await body(machine)
    }
  }

  // MARK: What somebody does

  private static func key(_ code: String, _ isDown: Bool) -> JSONValue {
    .object([
      "type": .string("key"),
      "data": .object([
        "down": .boolean(isDown),
        "key": .object(["type": .string("qcode"), "data": .string(code)]),
      ]),
    ])
  }

  private static func button(_ name: String, _ isDown: Bool) -> JSONValue {
    .object([
      "type": .string("btn"),
      "data": .object(["down": .boolean(isDown), "button": .string(name)]),
    ])
  }

  private static func move(_ axis: String, _ value: Int) -> JSONValue {
    .object([
      "type": .string("abs"),
      "data": .object(["axis": .string(axis), "value": .integer(value)]),
    ])
  }

  private static func send(_ events: [JSONValue], to machine: HostedMachine) async throws {
    try await machine.qemu.qmp.execute("input-send-event", ["events": .array(events)])
  }

  // MARK: What comes of it

  /// So many events, and none more.
  private static func take<P: Platform, T: Transport & ~Copyable>(
    _ count: Int, from source: inout InputSource<P, T>, on platform: P
  ) throws -> [InputEvent] {
    var events: [InputEvent] = []
    var waiter = patience
    repeat {
      while let event = try source.nextEvent() { events.append(event) }
    } while events.count < count && waiter.wait(on: platform)
    return events
  }

  private static func pressed(_ key: Key, _ value: Int32) -> [InputEvent] {
    [InputEvent(type: .key, code: key.rawValue, value: value), .end]
  }

  private static func text(_ description: InputDescription) -> String {
    String(
      decoding: description.span.indices.map { description.span[$0] }, as: Unicode.UTF8.self)
  }

  /// Types on a keyboard, one key at a time, for longer than there are buffers.
  private static func type<T: Transport & ~Copyable>(
    _ transport: consuming T, _ machine: HostedMachine
  ) async throws {
    var source = try InputSource.open(transport, on: machine.platform, waiting: patience)
    #expect(try text(source.name()) == "QEMU Virtio Keyboard")
    #expect(try text(source.serial()) == "K-7")
    #expect(try source.identity()?.busType == 6)
    let keys = try source.codes(of: .key)
    for key: Key in [.a, .escape, .f12, .delete] { #expect(keys.contains(key.rawValue)) }
    #expect(!keys.contains(Key.leftButton.rawValue))
    #expect(try source.codes(of: .led).contains(LED.capsLock.rawValue))
    #expect(try source.codes(of: .absolute).count == 0)
    #expect(try source.range(of: .x) == nil)
    let typed: [(String, Key)] = [
      ("a", .a), ("z", .z), ("1", .digit1), ("esc", .escape), ("ret", .enter), ("spc", .space),
      ("up", .up), ("f12", .f12), ("shift", .leftShift), ("ctrl_r", .rightControl),
    ]
    for _ in 0..<4 {
      for (code, key) in typed {
        try await send([Self.key(code, true)], to: machine)
        #expect(try take(2, from: &source, on: machine.platform) == pressed(key, 1))
        try await send([Self.key(code, false)], to: machine)
        #expect(try take(2, from: &source, on: machine.platform) == pressed(key, 0))
      }
    }
    for index in 0..<20 { try source.setLED(.capsLock, index & 1 == 0) }
    try source.close(waiting: patience)
  }

  @Test(
    "RFB-6, PACKED-D-14: keys arrive exactly, over PCI, split and packed",
    arguments: [false, true], ["", ",event_idx=off,indirect_desc=off"])
  func keyboardOverPCI(isPacked: Bool, _ properties: String) async throws {
    let device =
      "virtio-keyboard-pci,disable-legacy=on,serial=K-7,packed=\(isPacked ? "on" : "off")"
    try await Self.run([device + properties]) { machine in
      for _ in 0..<2 {
        // Closed and opened again, it is as good as new.
        let function = try machine.function(ofType: 18)
        try await Self.type(PCITransport(function, deviceType: 18), machine)
        #expect(machine.memory.takenCount == 0)
      }
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test(
    "CONF-4: keys arrive exactly, over registers in memory, split and packed",
    arguments: [false, true])
  func keyboardOverMMIO(isPacked: Bool) async throws {
    let device = "virtio-keyboard-device,serial=K-7,packed=\(isPacked ? "on" : "off")"
    try await Self.run([device]) { machine in
      let window = try machine.slot(ofType: 18)
      guard let transport = try MMIOTransport(window) else { throw MMIOError.wrongMagic(found: 0) }
      try await Self.type(transport, machine)
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test(
    "RFB-6: positions and buttons arrive exactly, over PCI, split and packed; a batch is one doorbell",
    arguments: [false, true])
  func tablet(isPacked: Bool) async throws {
    let device = "virtio-tablet-pci,disable-legacy=on,packed=\(isPacked ? "on" : "off")"
    try await Self.run([device]) { machine in
      let function = try machine.function(ofType: 18)
      var source = try InputSource.open(
        PCITransport(function, deviceType: 18), on: machine.platform, waiting: Self.patience)
      #expect(try Self.text(source.name()) == "QEMU Virtio Tablet")
      #expect(try source.serial().count == 0)
      for axis: AbsoluteAxis in [.x, .y] {
        #expect(try source.codes(of: .absolute).contains(axis.rawValue))
        let range = try source.range(of: axis)
        #expect(range?.minimum == 0 && range?.maximum == 0x7fff)
      }
      #expect(try source.range(of: AbsoluteAxis(rawValue: 2)) == nil)
      #expect(try source.codes(of: .key).contains(Key.leftButton.rawValue))
      for (x, y) in [(0, 0), (0x7fff, 0x7fff), (1, 0x1234), (0x4000, 3)] {
        try await Self.send(
          [Self.move("x", x), Self.move("y", y), Self.button("left", true)], to: machine)
        machine.trace.start()
        let events = try Self.take(4, from: &source, on: machine.platform)
        let accesses = machine.trace.stop()
        #expect(
          events == [
            InputEvent(type: .absolute, code: AbsoluteAxis.x.rawValue, value: Int32(x)),
            InputEvent(type: .absolute, code: AbsoluteAxis.y.rawValue, value: Int32(y)),
          ] + Self.pressed(.leftButton, 1))
        #expect(accesses.doorbellCount == 1 && accesses.countInBARs == 1)
        try await Self.send([Self.button("left", false)], to: machine)
        #expect(
          try Self.take(2, from: &source, on: machine.platform) == Self.pressed(.leftButton, 0))
      }
      try source.close(waiting: Self.patience)
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("a keyboard and a tablet side by side: each hears what is its own, and of each by the line")
  func both() async throws {
    try await Self.run(["virtio-keyboard-device", "virtio-tablet-pci,disable-legacy=on"]) {
      machine in
      let function = try machine.function(ofType: 18)
      let window = try machine.slot(ofType: 18)
      guard let transport = try MMIOTransport(window) else { throw MMIOError.wrongMagic(found: 0) }
      let platform = LinePlatform(
        machine.platform, interruptedBy: MMIOInterrupts<HostedAccess>.self)
      var keyboard = try InputSource.open(transport, on: platform, waiting: Self.patience)
      var tablet = try InputSource.open(
        PCITransport(function, deviceType: 18), on: machine.platform, waiting: Self.patience)
      platform.connect(keyboard.interruptHandler)
      keyboard.enableInterrupts()
      for code in ["b", "c"] {
        try await Self.send(
          [Self.key(code, true), Self.move("x", 77)], to: machine)
        var waiter = InterruptWaiter(
          keyboard.interruptHandler.latch, on: platform, timeout: .seconds(2))
        let isInterrupted = waiter.wait(on: platform)
        #expect(isInterrupted, "The first event interrupts.")
        var events: [InputEvent] = []
        repeat {
          while let event = try keyboard.nextEvent() { events.append(event) }
        } while events.count < 2 && waiter.wait(on: platform)
        #expect(events == Self.pressed(code == "b" ? .b : .c, 1))
        #expect(
          try Self.take(2, from: &tablet, on: machine.platform)
            == [InputEvent(type: .absolute, code: AbsoluteAxis.x.rawValue, value: 77), .end])
      }
      let hears = (0..<2).map { _ in keyboard.interruptHandler.handleLineInterrupt() }
      #expect(hears.last == false, "The line was let go of.")
      try keyboard.close(waiting: Self.patience)
      try tablet.close(waiting: Self.patience)
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }
}

extension InputEvent {
  /// The end of what was said of one moment.
  fileprivate static var end: Self { Self(type: .synchronization, code: 0, value: 0) }
}
