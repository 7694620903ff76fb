import Testing
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// How a driver begins and ends: memory, and one driver after another.
@Suite struct LifeTests {
  private static let second = PollingWaiter(timeout: .seconds(1))

  /// Opens a display, shows a picture, and closes the display again.
  private static func live(_ machine: HostedMachine, seed: UInt32) async throws {
    var display = try Screen.open(
      machine.transport(), on: machine.platform, waiting: second)
    var frame = try display.nextFrame(waiting: second)
    let expected = ExpectedPicture(width: 64, height: 48, seed: seed)
    var pixels = frame.pixels
    expected.draw(in: &pixels)
    try display.finish(try display.present(frame), waiting: second)
    let image = [UInt32](repeating: .max, count: cursorSize * cursorSize)
    try display.setCursor(image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: second)
    #expect(expected.difference(from: try await machine.qemu.picture()) == nil)
    try display.close(waiting: second)
  }

  @Test(
    """
    F-HANDOVER, F-TEARDOWN, CLEAN-2, INIT-2, RESET-1: a second driver starts at once where the \
    first has ended
    """)
  func oneAfterAnother() async throws {
    try await HostedMachine.run(HostedMachine.configuration(width: 64, height: 48)) { machine in
      for seed in 0..<5 {
        try await Self.live(machine, seed: UInt32(seed))
        #expect(machine.memory.takenCount == 0)
      }
      // Whoever comes next finds a device as new: no scanout, no resource, status 0.
      let function = try machine.function(ofType: 16)
      let common = try #require(machine.registers(.common, of: function))
      #expect(common.read8(at: 0x14) == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("INIT-2, SPLIT-KICK-1: a driver takes over a device that another has left as it was")
  func takeOver() async throws {
    try await HostedMachine.run(HostedMachine.configuration(width: 64, height: 48)) { machine in
      try Self.openAndLeave(machine)
      let lost = machine.memory.takenCount
      #expect(lost > 0, "Memory of a display that is dropped stays with the device.")
      try await Self.live(machine, seed: 9)
      #expect(machine.memory.takenCount == lost)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  private static func openAndLeave(_ machine: HostedMachine) throws {
    var display = try machine.openScreen()
    let frame = try display.nextFrame(waiting: second)
    try display.finish(try display.present(frame), waiting: second)
  }

  @Test("INIT-14, INIT-15, CLEAN-2: whichever allocation fails, nothing is lost")
  func failingAllocations() async throws {
    try await HostedMachine.run(HostedMachine.configuration(width: 64, height: 48)) { machine in
      let before = machine.memory.allocationCount
      try await Self.live(machine, seed: 0)
      let count = machine.memory.allocationCount - before
      #expect(count == 7)
      for number in 1...count {
        machine.memory.failAllocation(number)
        await #expect(throws: GPUError.self, "allocation \(number)") {
          try await Self.live(machine, seed: 1)
        }
        machine.memory.failAllocation(nil)
        // What fails in the opening gives everything back; a display that was open when something
        // failed was dropped here, and keeps what it had for the device.
        if number <= 4 { #expect(machine.memory.takenCount == 0, "allocation \(number)") }
        try await Self.live(machine, seed: 2)
      }
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("CLEAN-2: a display goes on after an allocation of its has failed")
  func goesOn() async throws {
    try await HostedMachine.run(HostedMachine.configuration(width: 64, height: 48)) { machine in
      var display = try machine.openScreen()
      for number in 1...2 {
        machine.memory.failAllocation(number)
        let error = #expect(throws: GPUError.self) {
          _ = try display.nextFrame(waiting: Self.second)
        }
        guard case .outOfMemory = error else {
          Issue.record("\(String(describing: error))")
          continue
        }
      }
      let frame = try display.nextFrame(waiting: Self.second)
      try display.finish(try display.present(frame), waiting: Self.second)
      let image = [UInt32](repeating: .max, count: cursorSize * cursorSize)
      machine.memory.failAllocation(1)
      #expect(throws: GPUError.self) {
        try display.setCursor(
          image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: Self.second)
      }
      try display.setCursor(
        image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: Self.second)
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }
}
