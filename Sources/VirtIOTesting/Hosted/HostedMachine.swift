import Dispatch
import Synchronization
import VirtIO
public import VirtIOPCI

/// QEMU's devices under a driver that runs in this process.
///
/// QEMU is started with its processor stopped: there is no guest. Its devices work all the same, and
/// a driver reaches them from here: registers through QEMU's qtest socket, memory through a mapping
/// of the file that QEMU has its RAM in. So the very driver that runs in a kernel runs under a
/// debugger, a sanitizer and a test framework, against a real device.
///
/// ```swift
/// try await HostedMachine.run { machine in
///   let function = try machine.function(ofType: 16)
///   let transport = try PCITransport(function, deviceType: 16)
///   var display = try Display.open(transport, on: machine.platform, waiting: .polling(.seconds(2)))
///   // ...
///   #expect(try await machine.qemu.picture().width == 640)
///   #expect(machine.qemu.guestErrors() == [])
/// }
/// ```
///
/// What runs in `body` may block: it has a thread of its own.
public final class HostedMachine: Sendable {
  /// The QEMU: its machine protocol, screenshots, displays and log.
  public let qemu: QEMUMachine
  /// RAM and time for the driver.
  public let platform: HostedPlatform
  /// All registers of the machine.
  public let access: HostedAccess
  /// What the driver does to the registers.
  public let trace: AccessTrace
  private let link: RegisterLink
  private let health: HostedHealth
  /// What QEMU says of the machine.
  let tree: MachineTree
  private let description: PCIHostDescription

  /// Starts QEMU and runs `body` beside it; ends QEMU when `body` returns or throws.
  ///
  /// Two machines at most run at a time in one process; a third waits for its turn.
  ///
  /// - Parameters:
  ///   - configuration: The machine. Its processor is stopped, whatever it says.
  ///   - deadline: How long all of it may take, counted from the start of QEMU.
  ///   - patience: How long one register access may take.
  ///   - body: What to do with the machine.
  /// - Throws: What went wrong under the driver, if anything did: a ``QEMUError`` with the last
  ///   lines that QEMU said, or a ``HostedError``. Otherwise, what `body` throws.
  public static func run<Result: Sendable>(
    _ configuration: MachineConfiguration = MachineConfiguration(),
    deadline: Duration = .seconds(300), patience: Duration = .seconds(5),
    _ body: @escaping @Sendable (HostedMachine) async throws -> Result
  ) async throws -> Result {
    var hosted = configuration
    hosted.startsStopped = true
    hosted.hasTestAccess = true
    hosted.sharesMemory = true
    return try await HostedTurns.shared.take { [hosted] in
      try await QEMUMachine.run(hosted, deadline: deadline) { qemu in
        let machine = try HostedMachine(qemu, patience: patience)
        return try await machine.drive(body)
      }
    }
  }

  private init(_ qemu: QEMUMachine, patience: Duration) throws {
    self.qemu = qemu
    health = HostedHealth()
    let memory = try HostedMemory(
      mapping: qemu.memoryFile, byteCount: qemu.configuration.memoryMiB << 20, health: health)
    platform = HostedPlatform(memory, health: health)
    // Without a kernel, QEMU leaves the tree at the start of RAM.
    tree = MachineTree(
      memory.bytes(at: HostedMemory.firstAddress, count: HostedMemory.treeByteCount))
    guard let description = PCIHostDescription(tree) else {
      throw HostedError.noPCIHost
    }
    self.description = description
    link = RegisterLink(try qemu.connectTestSocket(), patience: patience, health: health)
    trace = AccessTrace(ecam: description.ecam)
    access = HostedAccess(link, trace: trace)
  }

  /// Runs the body on a thread where it can block, and judges how it went.
  private func drive<Result: Sendable>(
    _ body: @escaping @Sendable (HostedMachine) async throws -> Result
  ) async throws -> Result {
    // A driver that only looks at memory would not notice that QEMU has gone.
    let watch = Task { [qemu, health] in
      try await qemu.waitUntilEnded()
      health.fail(qemu.ended(waitingFor: "the driver to come to its end"))
    }
    defer { watch.cancel() }
    do {
      let result = try await DriverThread().run(onCancel: { [link] in link.shutDown() }) {
        try await body(self)
      }
      if let failure = health.failure { throw failure }
      return result
    } catch {
      // What went wrong under the driver explains what went wrong in it.
      throw health.failure ?? error
    }
  }

  /// Does asynchronous work from synchronous code, such as a screenshot between two calls of a driver.
  ///
  /// Blocks the thread that it is called on: for code that runs in the body, which has its own.
  public func wait<Result: Sendable>(
    for work: @escaping @Sendable () async throws -> Result
  ) throws -> Result {
    let done = DispatchSemaphore(value: 0)
    let result = Mutex<Swift.Result<Result, any Error>?>(nil)
    Task {
      do {
        let value = try await work()
        result.withLock { $0 = .success(value) }
      } catch {
        result.withLock { $0 = .failure(error) }
      }
      done.signal()
    }
    done.wait()
    guard let result = result.withLock({ $0 }) else { throw CancellationError() }
    return try result.get()
  }

  /// The RAM of the machine.
  public var memory: HostedMemory { platform.memory }

  /// What went wrong under the driver, if anything did.
  ///
  /// After that, reads give all ones and the driver's clock is at its end.
  public var failure: (any Error)? { health.failure }

  /// The PCI host bridge as QEMU's device tree describes it. Nothing behind it has an address yet.
  public var hostBridge: PCIHostBridge<HostedAccess> { hostBridge(access) }

  func hostBridge(_ access: HostedAccess) -> PCIHostBridge<HostedAccess> {
    guard
      let window = RegisterWindow(
        access, base: description.ecam.lowerBound, byteCount: UInt(description.ecam.count))
    else { preconditionFailure("a range from the tree ends before the address space does") }
    return PCIHostBridge(
      ecam: window, firstBus: description.firstBus, lastBus: description.lastBus,
      io: description.io, memory32: description.memory32, memory64: description.memory64)
  }
}
