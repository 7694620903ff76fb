import Testing
import VirtIOTesting

/// A tree that lies about interrupts: the next mechanism down, in words, and the picture all the same.
@Suite struct InterruptFaultTests {
  @Test(
    "I15, P34: what cannot be used is said, and the next way down is taken",
    arguments: InterruptFault.all)
  func nextWayDown(_ fault: InterruptFault) async throws {
    var machine = MachineConfiguration(image: try Repository.image("TestCard"))
    machine.machineOptions = [fault.machine]
    machine.gpus = [MachineShape.gpu(640, 480, fault.gpu)]
    machine.memoryMiB = 64
    machine.hasTestAccess = true
    machine.startsStopped = true
    try await MachineSlots.shared.run(machine) { machine in
      let memory = try machine.connectTestAccess()
      var tree = try await memory.read(0x4000_0000, count: TreeFault.byteCount)
      let start = try #require(
        (0..<tree.count - fault.old.count).first {
          tree[$0...].starts(with: fault.old)
        })
      tree.replaceSubrange(start..<start + fault.old.count, with: fault.new)
      try await memory.write(0x4000_0000, tree)
      try await machine.resume()
      try await machine.waitUntilReady()
      let lines = machine.serial.lines.map(\.text)
      for line in fault.lines { #expect(lines.contains(line), "\(lines)") }
      let difference = TestCardPicture.difference(
        try await machine.picture(gpu: 0, head: 0), scanout: 0, width: 640, height: 480)
      #expect(difference == nil)
    }
  }
}
