import Testing
import VirtIOTesting

/// What bad input gets: one line that says why, then power-off.
///
/// Never a hang, never silence.
@Suite struct PanicTests {
  @Test(arguments: ImageForm.allCases)
  func withoutAGPU(_ form: ImageForm) async throws {
    var machine = MachineConfiguration(image: try Repository.image("TestCard", form))
    machine.gpus = []
    let lines = try await MachineSlots.shared.run(machine) { machine in
      try await machine.waitUntilEnded()
      return machine.serial.lines
    }
    Self.expectOnePanic(lines)
  }

  @Test("F01: what is no device tree, or lies, is a panic in words", arguments: TreeFault.all)
  func withADamagedTree(_ fault: TreeFault) async throws {
    let machine = try fault.configuration(image: "TestCard")
    let lines = try await MachineSlots.shared.run(machine) { machine in
      try await fault.boot(machine)
      try await machine.waitUntilEnded()
      return machine.serial.lines
    }
    Self.expectOnePanic(lines)
  }

  @Test("an image without the other kind of memory says that its devices do not snoop the caches")
  func withoutCoherence() async throws {
    let lines = try await MachineSlots.shared.run(
      TreeFault.noCoherence.configuration(image: "Minimal")
    ) { machine in
      try await TreeFault.noCoherence.boot(machine)
      try await machine.waitUntilEnded()
      return machine.serial.lines
    }
    Self.expectOnePanic(lines)
    #expect(lines.contains { $0.text.contains("expected dma-coherent") })
  }

  @Test("an image that asked for brief reports has no more than a line for a fault")
  func briefly() async throws {
    let lines = try await MachineSlots.shared.run(
      TreeFault.strayLine.configuration(image: "Minimal")
    ) { machine in
      try await TreeFault.strayLine.boot(machine)
      try await machine.waitUntilEnded()
      return machine.serial.lines.map(\.text)
    }
    #expect(lines.count == 1)
    let fault = /PANIC: exception: ESR 0x96[0-9a-f]{6} FAR 0xb0000[0-9a-f]{2} ELR 0x402[0-9a-f]{5}/
    #expect(lines.first?.wholeMatch(of: fault) != nil, "\(lines)")
  }

  private static func expectOnePanic(_ lines: [SerialLine]) {
    let panics = lines.filter { $0.text.contains("PANIC") }.map(\.text)
    #expect(panics.count == 1, "The guest said: \(lines.map(\.text))")
    let reason = panics.first.map { $0.dropFirst("PANIC: ".count) } ?? ""
    #expect(panics.allSatisfy { $0.hasPrefix("PANIC: ") } && !reason.isEmpty)
    #expect(panics.joined().utf8.allSatisfy { (0x20..<0x7F).contains($0) })
  }
}
