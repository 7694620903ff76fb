import Testing
import VirtIOTesting

/// The state of the machine while a crash screen stays: looked at from outside.
@Suite struct CrashStateTests {
  /// Where the linker has put something.
  private static func address(_ name: String, in image: String) async throws -> UInt64 {
    let output = try await Command(
      Toolchain.tool("llvm-nm"), [Repository.image(image)]
    ).collect()
    let line = output.text.split(separator: "\n").first { $0.hasSuffix(" \(name)") }
    return try #require(line.flatMap { UInt64($0.prefix { $0 != " " }, radix: 16) })
  }

  @Test(
    "it runs on a stack of its own, of which a third stays free",
    arguments: ["boot", "flight", "handler"])
  func stack(_ state: String) async throws {
    let bottom = try await Self.address("__crash_stack_bottom", in: "Faults")
    let top = try await Self.address("__crash_stack_top", in: "Faults")
    #expect(top - bottom == 256 << 10)
    var configuration = try CrashScreenTests.configuration("fault=stack state=\(state)")
    configuration.hasTestAccess = true
    try await MachineSlots.shared.run(configuration) { machine in
      _ = try await CrashScreenTests.report(machine)
      let bytes = try await machine.connectTestAccess().read(bottom, count: Int(top - bottom))
      // It was all zero before.
      let used = bytes.count - (bytes.firstIndex { $0 != 0 } ?? bytes.count)
      #expect((4096...170_000).contains(used), "\(used)")
    }
  }

  @Test(
    "everything is masked, and the processor rests",
    arguments: [("panic", "frame"), ("text", "frame"), ("panic", "handler")])
  func rest(_ fault: String, _ state: String) async throws {
    let configuration = try CrashScreenTests.configuration("fault=\(fault) state=\(state)")
    try await MachineSlots.shared.run(configuration) { machine in
      _ = try await CrashScreenTests.report(machine)
      // Debug exceptions, system errors, interrupts, fast interrupts.
      for _ in 0..<5 {
        let registers = try await machine.registers()
        let state = try #require(registers.firstMatch(of: /PSTATE=([0-9a-f]{8})/))
        let value = try #require(UInt32(state.1, radix: 16))
        #expect(value & 0x3c0 == 0x3c0, "\(state.1)")
      }
    }
  }
}

extension QEMUMachine {
  /// The registers of the processor, as QEMU's monitor lists them.
  func registers() async throws -> String {
    let answer = try await qmp.execute(
      "human-monitor-command", ["command-line": .string("info registers")])
    guard case .string(let text) = answer else { return "" }
    return text
  }
}
