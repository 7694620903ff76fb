import Testing
import VirtIO
import VirtIOGPU
import VirtIOMMIO
import VirtIOPCI
import VirtIOTesting

/// QEMU's device, broken under the driver in the two ways in which it breaks, and in service again.
@Suite struct RecoveryTests {
  private static let second = PollingWaiter(timeout: .seconds(2))
  private static let moment = PollingWaiter(timeout: .milliseconds(150))

  /// Where the device is, and what of its queues is wrong.
  struct Case: Sendable, CustomTestStringConvertible {
    var isMemoryMapped = false
    var isPacked = false
    /// Whether a chain is malformed, so that the device breaks; or a request is cut short, so that it is
    /// never answered.
    var breaks = true

    var testDescription: String {
      "\(isMemoryMapped ? "registers in memory" : "PCI"), \(isPacked ? "packed" : "split"), "
        + (breaks ? "a malformed chain" : "a request cut short")
    }

    static let all: [Self] = [false, true].flatMap { isMemoryMapped in
      [false, true].flatMap { isPacked in
        [false, true].map { breaks in
          Case(isMemoryMapped: isMemoryMapped, isPacked: isPacked, breaks: breaks)
        }
      }
    }

    var configuration: MachineConfiguration {
      var machine = HostedMachine.configuration(
        width: 320, height: 200, "max_outputs=2,packed=\(isPacked ? "on" : "off")")
      if isMemoryMapped {
        machine.gpus = machine.gpus.map {
          $0.replacing("virtio-gpu-pci", with: "virtio-gpu-device")
        }
        machine.extraArguments = ["-global", "virtio-mmio.force-legacy=false"]
      }
      machine.traceEvents = ["virtio_gpu_update_cursor", "virtio_gpu_cmd_*"]
      machine.display = .heads(2)
      return machine
    }

    /// Meddles with what is about to be shown to the device.
    func meddle(_ queue: QueuePlacement, _ memory: HostedMemory) {
      if !breaks { return queue.truncateRequests(isPacked: isPacked, in: memory) }
      if isPacked { return queue.emptyDescriptors(in: memory) }
      guard let ring = queue.availableRing(in: memory) else { return }
      let last = (ring.load16(uncheckedAt: 2) &- 1) % queue.size
      ring.store16(queue.size, uncheckedAt: 4 + 2 * Int(last))
    }
  }

  /// Draws a whole new picture on a scanout.
  private static func present<T: Transport & ~Copyable>(
    _ seed: UInt32, on scanout: UInt32, of display: inout Display<HostedPlatform, T>
  ) throws(GPUError) -> (Presentation, ExpectedPicture) {
    var frame = try display.nextFrame(on: ScanoutID(rawValue: scanout), waiting: second)
    let picture = ExpectedPicture(width: frame.width, height: frame.height, seed: seed)
    var pixels = frame.pixels
    picture.draw(in: &pixels)
    return (try display.present(frame), picture)
  }

  private static func check(_ expected: ExpectedPicture, head: Int, _ machine: HostedMachine)
    async throws
  {
    let picture = try await machine.qemu.picture(head: head)
    #expect(expected.difference(from: picture) == nil, "head \(head)")
  }

  @Test(
    """
    F-RECOVERY, F-NEEDSRESET, STATUS-4, CLEAN-2, H08, Q24, Q35: two heads and a cursor are back, \
    pixel for pixel, each time
    """,
    arguments: Case.all)
  func everyWay(_ way: Case) async throws {
    try await HostedMachine.run(way.configuration) { machine in
      let spy = Spy()
      if way.isMemoryMapped {
        guard let transport = try MMIOTransport(machine.slot(ofType: 16)) else {
          throw HostedError.noDevice(type: 16, index: 0)
        }
        let display = try Display.open(
          SpyTransport(transport, spy), on: machine.platform, waiting: Self.second)
        try await Self.breakAgainAndAgain(display, way, spy, machine)
      } else {
        let display = try machine.openScreen(spiedOnBy: spy)
        try await Self.breakAgainAndAgain(display, way, spy, machine)
      }
    }
  }

