import Synchronization
import Testing
import VirtIOTesting

/// A machine whose device breaks while it runs.
@Suite struct RecoveryTests {
  private static func configuration(_ image: String, _ arguments: String) throws
    -> MachineConfiguration
  {
    var machine = MachineConfiguration(image: try Repository.image(image))
    machine.gpus = [MachineShape.gpu(640, 480, "addr=1")]
    machine.append = arguments
    machine.hasTestAccess = true
    machine.memoryMiB = 64
    return machine
  }

  /// The times that the lines that start with some words tell of.
  private static func times(_ start: String, _ machine: QEMUMachine) -> [Int] {
    machine.serial.lines.map(\.text).filter { $0.hasPrefix(start) }
      .compactMap { Int($0.dropFirst(start.count).prefix { $0.isNumber }) }
  }

  /// Waits for the line that starts with some words for the so many-th time; or one that says that the guest
  /// does not go on.
  private static func line(_ number: Int, _ start: String, _ machine: QEMUMachine) async throws
    -> String?
  {
    let count = Mutex(0)
    return try await machine.serial.first { line in
      if line.saysPanic || line.text.contains(" DONE") { return true }
      guard line.text.hasPrefix(start) else { return false }
      return count.withLock { count in
        count += 1
        return count == number
      }
    }?.text
  }

  /// Does something to the device while the processor is stopped.
  private static func meddle(
    _ machine: QEMUMachine, _ registers: QTestClient, _ body: (OutsideQueue) async throws -> Void
  ) async throws {
    try await machine.pause()
    let queue = try await OutsideQueue(ofSlot: 1, registers)
    try await body(queue)
    try await machine.resume()
  }

  @Test(
    """
    F-RECOVERY, F-NEEDSRESET, STATUS-4, H08: a card is back each time that the device breaks
    """, arguments: ["", "wait=poll"])
  func card(_ arguments: String) async throws {
    try await MachineSlots.shared.run(Self.configuration("TestCard", arguments)) { machine in
      try await machine.waitUntilReady()
      let registers = try machine.connectTestAccess()
      let prefix = "TESTCARD recovered us="
      for round in 1...21 {
        try await Self.meddle(machine, registers) { queue in
          try await queue.makeMalformedChainAvailable()
          #expect(try await queue.status() & 0x40 != 0)
        }
        #expect(try await Self.line(round, prefix, machine)?.hasPrefix(prefix) == true)
        let difference = TestCardPicture.difference(
          try await machine.picture(), scanout: 0, width: 640, height: 480)
        #expect(difference == nil, "\(round)")
      }
      let times = Self.times(prefix, machine).sorted()
      print(
        "TestCard \(arguments): recovery takes \(times[times.count / 2]) us, median of \(times)")
      #expect(!machine.serial.lines.contains { $0.saysPanic || $0.text.contains("not recovered") })
      #expect(
        machine.guestErrors().allSatisfy { $0.contains("Guest says") }, "\(machine.guestErrors())")
    }
  }

  @Test(
    """
    F-RECOVERY, CLEAN-2, Q24: a scene in motion goes on, whether the device breaks or says \
    nothing more
    """,
    arguments: ["frames=120", "frames=120 wait=poll buffers=1"])
  func scene(_ arguments: String) async throws {
    try await MachineSlots.shared.run(Self.configuration("Showcase", arguments)) { machine in
      try await machine.waitUntilReady()
      let registers = try machine.connectTestAccess()
      let prefix = "SHOWCASE recovered us="
      for round in 1...4 {
        try await Self.meddle(machine, registers) { queue in
          if round % 2 == 0 {
            try await queue.makeMalformedChainAvailable()
          } else {
            try await queue.truncateRequests()
          }
        }
        let line = try await Self.line(round, prefix, machine)
        #expect(line?.hasPrefix(prefix) == true, "\(String(describing: line))")
      }
      let last = try await machine.serial.first {
        $0.text.hasPrefix("SHOWCASE DONE") || $0.saysPanic
      }
      #expect(last?.text == "SHOWCASE DONE frames=120")
      print("Showcase \(arguments): \(Self.times(prefix, machine)) us")
    }
  }
}
