import Testing
import VirtIOTesting

/// One display after another in one boot.
@Suite struct LivesTests {
  @Test(
    "F-HANDOVER, CLEAN-2: ten displays by polling, and as much memory as before after each",
    arguments: [true, false])
  func memory(onPCI: Bool) async throws {
    var machine = MachineConfiguration(image: try Repository.image("Faults"))
    machine.gpus = [onPCI ? MachineShape.gpu() : "virtio-gpu-device,xres=640,yres=480"]
    machine.extraArguments = ["-global", "virtio-mmio.force-legacy=false"]
    machine.append = "lives=10 fault=panic" + (onPCI ? "" : " gpu=slot")
    machine.memoryMiB = 64
    machine.traceEvents = ["virtio_gpu_cmd_*"]
    try await MachineSlots.shared.run(machine) { machine in
      try await machine.waitUntilEnded()
      let lines = machine.serial.lines.map(\.text)
      let counts = lines.filter { $0.hasPrefix("FAULTS pages=") }
      #expect(counts.count == 11 && Set(counts).count == 1, "\(lines.prefix(20))")
      // The crash screen, which is the last driver, leaves its picture.
      #expect(lines.last == "crash screen: on scanout 0")
      let log = machine.log()
      #expect(log.count { $0.hasPrefix("virtio_gpu_cmd_res_create_2d ") } == 11)
      #expect(log.count { $0.hasPrefix("virtio_gpu_cmd_res_unref ") } == 10)
      #expect(log.count { $0.hasPrefix("virtio_gpu_cmd_set_scanout id 0, res 0x0,") } == 10)
      #expect(machine.guestErrors() == [])
    }
  }

  @Test(
    "CLEAN-2, INIT-2: five displays, each opened by polling and going on by interrupts",
    arguments: [0, 1, 2])
  func interrupts(_ index: Int) async throws {
    var machine = try InterruptCase.all[index].configuration("Interrupts")
    machine.append = "lives=5 frames=5"
    machine.traceEvents += ["virtio_gpu_cmd_*"]
    try await MachineSlots.shared.run(machine) { machine in
      try await machine.waitUntilReady()
      let lines = machine.serial.lines.map(\.text)
      #expect(lines.count { $0 == "INTERRUPTS closed" } == 4)
      #expect(lines.count { $0.hasPrefix("interrupts: ") && $0.contains(" by ") } == 5, "\(lines)")
      let picture = try await machine.picture(gpu: 0, head: 0)
      #expect(
        TestCardPicture.difference(picture, scanout: 4, width: 640, height: 480) == nil)
      let log = machine.log()
      #expect(log.count { $0.hasPrefix("virtio_gpu_cmd_res_unref ") } == 4)
      #expect(machine.guestErrors() == [])
    }
  }
}
