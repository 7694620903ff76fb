import Foundation
import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

extension QEMUMachine {
  /// What the tasks of a run end with.
  private enum Ending<Result: Sendable>: Sendable {
    case body(Result)
    case outputClosed
  }

  /// Starts QEMU, runs `body` beside it, and ends QEMU when `body` returns or throws.
  ///
  /// - Parameters:
  ///   - configuration: The machine.
  ///   - deadline: How long all of it may take; nil for as long as it likes.
  ///   - onLine: Called with each line of the guest as it arrives.
  ///   - body: What to do with the machine. The guest runs already, unless the configuration says
  ///     that it starts stopped.
  /// - Throws: A ``QEMUError``, or what `body` throws. QEMU has ended by then in every case, and the
  ///   run's folder is gone; also if a signal ends this program. Should SIGKILL end it, the folder stays.
  public static func run<Result: Sendable>(
    _ configuration: MachineConfiguration, deadline: Duration?,
    onLine: @escaping @Sendable (SerialLine) -> Void = { _ in },
    _ body: @escaping @Sendable (QEMUMachine) async throws -> Result
  ) async throws -> Result {
    let program = try QEMUProgram()
    let folder = try TemporaryFolder()
    // Now, not when the last one lets go of it: a body that is left behind still holds the machine.
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    let serial = SerialLog()
    let errors = ErrorTail()
    let start = ContinuousClock.now
    do {
      let outcome = try await Subprocess.run(
        .path(FilePath(program.path)), arguments: Arguments(configuration.arguments(in: folder)),
        input: .inputWriter, output: .sequence, error: .sequence
      ) { execution in
        let pid = execution.processIdentifier.value
        let cleanup = Cleanup.shared.add { kill(pid, SIGKILL) }
        Watchdog.shared.watch(pid)
        // Before the process is reaped, so that its number cannot belong to another one yet.
        defer {
          Cleanup.shared.remove(cleanup)
          Watchdog.shared.forget(pid)
        }
        let output = execution.standardOutput
        let errorOutput = execution.standardError
        let input = execution.standardInputWriter
        return try await withThrowingTaskGroup(of: Ending<Result>.self) { group in
          group.addTask {
            async let errorsRead: Void = {
              for try await line in errorOutput.strings() { errors.append(line) }
            }()
            // Both are read to their ends, so that whoever learns of QEMU's end knows its reasons.
            defer { serial.finish() }
            for try await text in output.strings(separatedBy: .unicodeScalarSequence(["\n"])) {
              let line = SerialLine(
                text: text.last == "\r" ? String(text.dropLast()) : text,
                time: ContinuousClock.now - start)
              onLine(line)
              serial.append(line)
            }
            try await errorsRead
            return .outputClosed
          }
          if let deadline {
            group.addTask {
              try await Task.sleep(until: start + deadline, clock: .continuous)
              throw QEMUError.deadlinePassed(
                deadline, lastErrorLines: errors.lines,
                lastSerialLines: serial.lines.suffix(5).map(\.text))
            }
          }
          group.addTask {
            do {
              let qmp = try await connect(to: folder.file("qmp"), serial: serial)
              let machine = QEMUMachine(
                configuration: configuration, folder: folder, serial: serial, input: input,
                errors: errors, qmp: qmp, processIdentifier: pid)
              if !configuration.startsStopped { try await machine.resume() }
              return .body(try await body(machine))
            } catch let error as QEMUError {
              guard case .conversationFailed(let partner, _) = error,
                await hasEnded(serial, within: .seconds(1))
              else { throw error }
              // A conversation that broke off because QEMU died: what it said last tells more.
              throw QEMUError.exited(
                waitingFor: "an answer of its \(partner)", lastErrorLines: errors.lines,
                lastSerialLines: serial.lines.suffix(5).map(\.text))
            }
          }
          while let ending = try await group.next() {
            guard case .body(let result) = ending else { continue }
            // QEMU has nothing of its own to save: ending it is safe, and always works.
            let endedByItself = serial.isFinished
            kill(pid, SIGKILL)
            group.cancelAll()
            return (result, endedByItself)
          }
          // The body's task always ends with a result or an error.
          throw CancellationError()
        }
      }
      await Cleanup.shared.holdIfEnding()
      let (result, endedByItself) = outcome.closureResult
      guard endedByItself, outcome.terminationStatus != .exited(0) else { return result }
      throw QEMUError.exited(
        waitingFor: "the guest's power-off", lastErrorLines: errors.lines,
        lastSerialLines: serial.lines.suffix(5).map(\.text))
    } catch let error as SubprocessError {
      await Cleanup.shared.holdIfEnding()
      throw QEMUError.startFailed("\(error)")
    }
  }

  /// Connects to QMP as soon as QEMU listens.
  private static func connect(to path: String, serial: SerialLog) async throws -> QMPClient {
    while true {
      do {
        return try await QMPClient(connectingTo: path, within: .seconds(10))
      } catch LocalSocketError.system("connect", let code) {
        // Not there yet, or there but nobody listens yet.
        guard [ENOENT, ECONNREFUSED].contains(code), !serial.isFinished else {
          throw QEMUError.conversationFailed(
            with: "QMP server", reason: "\(LocalSocketError.system("connect", code))")
        }
        try await Task.sleep(for: .milliseconds(5))
      }
    }
  }

  /// Whether QEMU has ended, or does so soon: its sockets close a little before its output does.
  private static func hasEnded(_ serial: SerialLog, within limit: Duration) async -> Bool {
    let deadline = ContinuousClock.now + limit
    while !serial.isFinished && !Task.isCancelled && ContinuousClock.now < deadline {
      try? await Task.sleep(for: .milliseconds(5))
    }
    return serial.isFinished
  }
}