  private static func breakAgainAndAgain<T: Transport & ~Copyable>(
    _ opened: consuming Display<HostedPlatform, T>, _ way: Case, _ spy: Spy,
    _ machine: HostedMachine
  ) async throws {
    var display = opened
    try await machine.qemu.setDesktopSize(head: 1, width: 401, height: 303)
    #expect(try display.takeDisplayEvent(waiting: second))
    let (onSecond, second) = try present(100, on: 1, of: &display)
    try display.finish(onSecond, waiting: Self.second)
    let image = [UInt32](repeating: 0x8000_ff00, count: cursorSize * cursorSize)
    try display.setCursor(image.span, hotspotX: 1, hotspotY: 2, x: 10, y: 20, waiting: Self.second)
    for round in 0..<4 {
      for seed in 0..<3 {
        let (presentation, picture) = try present(UInt32(seed), on: 0, of: &display)
        try display.finish(presentation, waiting: Self.second)
        if seed == 2 { try await check(picture, head: 0, machine) }
      }
      try display.moveCursor(toX: UInt32(30 + round), y: 40)
      spy.beforeNextRing { way.meddle($0, machine.memory) }
      let (presentation, last) = try present(UInt32(50 + round), on: 0, of: &display)
      let error = failure { () throws(GPUError) in
        try display.finish(presentation, waiting: moment)
      }
      guard case .timedOut(_, way.breaks) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(error?.remedy == .recover)
      let (old, count) = (machine.memory.takenCount, machine.qemu.cursorUpdates.count)
      try display.recover(waiting: Self.second)
      #expect(machine.memory.takenCount == old)
      // What was under way is there, and so is what was on the other head.
      #expect(try display.isComplete(presentation))
      try await check(last, head: 0, machine)
      try await check(second, head: 1, machine)
      #expect(try await eventually { machine.qemu.cursorUpdates.count > count })
      #expect(
        machine.qemu.cursorUpdates.last
          == "scanout 0, x \(30 + round), y 40, update, res 0x\(cursorResource(machine))")
    }
    try display.close(waiting: Self.second)
    #expect(machine.memory.takenCount == 0)
    // Only what the meddling was about.
    let complaints = machine.qemu.guestErrors()
    #expect(complaints.allSatisfy { $0.contains("size incorrect") }, "\(complaints)")
  }

  private static func cursorResource(_ machine: HostedMachine) -> String {
    machine.qemu.cursorUpdates.first?.split(separator: "x").last.map(String.init) ?? ""
  }

  private static func failure<Failure: Error>(_ body: () throws(Failure) -> Void) -> Failure? {
    do {
      try body()
      return nil
    } catch {
      return error
    }
  }

  @Test("I10, MSIX-1, MSIX-5: messages tell of the fault, and come again afterwards")
  func messages() async throws {
    var configuration = HostedMachine.configuration(width: 64, height: 48)
    configuration.display = .heads(1)
    try await HostedMachine.run(configuration) { machine in
      let spy = Spy()
      let transport = try machine.transport()
      let interrupts = transport.interrupts
      let platform = try SleepyPlatform(machine)
      var display = try Display.open(
        SpyTransport(transport, spy), on: platform, waiting: Self.second)
      for vector in 0..<3 { interrupts.route(vector, to: platform.message(of: vector)) }
      interrupts.unmask()
      platform.handler = display.interruptHandler
      display.enableInterrupts()
      let patience = display.interruptWaiter(timeout: .seconds(60))
      for round in 0..<3 {
        for _ in 0..<3 {
          let frame = try display.nextFrame(waiting: patience)
          try display.finish(try display.present(frame), waiting: patience)
        }
        _ = platform.awaitMail()
        spy.beforeNextRing { Case().meddle($0, machine.memory) }
        let frame = try display.nextFrame(waiting: patience)
        let presentation = try display.present(frame)
        let error = Self.failure { () throws(GPUError) in
          try display.finish(presentation, waiting: patience)
        }
        #expect(error == .needsReset, "the message said so, long before patience was at its end")
        try display.recover(waiting: patience)
        #expect(try display.isComplete(presentation))
        #expect(interrupts.vectorCount == 3, "\(round)")
        let after = try display.present(display.nextFrame(waiting: patience))
        #expect(platform.awaitMail().contains(1))
        try display.finish(after, waiting: patience)
      }
      try await machine.qemu.setDesktopSize(head: 0, width: 100, height: 80)
      #expect(platform.awaitMail().contains(0))
      #expect(try display.takeDisplayEvent(waiting: patience))
      interrupts.mask()
      try display.close(waiting: Self.second)
      platform.close()
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("starting over takes three doorbells, and no longer than it says")
  func cost() async throws {
    try await HostedMachine.run(HostedMachine.configuration()) { machine in
      var display = try machine.openScreen()
      let image = [UInt32](repeating: .max, count: cursorSize * cursorSize)
      try display.setCursor(image.span, hotspotX: 0, hotspotY: 0, x: 1, y: 1, waiting: Self.second)
      var times: [UInt64] = []
      for seed in 0..<21 {
        let (presentation, picture) = try Self.present(UInt32(seed), on: 0, of: &display)
        try display.finish(presentation, waiting: Self.second)
        machine.trace.start()
        let start = machine.platform.now
        try display.recover(waiting: Self.second)
        times.append(machine.platform.now.rawValue - start.rawValue)
        let accesses = machine.trace.stop()
        #expect(accesses.doorbellCount == 3)
        #expect(accesses.countInBARs < 70, "\(accesses.countInBARs)")
        if seed % 10 == 0 { try await Self.check(picture, head: 0, machine) }
      }
      print("recovery: median \(times.sorted()[times.count / 2] / 1000) us of \(times.count)")
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }
}

extension QueuePlacement {
  /// The ring of a packed queue, or the descriptor table of a split one.
  private func descriptors(in memory: HostedMemory) -> CoherentRegion? {
    memory.region(at: descriptorArea, byteCount: 16 * Int(size))
  }

  /// Leaves no descriptor a length.
  func emptyDescriptors(in memory: HostedMemory) {
    guard let table = descriptors(in: memory) else { return }
    for entry in 0..<Int(size) { table.store32(0, uncheckedAt: 16 * entry + 8) }
  }

  /// Cuts all requests down to 8 bytes.
  func truncateRequests(isPacked: Bool, in memory: HostedMemory) {
    guard let table = descriptors(in: memory) else { return }
    for entry in 0..<Int(size) {
      let isWritable = table.load16(uncheckedAt: 16 * entry + (isPacked ? 14 : 12)) & 2 != 0
      if !isWritable { table.store32(8, uncheckedAt: 16 * entry + 8) }
    }
  }
}
