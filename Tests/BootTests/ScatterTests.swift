import Testing
import VirtIOTesting

/// A display in fragmented memory: the image Scatter.
@Suite struct ScatterTests {
  @Test(
    "F-SCATTER, S9: where free RAM lies in short runs only, a picture comes up pixel for pixel",
    arguments: [4, 8, 33])
  func fragmentedMemory(_ run: Int) async throws {
    var machine = MachineConfiguration(image: try Repository.image("Scatter"))
    machine.memoryMiB = 64
    machine.gpus = ["virtio-gpu-pci,xres=640,yres=480"]
    machine.append = "run=\(run)"
    try await MachineSlots.shared.run(machine, deadline: .seconds(60)) { machine in
      _ = try await machine.waitUntilReady()
      let picture = try await machine.picture()
      #expect(TestCardPicture.difference(picture, scanout: 0, width: 640, height: 480) == nil)
      #expect(machine.guestErrors() == [])
    }
  }
}
