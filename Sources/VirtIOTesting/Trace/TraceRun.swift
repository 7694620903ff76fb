/// A boot of an image that lasts until enough frames are in QEMU's log.
package struct TraceRun: Sendable {
  /// Why there is nothing to show.
  package enum Failure: Error, Equatable, CustomStringConvertible {
    /// QEMU has no such trace events.
    case unknownEvents([String], version: String)
    /// QEMU has them, and logs none.
    case nothingLogged(version: String)
    /// The guest sent the GPU no frame.
    case noFrame(image: String, commandCount: Int)
    /// There are frames, but not beyond those to leave out.
    case noneLeft(frameCount: Int, skipped: Int)

    package var description: String {
      switch self {
      case .unknownEvents(let names, let version):
        "QEMU \(version) has no trace event \(names.joined(separator: ", ")): its GPU cannot be "
          + "watched. Distributions' builds have them; 'qemu-system-aarch64 -trace help' lists them."
      case .nothingLogged(let version):
        "QEMU \(version) logs no trace events: it was built without the trace backend 'log'. "
          + "Distributions' builds have it."
      case .noFrame(let image, 0):
        "\(image) gave the GPU no command: it has no display, or does not come so far. "
          + "'virtio-vm boot \(image)' shows what it says."
      case .noFrame(let image, let count):
        "\(image) gave the GPU \(count) commands, none of which shows a picture. "
          + "'virtio-vm boot \(image)' shows what it says."
      case .noneLeft(let count, let skipped):
        "There were only \(count) frames, and --skip leaves out \(skipped)."
      }
    }
  }

  /// The machine.
  package var configuration: MachineConfiguration
  /// How many frames are to be in the log.
  package var frameCount = 1
  /// How long it may take.
  package var deadline = Duration.seconds(60)
  /// After how long without a frame a guest that is ready has drawn all that it draws.
  package var quiet = Duration.seconds(2)

  /// A boot of what is configured, which gets what it takes to trace its GPU.
  package init(_ configuration: MachineConfiguration) {
    self.configuration = configuration
    self.configuration.logItems = []
    self.configuration.traceEvents = GPUTrace.events
    self.configuration.extraArguments += ["-msg", "timestamp=on"]
  }

  /// Runs it, until there are enough frames, no more come, or the guest ends.
  ///
  /// - Throws: A ``Failure``, or a ``QEMUError``, also if the guest panics.
  package func run(on program: QEMUProgram) async throws -> GPUTrace {
    let version = try await program.version() ?? "of unknown version"
    let missing = GPUTrace.missingEvents(in: try await program.traceEvents())
    guard missing.isEmpty else { throw Failure.unknownEvents(missing, version: version) }
    let log = try await QEMUMachine.run(configuration, deadline: nil) { machine in
      try await wait(for: machine)
      return machine.log()
    }
    let trace = GPUTrace(log: log)
    guard trace.hasEvents else { throw Failure.nothingLogged(version: version) }
    guard !trace.frames.isEmpty else {
      let name = configuration.image?.split(separator: "/").last ?? ""
      throw Failure.noFrame(
        image: String(name.prefix { $0 != "." }), commandCount: trace.rest.count(.command))
    }
    return trace
  }

  private func wait(for machine: QEMUMachine) async throws {
    let clock = ContinuousClock()
    let end = clock.now + deadline
    var (count, changed) = (0, clock.now)
    while clock.now < end {
      let now = GPUTrace.frameCount(machine.log())
      if now != count { (count, changed) = (now, clock.now) }
      if count >= frameCount { return }
      if let panic = machine.serial.lines.first(where: \.saysPanic) {
        throw QEMUError.panicked(panic.text)
      }
      let isReady = machine.serial.lines.contains(where: \.saysReady)
      if machine.serial.isFinished || isReady && clock.now - changed > quiet { return }
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}
