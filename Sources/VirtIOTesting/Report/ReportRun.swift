/// Boots an image to see whether it works on this computer.
package struct ReportRun: Sendable {
  /// Whether a picture is what it should be; nil if nobody can tell.
  package typealias Judge = @Sendable (Picture) -> Bool

  /// The machine.
  package var configuration: MachineConfiguration
  /// Who judges its picture.
  package var judge: Judge?
  /// How long it may take, once the guest is ready, until its picture is right.
  package var patience = Duration.seconds(30)

  /// A boot of what is configured.
  package init(_ configuration: MachineConfiguration, judge: Judge? = nil) {
    self.configuration = configuration
    self.judge = judge
  }

  /// Boots it.
  ///
  /// - Returns: How it did, and how QEMU showed it; nil if QEMU did not come so far.
  package func run() async -> (result: HostReport.Result, display: String?) {
    do {
      return try await QEMUMachine.run(configuration, deadline: patience + .seconds(60)) {
        machine in
        // From version 3.1 on; what is not told is not known.
        let options = try? await machine.qmp.execute("query-display-options")
        return (await result(machine), options?["type"]?.string)
      }
    } catch {
      return (.failed(Self.reason(error)), nil)
    }
  }

  private func result(_ machine: QEMUMachine) async -> HostReport.Result {
    do {
      try await machine.waitUntilReady()
      let result = try await result(of: machine)
      if let complaint = machine.guestErrors().first {
        return .failed("QEMU complained of the guest: \(complaint)")
      }
      return result
    } catch {
      return .failed(Self.reason(error))
    }
  }

  /// Looks at the picture, until it is right: an image may go on after it said that it was ready.
  private func result(of machine: QEMUMachine) async throws -> HostReport.Result {
    let clock = ContinuousClock()
    let end = clock.now + patience
    while true {
      let picture = try await machine.picture()
      if let judge {
        if judge(picture) { return .exact }
      } else if picture.hasColors {
        return .shown
      }
      guard clock.now < end else {
        return .failed(judge == nil ? "its picture has one colour" : "its picture is wrong")
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  /// Why it failed, in a few words: what QEMU said last if it ended, otherwise the first line of an error.
  package static func reason(_ error: any Error) -> String {
    if case QEMUError.exited(_, let lines, _) = error, let last = lines.last { return last }
    return String("\(error)".split(whereSeparator: \.isNewline).first ?? "no reason is known")
  }
}

extension Picture {
  /// Whether it has more than one colour.
  fileprivate var hasColors: Bool {
    bytes.indices.dropFirst(3).contains { bytes[$0] != bytes[$0 - 3] }
  }
}
