import FuzzInputs
import VirtIO
import VirtIOMMIO
import VirtIOPCI

/// A device whose registers read as an input says, from the first look to the last reset; and then once more, when
/// it behaves.
struct HandshakeCase {
  private let input: FuzzInput
  private let choice: UInt8
  private let platform = FuzzPlatform()
  private let registers: PlannedRegisters
  private let log: RegisterLog
  /// Whether the device does what it should.
  private var behaves = false

  private static var base: UInt { 0x8000_0000 }
  private static var patience: PollingWaiter { .polling(.microseconds(20)) }

  init(_ bytes: Span<UInt8>) {
    input = FuzzInput(bytes)
    choice = input.byte()
    let isPCI = choice & 1 == 0
    let registers = PlannedRegisters(input, isPCI: isPCI)
    registers.offered = 1 << 32 | UInt64(input.byte()) << 33 | UInt64(choice >> 2 & 3) << 28
    // What is insisted on.
    if choice & 32 != 0 { registers.offered |= Features.ringReset.rawValue }
    self.registers = registers
    log = RegisterLog(windows: [Self.base..<Self.base + 0x4000], limit: 4000) { address, width in
      registers.read(at: Int(address - Self.base), width)
    } write: { address, _, value in
      registers.write(value, at: Int(address - Self.base))
    }
    if choice & 2 != 0 { platform.failsIn = input.number(below: 4) }
  }

  mutating func run() throws(Finding) {
    let lost = try isPCI ? live(makeFunction(), pci) : live(makeSlot(), slot)
    try log.judge()
    try check(platform.liveCount <= lost, "\(platform.liveCount) blocks are lost, not \(lost)")
    // From here on the device behaves.
    input.end()
    platform.failsIn = nil
    behaves = true
    let before = platform.liveCount
    let again = try isPCI ? live(makeFunction(), pci) : live(makeSlot(), slot)
    try log.judge()
    try check(again == 0 && platform.liveCount == before, "a good device costs memory")
  }

  private var isPCI: Bool { choice & 1 == 0 }

  // MARK: Transports

  private func window(_ offset: UInt, _ byteCount: UInt) -> RegisterWindow<LoggedAccess>? {
    RegisterWindow(LoggedAccess(log: log), base: Self.base + offset, byteCount: byteCount)
  }

  /// Configuration space is as it should be: that is another target's.
  private func makeFunction() -> PCIFunction<LoggedAccess>? {
    var space: [UInt8] = [0xf4, 0x1a, 0x50, 0x10] + [UInt8](repeating: 0, count: 252)
    space[6] = 0x10
    space[0x34] = 0x40
    let structures: [(kind: UInt8, offset: UInt32)] = [
      (1, 0), (3, 0x1000), (4, 0x2000), (2, 0x3000),
    ]
    var place = 0x40
    for (kind, offset) in structures {
      let next = UInt8(place + 20)
      space.replaceSubrange(place..<place + 5, with: [9, next, 20, kind, 0])
      space.set(offset, at: place + 8, 4)
      space.set(kind == 1 ? 0x3c : 0x100, at: place + 12, 4)
      space.set(kind == 2 ? 4 : 0, at: place + 16, 4)
      place += 20
    }
    // Three vectors, whose table is behind the notifications.
    space.replaceSubrange(place..<place + 4, with: [0x11, 0, 2, 0])
    space.set(0x3800, at: place + 4, 4)
    let configuration = RegisterLog(windows: [0..<256], limit: 2000) { address, width in
      space.number(at: Int(address), width)
    } write: { address, width, value in
      space.set(value, at: Int(address), width)
    }
    guard
      let header = RegisterWindow(LoggedAccess(log: configuration), base: 0, byteCount: 256)
    else { return nil }
    var bars = FixedArray<6, RegisterWindow<LoggedAccess>?>(repeating: nil)
    bars[0] = window(0, 0x4000)
    return PCIFunction(
      address: PCIAddress(bus: 0, device: 1, function: 0), configuration: header, bars: bars)
  }

