import Testing
import VirtIOTesting

/// What the kernel says when a program does what it must not: one report, then power-off.
@Suite struct FaultTests {
  /// The lines of the image `Faults`, to the end of the machine.
  private static func lines(_ fault: String, _ form: ImageForm = .elf, _ options: [String] = [])
    async throws -> [String]
  {
    var machine = MachineConfiguration(image: try Repository.image("Faults", form))
    machine.gpus = []
    machine.memoryMiB = 64
    machine.machineOptions = options
    machine.append = "fault=\(fault)"
    return try await MachineSlots.shared.run(machine) { machine in
      // Power-off: without it, this ends by the deadline and throws.
      try await machine.waitUntilEnded()
      #expect(machine.guestErrors() == [])
      return machine.serial.lines.map(\.text)
    }
  }

  /// A fault, what its report must say, and which function it must name.
  struct Case: Sendable, CustomTestStringConvertible {
    var fault: String
    var sentence: String
    var syndrome: String
    var function: String

    var testDescription: String { fault }
  }

  static let cases: [Case] = [
    Case(
      fault: "stack",
      sentence: "stack overflow: write to unmapped memory at "
        + "0x[0-9a-f]+: data abort, translation fault at level 3, in 0x[0-9a-f]+",
      syndrome: "data abort, translation fault at level 3, write",
      function: "static Fault.overflow(seed:)"),
    Case(
      fault: "text",
      sentence: "write to read-only memory at 0x40200000: "
        + "data abort, permission fault at level 3, in 0x[0-9a-f]+",
      syndrome: "data abort, permission fault at level 3, write",
      function: "static Fault.writeText()"),
    Case(
      fault: "execute",
      sentence: "execution of data at 0x[0-9a-f]+: "
        + "instruction abort, permission fault at level [23], from 0x[0-9a-f]+",
      syndrome: "instruction abort, permission fault at level [23]",
      function: "static Fault.executeData(on:)"),
    Case(
      fault: "null",
      sentence: "jump to 0x0: instruction abort, "
        + "(translation|permission) fault at level [0-3], from 0x[0-9a-f]+",
      syndrome: "instruction abort, (translation|permission) fault at level [0-3]",
      function: "static Fault.jumpToNull()"),
    Case(
      fault: "unmapped",
      sentence: "read from unmapped memory at 0x2000000000: "
        + "data abort, translation fault at level [01], in 0x[0-9a-f]+",
      syndrome: "data abort, translation fault at level [01], read",
      function: "static Fault.readUnmapped()"),
  ]

  @Test("a fault gets one readable report, then power-off", arguments: cases)
  func report(_ fault: Case) async throws {
    let lines = try await Self.lines(fault.fault)
    #expect(lines.allSatisfy { $0.utf8.allSatisfy { (0x20..<0x7F).contains($0) } })
    let word = "0x[0-9a-f]{16}"
    var expected = [
      "PANIC: \(fault.sentence)", "ESR \(word): \(fault.syndrome)",
      "FAR \(word) ELR \(word) SPSR \(word) sp \(word)",
    ]
    for first in stride(from: 0, through: 28, by: 4) {
      expected.append(
        (first...min(first + 3, 30)).map { "x\($0)\($0 < 10 ? " " : "") \(word)" }
          .joined(separator: " "))
    }
    expected.append("backtrace:")
    try #require(lines.count > expected.count, "The guest said: \(lines)")
    for (line, pattern) in zip(lines, expected) {
      #expect(try Regex(pattern).wholeMatch(in: line) != nil, "\(line) is not \(pattern)")
    }
    let calls = Array(lines[expected.count...])
    #expect(calls.allSatisfy { Symbolizer.address(in: $0) != nil })

    let symbolizer = try Symbolizer(elf: Repository.image("Faults"))
    let named = await symbolizer.annotate(calls)
    #expect(named.first?.contains(" \(fault.function) + ") == true, "\(named)")
    if fault.fault == "stack" {
      // No end in sight: what is printed is bounded.
      #expect(named.count > 16 && named.count <= 34)
      #expect(named.allSatisfy { $0.contains(" \(fault.function) + ") })
    } else {
      #expect(named.last?.contains(" at_level_1 + ") == true, "\(named)")
      #expect(named.contains { $0.contains(" static Main.main() + ") || $0.contains(" main + ") })
    }
  }

  @Test("the registers are those of the moment of the fault")
  func registers() async throws {
    let lines = try await Self.lines("unmapped")
    let syndrome = lines.first { $0.hasPrefix("ESR ") }
    // EC 0x25, IL, no write, translation fault.
    #expect(syndrome?.hasPrefix("ESR 0x000000009600000") == true)
    let system = lines.first { $0.hasPrefix("FAR ") } ?? ""
    #expect(system.hasPrefix("FAR 0x0000002000000000 ELR 0x00000000402"))
    // Level 1 on its own stack, everything masked.
    #expect(try Regex("SPSR 0x00000000[0-9a-f]00003c5 ").firstMatch(in: system) != nil)
    let pointer = system.split(separator: " ").last?.dropFirst(2) ?? ""
    let frame = lines.joined(separator: " ").split(separator: "x29 0x").last?.prefix(16) ?? ""
    // A frame record of the function that reads lies on its stack.
    let distance = (UInt64(frame, radix: 16) ?? 0) &- (UInt64(pointer, radix: 16) ?? 0)
    #expect(distance < 4096)
  }

  @Test("the report works wherever the kernel is entered", arguments: ImageForm.allCases)
  func fromLevel2(_ form: ImageForm) async throws {
    let lines = try await Self.lines("stack", form, ["virtualization=on"])
    #expect(lines.first?.hasPrefix("PANIC: stack overflow: ") == true)
    #expect(lines.contains("backtrace:"))
  }

  @Test("running out of memory is an answer, and memory that is given back serves again")
  func memory() async throws {
    let lines = try await Self.lines("memory")
    try #require(lines.count == 2, "\(lines)")
    let first = try #require(
      lines[0].wholeMatch(
        of: /FAULTS: memory exhausted after (\d+) MiB: out of memory is a value/))
    let second = try #require(
      lines[1].wholeMatch(of: /FAULTS: given back and taken again: (\d+) MiB/))
    #expect(first.1 == second.1)
    #expect((48...64).contains(Int(first.1) ?? 0))
  }

  @Test("a panic says who called it")
  func panic() async throws {
    let lines = try await Self.lines("none")
    #expect(
      lines.first == "PANIC: no fault: expected fault=stack|text|execute|null|unmapped|memory")
    #expect(lines.dropFirst().first == "backtrace:")
    let symbolizer = try Symbolizer(elf: Repository.image("Faults"))
    let named = await symbolizer.annotate(Array(lines.dropFirst(2)))
    #expect(named.first?.contains(" static Main.commit(_:on:) + ") == true, "\(named)")
    #expect(named.contains { $0.contains(" static Main.main() + ") })
    #expect(named.last?.contains(" at_level_1 + ") == true, "\(named)")
  }
}
