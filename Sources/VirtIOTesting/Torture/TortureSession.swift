/// One torture of a machine, from its first frame to its last picture.
struct TortureSession {
  let run: TortureRun
  let machine: QEMUMachine
  let watch: TortureWatch
  let say: @Sendable (TortureReport) -> Void
  private let start = ContinuousClock.now
  private var said = ContinuousClock.now
  private(set) var report: TortureReport
  private var ownDoorbellCount = 0

  init(
    run: TortureRun, machine: QEMUMachine, watch: TortureWatch,
    say: @escaping @Sendable (TortureReport) -> Void
  ) {
    self.run = run
    self.machine = machine
    self.watch = watch
    self.say = say
    report = TortureReport(seed: run.seed)
  }

  /// Corrupts as often as it is to be done.
  mutating func torture() async throws {
    let memory = try machine.connectTestAccess()
    var torturer = Torturer(try await TortureDevice(slot: 1, memory), memory)
    let sequence = CorruptionSequence(seed: run.seed).prefix(run.corruptionCount)
    let clock = ContinuousClock()
    for (number, corruption) in sequence.enumerated() {
      let elapsed = clock.now - start
      if let limit = run.limit, elapsed >= limit { break }
      let due = Duration.seconds(1) * number / run.rate
      if due > elapsed + .milliseconds(2) { try await Task.sleep(for: due - elapsed) }
      try await torturer.apply(corruption)
      report.corruptions[corruption.kind, default: 0] += 1
      ownDoorbellCount = torturer.doorbellCount
      try await look()
    }
    try await torturer.apply(.malformedChain)
    report.corruptions[Corruption.malformedChain.kind, default: 0] += 1
    ownDoorbellCount = torturer.doorbellCount
  }

  /// Once a second: whether it lives, and how far it has come.
  private mutating func look() async throws {
    let now = ContinuousClock.now
    guard now - said >= .seconds(1) else { return }
    said = now
    try watch.check()
    try await takePicture()
    update()
    say(report)
  }

  private mutating func update() {
    let counters = watch.counters
    report.frameCount = counters.frames
    report.resetCount = counters.resets
    report.doorbellCount = TortureRun.doorbellCount(machine) - ownDoorbellCount
    report.longestStall = watch.longest
    report.recoveries = watch.recoveries.sorted()
    report.time = ContinuousClock.now - start
  }

  private mutating func takePicture() async throws {
    guard report.animation.count < run.pictureCount else { return }
    report.animation.add(png: try await machine.pngPicture())
  }

  /// Waits until the picture is exact, with the guest stopped: it says at which step it is only now and then, and
  /// goes on while it is looked at.
  mutating func end(isExact: @Sendable (Picture, Int) -> Bool) async throws {
    for _ in 0..<10 {
      try await waitForCounters()
      try await machine.pause()
      let picture = try await machine.picture()
      let step = watch.counters.step
      // What is seen is a frame behind, or a few ahead.
      report.exactStep = ([step, step + 1, step + 2, step - 1] + Array(step + 3..<step + 20))
        .first { isExact(picture, $0) }
      if report.exactStep != nil {
        try await takePicture()
        update()
        return
      }
      try await machine.resume()
    }
    update()
    throw TortureFailure(description: "The last picture is not exact.\n\(report.table)")
  }

  /// Waits for the guest to say twice where it is: the first may be on its way already.
  private func waitForCounters() async throws {
    let count = watch.counters.count
    while watch.counters.count < count + 2 {
      try watch.check()
      try await Task.sleep(for: .milliseconds(1))
    }
  }
}