  private func pci(_ function: PCIFunction<LoggedAccess>) -> PCITransport<LoggedAccess>? {
    try? PCITransport(function, deviceType: 16)
  }

  private func makeSlot() -> RegisterWindow<LoggedAccess>? { window(0, 0x200) }

  private func slot(_ window: RegisterWindow<LoggedAccess>) -> MMIOTransport<LoggedAccess>? {
    do throws(MMIOError) {
      return try MMIOTransport(window)
    } catch {
      return nil
    }
  }

  // MARK: A life

  /// Takes a device into service and out of it.
  ///
  /// - Returns: How many blocks of memory may be lost, as the device may still use them.
  private func live<Place, T: Transport & ~Copyable>(
    _ place: Place?, _ make: (Place) -> T?
  ) throws(Finding) -> Int {
    guard let place, let transport = make(place) else {
      try check(!behaves, "a good device is not found")
      return 0
    }
    var lost = 0
    do throws(DeviceError) {
      try serve(transport, &lost)
    } catch {
      try check(!behaves, "a good device is refused: \(error)")
      // What the queues lie in, the device may still use.
      if case .neverReset = error { lost += 2 }
    }
    return lost
  }

  private func serve<T: Transport & ~Copyable>(_ transport: consuming T, _ lost: inout Int)
    throws(DeviceError)
  {
    let declined: Features = choice & 16 != 0 ? .packedRing : []
    var device = try AcknowledgedDevice(
      resetting: transport, on: platform, waiting: Self.patience
    ).negotiate(requiring: choice & 32 != 0 ? .ringReset : [], declining: declined) { offered in
      Features(rawValue: 0xff).intersection(offered)
    }
    guard let first = try make(0, &device, &lost) else {
      _ = try device.abandon(on: platform, waiting: Self.patience)
      return
    }
    guard let second = try make(1, &device, &lost) else {
      let proof = try device.abandon(on: platform, waiting: Self.patience)
      return first.free(to: platform, after: proof)
    }
    try use(device.start(), first, second)
  }

  /// A queue; nil if the device, or the platform, has none.
  private func make<T: Transport & ~Copyable>(
    _ index: UInt16, _ device: inout NegotiatedDevice<T>, _ lost: inout Int
  ) throws(DeviceError) -> Virtqueue<CoherentRegion, T.Bell, 16>? {
    do throws(DeviceError) {
      _ = try device.readConfiguration { $0.readConfiguration32(at: 8) }
      return try device.makeQueue(index, atLeast: 2, interrupts: index == 0, on: platform)
    } catch {
      if case .queueRefused(_, isKept: true) = error { lost += 1 }
      // Of a device that behaves nothing is expected to fail.
      if behaves { throw error }
      return nil
    }
  }

  private func use<T: Transport & ~Copyable>(
    _ device: consuming LiveDevice<T>, _ first: consuming Virtqueue<CoherentRegion, T.Bell, 16>,
    _ second: consuming Virtqueue<CoherentRegion, T.Bell, 16>
  ) throws(DeviceError) {
    _ = try? device.readConfiguration { $0.readConfiguration16(at: 10) }
    device.writeConfiguration32(1, at: 4)
    _ = device.needsReset()
    let interrupts = device.interrupts
    for vector in -1..<4 { _ = interrupts.causes(ofVector: vector) }
    _ = interrupts.takeLineCauses()
    if device.features.contains(.ringReset) {
      if let proof = try? device.reset(&first, on: platform, waiting: Self.patience) {
        try? device.enable(&first, after: proof)
      }
    }
    let proof = try device.reset(on: platform, waiting: Self.patience)
    first.free(to: platform, after: proof)
    second.free(to: platform, after: proof)
  }

  private func check(_ condition: Bool, _ description: @autoclosure () -> String) throws(Finding) {
    if !condition { throw Finding("handshake: " + description()) }
  }
}
