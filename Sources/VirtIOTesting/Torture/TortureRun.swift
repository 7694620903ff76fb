import Foundation

/// The Showcase in motion while somebody corrupts what its driver shares with the device.
///
/// The machine is never stopped for that. In the end the device is broken once more, for what a device has said
/// and not done only it can know: the driver tells it everything anew, and from then on the picture has to be
/// exact.
public struct TortureRun: Sendable {
  /// The machine: the Showcase with a GPU in slot 1.
  public var configuration: MachineConfiguration
  /// What decides the sequence of corruptions.
  public var seed: UInt64 = 1
  /// How many there are.
  public var corruptionCount = 1000
  /// How many there are in a second, at most.
  public var rate = 500
  /// Ends corrupting after this time, however many there were.
  public var limit: Duration?
  /// How many pictures are kept for the animation.
  public var pictureCount = 0

  /// How long there may be no frame at all.
  package static let longestStall = Duration.seconds(30)

  /// A run on an image of the Showcase.
  ///
  /// - Parameters:
  ///   - image: The path of the Showcase's ELF file.
  ///   - width: The display's width.
  ///   - height: The display's height.
  public init(image: String, width: Int, height: Int) {
    configuration = MachineConfiguration(image: image)
    configuration.gpus = ["virtio-gpu-pci,addr=1,xres=\(width),yres=\(height)"]
    configuration.memoryMiB = 64
    configuration.append = "device=hostile counters=yes only=scene"
    configuration.hasTestAccess = true
    configuration.logItems = []
    configuration.traceEvents = [Self.doorbell]
  }

  private static let doorbell = "virtio_queue_notify"

  /// Runs it.
  ///
  /// - Parameters:
  ///   - isExact: Whether a picture is that of the scene at a step.
  ///   - say: Told once a second of how far it has come.
  /// - Throws: ``QEMUError``, if the guest gave up or QEMU ended, or ``TortureFailure``: there were no frames any
  ///   more, or the last picture is not exact.
  public func run(
    isExact: @escaping @Sendable (Picture, _ step: Int) -> Bool,
    say: @escaping @Sendable (TortureReport) -> Void = { _ in }
  ) async throws -> TortureReport {
    let watch = TortureWatch()
    return try await QEMUMachine.run(
      configuration, deadline: nil, onLine: { watch.hear($0) }
    ) { machine in
      try await machine.waitUntilReady()
      watch.start()
      var session = TortureSession(run: self, machine: machine, watch: watch, say: say)
      try await session.torture()
      try await session.end(isExact: isExact)
      return session.report
    }
  }

  /// How often the guest and we have rung a doorbell.
  static func doorbellCount(_ machine: QEMUMachine) -> Int {
    machine.log().count { $0.hasPrefix(doorbell) }
  }
}
