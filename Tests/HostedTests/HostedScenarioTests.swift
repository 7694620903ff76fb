import Testing
import VirtIO
import VirtIOTesting

/// The scenario that bare metal and the model lead too, on QEMU's device under this process.
@Suite struct HostedScenarioTests {
  @Test("one life of a display: every frame as it was presented, the cursor, and the end")
  func wholeLife() async throws {
    var configuration = HostedMachine.configuration(width: 333, height: 201)
    configuration.traceEvents = ["virtio_gpu_update_cursor"]
    try await HostedMachine.run(configuration) { machine in
      var stages: [Scenario.Stage] = []
      try Scenario.run(
        machine.transport(), on: machine.platform, waiting: .polling(.seconds(2))
      ) { stage in
        stages.append(stage)
        guard case .frame(let number) = stage else { return }
        let picture = try? machine.wait { try await machine.qemu.picture() }
        #expect(picture.map { Self.wrongPixelCount($0, after: number) } == 0, "\(stage)")
      }
      #expect(stages.count == Scenario.frameCount + 1 + 10 + 1)
      #expect(try await eventually { machine.qemu.cursorUpdates.count >= 11 })
      let cursors = machine.qemu.cursorUpdates
      #expect(cursors.first == "scanout 0, x 10, y 20, update, res 0x2")
      #expect(cursors.contains("scanout 0, x 120, y 81, move, res 0x2"))
      #expect(cursors.last == "scanout 0, x 120, y 81, update, res 0x0")
      #expect(cursors.count == 11)
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  static func wrongPixelCount(_ picture: Picture, after number: Int) -> Int? {
    guard picture.width == 333, picture.height == 201 else { return nil }
    return (0..<333 * 201).count { index in
      let (x, y) = (index % 333, index / 333)
      let pixel = picture[x, y]
      let found = UInt32(pixel.red) << 16 | UInt32(pixel.green) << 8 | UInt32(pixel.blue)
      return found != Scenario.pixel(x: x, y: y, after: number, width: 333, height: 201)
    }
  }
}
