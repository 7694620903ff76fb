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

  @Test(arguments: TreeFault.all)
  func withADamagedTree(_ fault: TreeFault) async throws {
    var machine = MachineConfiguration(image: try Repository.image("TestCard", fault.form))
    machine.memoryMiB = 64
    machine.hasTestAccess = true
    machine.startsStopped = true
    let lines = try await MachineSlots.shared.run(machine) { machine in
      let memory = try machine.connectTestAccess()
      let whole = try await memory.read(fault.address, count: TreeFault.byteCount)
      try #require(whole.starts(with: TreeFault.magic), "The tree lies elsewhere in this QEMU.")
      var damaged = whole
      fault.damage(&damaged)
      try #require(damaged != whole)
      try await memory.write(fault.address, damaged)
      try await machine.resume()
      try await machine.waitUntilEnded()
      return machine.serial.lines
    }
    Self.expectOnePanic(lines)
  }

  private static func expectOnePanic(_ lines: [SerialLine]) {
    let panics = lines.filter { $0.text.contains("PANIC") }.map(\.text)
    #expect(panics.count == 1, "The guest said: \(lines.map(\.text))")
    let reason = panics.first.map { $0.dropFirst("PANIC: ".count) } ?? ""
    #expect(panics.allSatisfy { $0.hasPrefix("PANIC: ") } && !reason.isEmpty)
    #expect(panics.joined().utf8.allSatisfy { (0x20..<0x7F).contains($0) })
  }
}
