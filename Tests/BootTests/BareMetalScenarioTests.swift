import Testing
import VirtIOTesting

/// The scenario that the model and QEMU's device under a test lead too, booted.
@Suite struct BareMetalScenarioTests {
  static func configuration(_ arguments: String?) throws -> MachineConfiguration {
    var machine = MachineConfiguration(image: try Repository.image("Scenario"))
    machine.gpus = [MachineShape.gpu(333, 201)]
    machine.append = arguments
    machine.traceEvents = ["virtio_gpu_update_cursor"]
    return machine
  }

  @Test(
    "F-ARM, F-BOOT: every frame is on the display as it was presented", arguments: [0, 1, 5, 10])
  func frames(_ number: Int) async throws {
    try await MachineSlots.shared.run(Self.configuration("frames=\(number)")) { machine in
      try await machine.waitUntilReady()
      let picture = try await machine.picture(gpu: 0, head: 0)
      #expect((picture.width, picture.height) == (333, 201))
      let wrong = (0..<333 * 201).count { index in
        let (x, y) = (index % 333, index / 333)
        let pixel = picture[x, y]
        let found = UInt32(pixel.red) << 16 | UInt32(pixel.green) << 8 | UInt32(pixel.blue)
        return found != Scenario.pixel(x: x, y: y, after: number, width: 333, height: 201)
      }
      #expect(wrong == 0)
      #expect(machine.guestErrors() == [])
    }
  }

  @Test("the whole life, cursor and end included")
  func wholeLife() async throws {
    try await MachineSlots.shared.run(Self.configuration(nil)) { machine in
      let done = try await machine.serial.first { $0.text == "SCENARIO DONE" || $0.saysPanic }
      #expect(done?.text == "SCENARIO DONE")
      let cursors = machine.log().filter { $0.hasPrefix("virtio_gpu_update_cursor") }
      #expect(cursors.first == "virtio_gpu_update_cursor scanout 0, x 10, y 20, update, res 0x2")
      #expect(cursors.contains("virtio_gpu_update_cursor scanout 0, x 120, y 81, move, res 0x2"))
      #expect(cursors.last == "virtio_gpu_update_cursor scanout 0, x 120, y 81, update, res 0x0")
      #expect(cursors.count == 11)
      #expect(machine.guestErrors() == [])
    }
  }
}
