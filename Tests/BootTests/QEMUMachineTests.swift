import Foundation
import Testing
import VirtIOTesting

/// The harness itself: that a machine ends when it should, and says why.
@Suite struct QEMUMachineTests {
  /// A guest of one instruction, which branches to itself.
  private static func idleGuest() throws -> (TemporaryFolder, MachineConfiguration) {
    let folder = try TemporaryFolder()
    try Data([0x00, 0x00, 0x00, 0x14]).write(to: URL(fileURLWithPath: folder.file("idle.img")))
    return (folder, MachineConfiguration(image: folder.file("idle.img")))
  }

  @Test func endsAtItsDeadline() async throws {
    let (folder, machine) = try Self.idleGuest()
    let error = await #expect(throws: QEMUError.self) {
      try await MachineSlots.shared.run(machine, deadline: .seconds(1)) { machine in
        try await machine.waitUntilReady()
      }
    }
    #expect(error?.description.contains("still running after 1.0 seconds") == true)
    withExtendedLifetime(folder) {}
  }

  @Test func repeatsWhatQEMUSaidLast() async throws {
    var (folder, machine) = try Self.idleGuest()
    machine.extraArguments = ["-device", "no-such-device"]
    let refused = machine
    let error = await #expect(throws: QEMUError.self) {
      try await MachineSlots.shared.run(refused) { try await $0.waitUntilReady() }
    }
    #expect(error?.description.contains("'no-such-device' is not a valid device") == true)
    withExtendedLifetime(folder) {}
  }

  @Test func speaksQMPAndSeesTheScreen() async throws {
    let (folder, machine) = try Self.idleGuest()
    try await MachineSlots.shared.run(machine) { machine in
      let status = try await machine.qmp.execute("query-status")
      #expect(status["status"]?.string == "running")
      await #expect(throws: QEMUError.self) { try await machine.qmp.execute("no-such-command") }
      // Nothing drawn yet: QEMU's placeholder.
      let picture = try await machine.picture()
      #expect(picture.width == 640 && picture.height == 480)
    }
    withExtendedLifetime(folder) {}
  }

  @Test func readsAndWritesMemory() async throws {
    var (folder, configuration) = try Self.idleGuest()
    configuration.hasTestAccess = true
    configuration.startsStopped = true
    try await MachineSlots.shared.run(configuration) { machine in
      let memory = try machine.connectTestAccess()
      try await memory.write32(0x4100_0000, 0x1234_5678)
      #expect(try await memory.read32(0x4100_0000) == 0x1234_5678)
      #expect(try await memory.read(0x4100_0000, count: 5) == [0x78, 0x56, 0x34, 0x12, 0])
    }
    withExtendedLifetime(folder) {}
  }

  @Test func tellsGuestErrorsFromTraces() async throws {
    var (folder, configuration) = try Self.idleGuest()
    configuration.hasTestAccess = true
    configuration.startsStopped = true
    configuration.traceEvents = ["pl011_*"]
    try await MachineSlots.shared.run(configuration) { machine in
      let memory = try machine.connectTestAccess()
      #expect(machine.guestErrors() == [])
      // The serial line has no register at this offset.
      try await memory.write32(0x0900_0F00, 1)
      #expect(machine.log().contains { $0.hasPrefix("pl011_write ") })
      let errors = machine.guestErrors()
      #expect(errors.count == 1 && errors.first?.hasPrefix("pl011_write: Bad offset") == true)
    }
    withExtendedLifetime(folder) {}
  }

  @Test func asksAHeadForASize() async throws {
    var (folder, configuration) = try Self.idleGuest()
    configuration.gpus = ["virtio-gpu-pci,max_outputs=2"]
    configuration.display = .heads(2)
    configuration.startsStopped = true
    try await MachineSlots.shared.run(configuration) { machine in
      try await machine.setDesktopSize(head: 1, width: 801, height: 599)
      await #expect(throws: QEMUError.self) {
        try await machine.setDesktopSize(head: 2, width: 800, height: 600)
      }
    }
    withExtendedLifetime(folder) {}
  }
}
