import Foundation
import Testing
import VirtIO
import VirtIOMMIO
import VirtIOPCI
import VirtIORandom
import VirtIOTesting

/// The second driver on QEMU's virtio-rng, by both transports: the bytes of a file, exactly.
@Suite struct EntropyTests {
  private static let patience = PollingWaiter(timeout: .seconds(2))

  /// Bytes of which no two runs are alike.
  private static func pattern(_ count: Int) -> [UInt8] {
    var state: UInt32 = 0x1234_5678
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(truncatingIfNeeded: state >> 24)
    }
  }

  /// Runs `body` on a machine whose entropy device gives what a file holds, and beside it what the file
  /// holds.
  private static func run(
    _ device: String,
    _ body: @escaping @Sendable (HostedMachine, _ expected: [UInt8]) async throws -> Void
  ) async throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(
      "entropy-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    let bytes = pattern(4096)
    try Data(bytes).write(to: file)
    var machine = MachineConfiguration()
    machine.gpus = []
    machine.memoryMiB = 128
    machine.extraArguments =
      Self.running + [
        "-object", "rng-random,id=r,filename=\(file.path)", "-device", "\(device),rng=r",
      ]
    try await HostedMachine.run(machine) { machine in
      try await machine.qemu.resume()
      try await body(machine, bytes)
    }
  }

  /// QEMU throws entropy away while the machine is stopped: so it runs, with its processor off.
  private static let running = [
    "-global", "cortex-a72-arm-cpu.start-powered-off=on", "-global",
    "virtio-mmio.force-legacy=false",
  ]

  private static func take<P: Platform, T: Transport & ~Copyable>(
    _ count: Int, from source: inout EntropySource<P, T>, waiting waiter: some Waiter = patience
  ) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    try source.fill(&span, waiting: waiter)
    return bytes
  }

  /// Opens a source, takes bytes in pieces of several sizes, and closes it.
  private static func check<T: Transport & ~Copyable>(
    _ transport: consuming T, _ machine: HostedMachine, _ expected: [UInt8], isPacked: Bool
  ) throws {
    machine.trace.start()
    var source = try EntropySource.open(transport, on: machine.platform, waiting: patience)
    #expect(Self.acceptsPackedRing(machine.trace.stop()) == isPacked)
    var found: [UInt8] = []
    machine.trace.start()
    for count in [1, 7, 248, 256, 300, 212] { found += try take(count, from: &source) }
    let accesses = machine.trace.stop()
    #expect(found == Array(expected.prefix(1024)))
    #expect(accesses.doorbellCount == 4 && accesses.countInBARs == 4)
    try source.close(waiting: patience)
    #expect(machine.memory.takenCount == 0)
    #expect(machine.qemu.guestErrors() == [])
  }

  /// Whether bit 34 is in what was written as the features that are accepted.
  private static func acceptsPackedRing(_ accesses: [TracedAccess]) -> Bool {
    accesses.contains { access in
      let isFeatures =
        access.space == .common && access.offset == 0x0c
        || access.space == .memoryMapped && access.offset == 0x20
      // Of the low word, bit 2 is no feature of an entropy device.
      return access.isWrite && isFeatures && access.value & 1 << 2 != 0
    }
  }

  @Test(
    "RFB-6, PACKED-D-14: bytes of a file arrive exactly, over PCI, split and packed",
    arguments: [false, true], ["", ",iommu_platform=on", ",event_idx=off,indirect_desc=off"])
  func overPCI(isPacked: Bool, _ properties: String) async throws {
    let device =
      "virtio-rng-pci,disable-legacy=on,packed=\(isPacked ? "on" : "off")" + properties
    try await Self.run(device) { machine, expected in
      let function = try machine.function(ofType: 4)
      try Self.check(
        PCITransport(function, deviceType: 4), machine, expected, isPacked: isPacked)
    }
  }

  @Test(
    "CONF-4, RFB-6: bytes of a file arrive exactly, over registers in memory, split and packed",
    arguments: [false, true])
  func overMMIO(isPacked: Bool) async throws {
    try await Self.run("virtio-rng-device,packed=\(isPacked ? "on" : "off")") { machine, expected in
      let window = try machine.slot(ofType: 4)
      guard let transport = try MMIOTransport(window) else { throw MMIOError.wrongMagic(found: 0) }
      try Self.check(transport, machine, expected, isPacked: isPacked)
    }
  }

  @Test("bytes are waited for by the line")
  func byInterrupts() async throws {
    try await Self.run("virtio-rng-device") { machine, expected in
      let window = try machine.slot(ofType: 4)
      guard let transport = try MMIOTransport(window) else { throw MMIOError.wrongMagic(found: 0) }
      let platform = LinePlatform(
        machine.platform, interruptedBy: MMIOInterrupts<HostedAccess>.self)
      var source = try EntropySource.open(transport, on: platform, waiting: Self.patience)
      platform.connect(source.interruptHandler)
      source.enableInterrupts()
      machine.trace.start()
      let waiter = InterruptWaiter(
        source.interruptHandler.latch, on: platform, timeout: .seconds(2))
      #expect(try Self.take(600, from: &source, waiting: waiter) == Array(expected.prefix(600)))
      // The last bytes may have been found before anybody slept.
      _ = source.interruptHandler.handleLineInterrupt()
      let accesses = machine.trace.stop().map(\.description)
      #expect(accesses.contains("write32 memoryMapped 0x64 = 0x1"))
      try source.close(waiting: Self.patience)
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("QEMU's own generator gives bytes that differ")
  func builtin() async throws {
    var machine = MachineConfiguration()
    machine.gpus = []
    machine.memoryMiB = 128
    machine.extraArguments =
      Self.running + [
        "-object", "rng-builtin,id=r", "-device", "virtio-rng-pci,rng=r,disable-legacy=on",
      ]
    try await HostedMachine.run(machine) { machine in
      try await machine.qemu.resume()
      let function = try machine.function(ofType: 4)
      var source = try EntropySource.open(
        PCITransport(function, deviceType: 4), on: machine.platform, waiting: Self.patience)
      let first = try Self.take(64, from: &source)
      #expect(try Self.take(64, from: &source) != first)
      #expect(Set(first).count > 8)
      try source.close(waiting: Self.patience)
    }
  }
}
