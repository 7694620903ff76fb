/// Very many frames of the Showcase in QEMU, one after the other: whatever is taken for one has to come back.
public struct EnduranceRun: Sendable {
  /// The machine.
  public var configuration: MachineConfiguration
  /// How many frames are shown.
  public let frameCount: Int

  /// What came of it, as the guest and QEMU counted it.
  public struct Report: Sendable {
    /// Frames that were shown.
    public var frameCount = 0
    /// Notifications of all queues.
    public var doorbellCount = 0
    /// Pictures that the device was told to show.
    public var flushCount = 0
    /// Resources that were made.
    public var resourceCount = 0
    /// Interrupts of the device.
    public var interruptCount = 0
    /// How many bytes of memory could be had at first and at last.
    public var memory = (before: 0, after: -1)
    /// What QEMU complained about.
    public var guestErrors: [String] = []

    /// All of it in a line.
    public var summary: String {
      "\(frameCount) frames, \(flushCount) flushes, \(doorbellCount) doorbells, \(interruptCount) interrupts, "
        + "\(resourceCount) resources, \(memory.before) bytes free at first, \(memory.after) at last"
    }

    /// What is not as it should be; nil if all is. To open a display and to see its events takes a few doorbells
    /// besides those of the frames.
    public func flaw(of expectedCount: Int) -> String? {
      if frameCount != expectedCount { return "\(expectedCount) frames were to be shown." }
      if memory.before != memory.after { return "Memory was not given back." }
      if flushCount != expectedCount { return "Each frame is to be shown once." }
      // A device that is at work already need not be told.
      if doorbellCount > expectedCount + 8 { return "There are more doorbells than frames." }
      if resourceCount != 1 { return "One resource is to do for all frames." }
      if interruptCount > expectedCount + 8 { return "There are more interrupts than frames." }
      return guestErrors.first
    }
  }

  private static let doorbell = "virtio_queue_notify"
  private static let flush = "virtio_gpu_cmd_res_flush"
  private static let resource = "virtio_gpu_cmd_res_create_2d"
  private static let interrupt = "virtio_notify"

  /// So many frames on an image of the Showcase.
  public init(image: String, frameCount: Int) {
    self.frameCount = frameCount
    configuration = MachineConfiguration(image: image)
    configuration.gpus = ["virtio-gpu-pci,addr=1,xres=320,yres=200"]
    configuration.memoryMiB = 64
    configuration.append = "frames=\(frameCount) pace=none counters=yes only=scene"
    configuration.traceEvents = [Self.doorbell, Self.flush, Self.resource, Self.interrupt]
  }

  /// Runs it.
  ///
  /// - Throws: ``QEMUError``, or a ``TortureFailure`` that says what is out of balance.
  public func run() async throws -> Report {
    let report = try await QEMUMachine.run(configuration, deadline: .seconds(3600)) { machine in
      try await machine.waitUntilEnded()
      return Self.report(machine)
    }
    if let flaw = report.flaw(of: frameCount) {
      throw TortureFailure(description: "\(flaw) \(report.summary)")
    }
    return report
  }

  private static func report(_ machine: QEMUMachine) -> Report {
    var report = Report()
    for line in machine.log() {
      switch line.prefix(while: { $0 != " " }) {
      case doorbell: report.doorbellCount += 1
      case flush: report.flushCount += 1
      case resource: report.resourceCount += 1
      case interrupt: report.interruptCount += 1
      default: break
      }
    }
    report.guestErrors = machine.guestErrors()
    if let panic = machine.serial.lines.first(where: \.saysPanic) {
      report.guestErrors.insert(panic.text, at: 0)
    }
    for line in machine.serial.lines.map(\.text) {
      let numbers = line.split(separator: " ").compactMap { word in
        word.split(separator: "=").last.flatMap { Int($0) }
      }
      if line.hasPrefix("SHOWCASE memory "), numbers.count == 2 {
        report.memory = (numbers[0], numbers[1])
      } else if line.hasPrefix("SHOWCASE DONE "), numbers.count == 1 {
        report.frameCount = numbers[0]
      }
    }
    return report
  }
}
