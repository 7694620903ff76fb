import Testing
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// A fault at each step of each sequence, of each kind: there is one error, or none; then all that was to be
/// seen is seen again, and in the end nothing is lost.
@Suite struct RecoveryMatrixTests {
  /// What a program does.
  struct Sequence: Sendable, CustomTestStringConvertible {
    let name: String
    var buffers = BufferCount.two
    var heads = 1
    let steps: [RecoveryStep]
    var testDescription: String { name }
  }

  private static let open: [RecoveryStep] = [.frame(0), .finish]

  static let sequences: [Sequence] = [
    Sequence(name: "first frame", steps: open),
    Sequence(name: "frames, one buffer", buffers: .one, steps: frames(5)),
    Sequence(name: "frames, two buffers", steps: frames(8)),
    Sequence(name: "frames, three buffers", buffers: .three, steps: frames(8)),
    Sequence(
      name: "damage", buffers: .three,
      steps: open + [.damage(0), .damage(0), .finish, .damage(0), .frame(0), .damage(0), .finish]),
    Sequence(
      name: "mailbox", buffers: .three,
      steps: open + [
        .mailbox(0), .mailbox(0), .mailbox(0), .finish, .mailbox(0), .damage(0, as: .mailbox),
        .damage(0, as: .mailbox), .finish,
      ]),
    Sequence(
      name: "cursor",
      steps: open + [
        .setCursor(x: 3, y: 4), .moveCursor(x: 5, y: 6), .frame(0), .moveCursor(x: 7, y: 8),
        .setCursor(x: 9, y: 1), .hideCursor, .setCursor(x: 2, y: 2), .finish,
      ]),
    Sequence(
      name: "resize",
      steps: frames(3) + [
        .setCursor(x: 1, y: 1), .resize(width: 30, height: 7), .frame(0), .finish, .frame(0),
        .frame(0), .finish,
      ]),
    Sequence(name: "EDID", steps: open + [.edid(0), .frame(0), .edid(0), .finish]),
    Sequence(
      name: "two heads", heads: 2,
      steps: [.frame(0), .frame(1), .finish, .frame(0), .frame(1), .frame(0), .frame(1), .finish]),
  ]

  private static func frames(_ count: Int) -> [RecoveryStep] {
    Array(repeating: .frame(0), count: count) + [.finish]
  }

  /// Kinds of rings: each feature is in one of them, and lacks in another.
  static let rings: [Features] = Sweep.of(
    [
      [.packedRing, .eventIndex], [.inOrder, .eventIndex],
      [.packedRing, .inOrder, .indirectDescriptors], [],
    ], every: 4)

  private static func configuration(_ features: Features, heads: Int) -> ModelConfiguration {
    var configuration = ModelConfiguration()
    let others: Features = [.indirectDescriptors, .eventIndex]
    configuration.offeredFeatures =
      configuration.offeredFeatures & ~others.rawValue | features.rawValue
    configuration.outputs = (0..<heads).map { .init(width: 20 - 3 * UInt32($0), height: 10) }
    configuration.traceLimit = 0
    configuration.memoryByteCount = 1 << 20
    return configuration
  }

  /// Leads a display through a sequence, with a fault in its way.
  ///
  /// - Returns: Whether the fault has struck, and what is wrong.
  private static func lead(
    _ sequence: Sequence, _ features: Features, _ fault: ModelFault, errorLimit: Int
  ) throws -> (struck: Bool, complaints: [String]) {
    let machine = ModelMachine(configuration(features, heads: sequence.heads))
    var patient = try RecoveryPatient(
      machine, machine.makeTransport(), on: machine.platform, buffers: sequence.buffers)
    machine.inject(fault)
    for step in sequence.steps { patient.take(step) }
    let struck = machine.remainingFaults.isEmpty
    machine.clearFaults()
    let errors = patient.errors
    var complaints = patient.finishAll()
    // What nobody was told of before is told at the end at the latest.
    if errors.count > errorLimit { complaints.append("told \(errors.count) times: \(errors)") }
    return (struck, complaints)
  }

  /// Strikes at the first step, at the second, and so on until there is none.
  private func sweep(
    _ sequence: Sequence, _ features: Features, _ action: ModelFault.Action,
    on event: ModelFault.Event, errorLimit: Int = 1, stride: Int = 1
  ) throws {
    var failures: [String] = []
    var step = 0
    while step < 2000 {
      let fault = ModelFault(on: event, skipping: step, action)
      let (struck, complaints) = try Self.lead(
        sequence, features, fault, errorLimit: errorLimit)
      // Whoever never answers the question for an EDID is not asked again before a reset.
      let excuse = action == .drop ? "GPU-EVT-2" : "none"
      failures += complaints.filter { !$0.contains(excuse) }
        .map { "\(event) \(step) \(action): \($0)" }
      if !struck { break }
      step += step < 20 ? 1 : stride
    }
    #expect(step > 0, "the fault never strikes")
    #expect(failures == [], "\(failures.count) failures")
  }

  @Test(
    "F-RECOVERY, STATUS-4, H08, SMP09: the device breaks at any command", arguments: sequences,
    rings)
  func needsReset(_ sequence: Sequence, _ features: Features) throws {
    try sweep(sequence, features, .needsReset, on: .buffer(queue: 0))
  }

  @Test("H08: the device breaks at any moment", arguments: sequences)
  func needsResetAnyTime(_ sequence: Sequence) throws {
    try sweep(sequence, .eventIndex, .needsReset, on: .poll, stride: 7)
  }

  @Test(
    """
    F-RECOVERY, F-QUARANTINE, CLEAN-2, Q24, Q25: any command is never answered
    """, arguments: sequences, rings)
  func silence(_ sequence: Sequence, _ features: Features) throws {
    try sweep(sequence, features, .drop, on: .buffer(queue: 0))
  }

  @Test("Q05, Q29, Q35: any command is given back wrongly", arguments: sequences, rings)
  func brokenQueue(_ sequence: Sequence, _ features: Features) throws {
    try sweep(sequence, features, .id(63), on: .buffer(queue: 0))
  }

  @Test(
    "Q01, Q08, G05, G09: any command is given back twice, too short, or with another fence",
    arguments: [[], [.packedRing, .eventIndex]] as [Features],
    [.duplicate, .length(3), .fence(9), .usedIndex(queue: 0, by: 40)] as [ModelFault.Action])
  func nonsense(_ features: Features, _ action: ModelFault.Action) throws {
    for sequence in Self.sequences where sequence.buffers == .three || sequence.heads == 2 {
      try sweep(sequence, features, action, on: .buffer(queue: 0), errorLimit: 4)
    }
  }

  @Test(
    "G03, G31, G33, G34, G35: any command is refused, for any reason", arguments: sequences,
    [0x1200, 0x1201, 0x1202, 0x1203] as [UInt32])
  func refusal(_ sequence: Sequence, _ answer: UInt32) throws {
    // Those that depend on it are refused too.
    try sweep(sequence, [], .refuse(answer), on: .buffer(queue: 0), errorLimit: 4)
  }

  @Test(
    "H08: the cursor's queue breaks, or the device does, at any command of it",
    arguments: rings, [.needsReset, .id(63)] as [ModelFault.Action])
  func cursorQueue(_ features: Features, _ action: ModelFault.Action) throws {
    for sequence in Self.sequences where sequence.name == "cursor" || sequence.name == "resize" {
      try sweep(sequence, features, action, on: .buffer(queue: 1))
    }
  }
}
