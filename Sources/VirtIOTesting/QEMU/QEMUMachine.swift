import Foundation
import Subprocess

/// A running QEMU: what the body of ``run(_:deadline:onLine:_:)`` may do with it.
public final class QEMUMachine: Sendable {
  /// All that the guest prints.
  public let serial: SerialLog
  /// The machine's control connection.
  public let qmp: QMPClient
  /// What it was started with.
  public let configuration: MachineConfiguration
  /// The number of QEMU's process: for a debugger, or to end it in the middle of a test.
  public let processIdentifier: Int32
  private let folder: TemporaryFolder
  private let input: StandardInputWriter
  private let errors: ErrorTail

  init(
    configuration: MachineConfiguration, folder: TemporaryFolder, serial: SerialLog,
    input: StandardInputWriter, errors: ErrorTail, qmp: QMPClient, processIdentifier: Int32
  ) {
    self.configuration = configuration
    self.folder = folder
    self.serial = serial
    self.input = input
    self.errors = errors
    self.qmp = qmp
    self.processIdentifier = processIdentifier
  }

  /// Lets a stopped processor run.
  public func resume() async throws {
    try await qmp.execute("cont")
  }

  /// Stops the processor; devices still do what somebody outside has them do.
  public func pause() async throws {
    try await qmp.execute("stop")
  }

  /// Sends bytes to the guest over its serial line. It takes them as fast as it looks for them; what is sent to a
  /// machine that has ended is lost.
  public func type(_ bytes: [UInt8]) async {
    // Its end is told by all else that is asked of it.
    _ = try? await input.write(bytes)
  }

  /// Waits for the guest's READY line; throws its PANIC line if that comes instead.
  @discardableResult
  public func waitUntilReady() async throws -> SerialLine {
    let found = try await serial.first { $0.saysReady || $0.saysPanic }
    guard let line = found else { throw ended(waitingFor: "a READY line") }
    if line.saysPanic { throw QEMUError.panicked(line.text) }
    return line
  }

  /// Waits until QEMU has ended, by the guest's power-off for instance.
  public func waitUntilEnded() async throws {
    _ = try await serial.first { _ in false }
    try Task.checkCancellation()
  }

  /// Writes what a head shows to a file: PNG if its name ends so, otherwise PPM.
  public func screenshot(gpu: Int = 0, head: Int = 0, to path: String) async throws {
    let identifiers = configuration.gpuIdentifiers
    guard identifiers.indices.contains(gpu) else {
      throw QEMUError.notConfigured("GPU \(gpu)")
    }
    let absolute = URL(fileURLWithPath: path).path
    try await qmp.execute(
      "screendump",
      [
        "filename": .string(absolute), "device": .string(identifiers[gpu]),
        "head": .integer(head), "format": .string(path.hasSuffix(".png") ? "png" : "ppm"),
      ], within: .seconds(30))
  }

  /// What a head shows.
  public func picture(gpu: Int = 0, head: Int = 0) async throws -> Picture {
    let path = folder.file("gpu\(gpu)-head\(head).ppm")
    try await screenshot(gpu: gpu, head: head, to: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    guard let data = FileManager.default.contents(atPath: path),
      let picture = Picture(ppm: [UInt8](data))
    else {
      throw QEMUError.conversationFailed(
        with: "QMP server", reason: "Its screenshot is no PPM picture.")
    }
    return picture
  }

  /// Connects to the VNC server of a head; needs ``MachineConfiguration/Display/heads(_:)``.
  public func connectVNC(head: Int) async throws -> RFBClient {
    guard case .heads(let count) = configuration.display, (0..<count).contains(head) else {
      throw QEMUError.notConfigured("a VNC server for head \(head)")
    }
    return try await RFBClient(connectingTo: folder.file("vnc\(head)"))
  }

  /// Enables a head with this size, or gives it another; also while the processor is stopped.
  public func setDesktopSize(head: Int, width: UInt16, height: UInt16) async throws {
    try await connectVNC(head: head).setDesktopSize(width: width, height: height)
  }

  /// Connects to the guest's memory from outside; needs ``MachineConfiguration/hasTestAccess``.
  public func connectTestAccess() throws -> QTestClient {
    guard configuration.hasTestAccess else { throw QEMUError.notConfigured("test access") }
    return try QTestClient(connectingTo: folder.file("qtest"))
  }

  /// The TCP port on 127.0.0.1 where QEMU waits for a debugger; needs
  /// ``MachineConfiguration/hasDebugger``.
  public func debuggerPort() async throws -> UInt16 {
    guard configuration.hasDebugger else { throw QEMUError.notConfigured("a debugger's port") }
    let devices = try await qmp.execute("query-chardev")
    // "disconnected:tcp:127.0.0.1:40123,server=on"
    guard case .array(let list) = devices,
      let name = list.first(where: { $0["label"]?.string == "gdb" })?["filename"]?.string,
      let digits = name.firstMatch(of: /tcp:127\.0\.0\.1:([0-9]+)/)?.1,
      let port = UInt16(digits), port != 0
    else {
      throw QEMUError.conversationFailed(
        with: "QMP server", reason: "It does not say where a debugger is to connect.")
    }
    return port
  }

  /// The path of a file of this run, which is gone when the run is.
  func file(_ name: String) -> String { folder.file(name) }

  /// Where its RAM lies; needs ``MachineConfiguration/sharesMemory``.
  var memoryFile: String { MachineConfiguration.memoryFile(in: folder) }

  /// The socket behind ``connectTestAccess()``, for synchronous use.
  func connectTestSocket() throws -> LocalSocket {
    guard configuration.hasTestAccess else { throw QEMUError.notConfigured("test access") }
    return try LocalSocket(connectingTo: folder.file("qtest"))
  }

  /// The lines of QEMU's log that are not trace events: what the guest did wrong.
  public func guestErrors() -> [String] {
    log().filter { !configuration.isTraced($0) }
  }

  /// The whole of QEMU's log, traces included.
  public func log() -> [String] {
    let log = FileManager.default.contents(atPath: folder.file("log")) ?? Data()
    return String(decoding: log, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// The error for a machine that ended too early.
  public func ended(waitingFor expected: String) -> QEMUError {
    .exited(
      waitingFor: expected, lastErrorLines: errors.lines,
      lastSerialLines: serial.lines.suffix(5).map(\.text))
  }
}
