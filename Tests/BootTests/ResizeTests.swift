import Testing
import VirtIOTesting

/// TestCard while displays are resized under it.
@Suite struct ResizeTests {
  @Test("GPU-EVT-1: each size that the host asks for is shown, one that the device refuses is not")
  func followsTheHost() async throws {
    var machine = MachineConfiguration(image: try Repository.image("TestCard"))
    machine.gpus = [MachineShape.gpu(640, 480)]
    machine.display = .heads(1)
    try await MachineSlots.shared.run(machine) { machine in
      try await machine.waitUntilReady()
      let client = try await machine.connectVNC(head: 0)
      for (width, height) in [(800, 600), (1023, 769), (17, 4001), (1280, 720)] {
        try await client.setDesktopSize(width: UInt16(width), height: UInt16(height))
        try await Self.check(machine, width, height)
      }
      // The device shows nothing below 16x16: it says so, and the driver goes on.
      try await client.setDesktopSize(width: 1, height: 1)
      let refused = try await machine.serial.first { $0.text.contains("was refused with 0x1205") }
      #expect(refused?.text.hasPrefix("TESTCARD gpu=0 scanout=0 command 0x103 on resource") == true)
      try await client.setDesktopSize(width: 700, height: 500)
      try await Self.check(machine, 700, 500)
    }
  }

  /// Waits for the guest to say the size, then compares the picture.
  private static func check(_ machine: QEMUMachine, _ width: Int, _ height: Int) async throws {
    let line = "TESTCARD scanout=0 size=\(width)x\(height)"
    _ = try await machine.serial.first { $0.text == line }
    let picture = try await machine.picture(gpu: 0, head: 0)
    let difference = TestCardPicture.difference(
      picture, scanout: 0, width: width, height: height)
    #expect(difference == nil, "\(line)")
  }
}
