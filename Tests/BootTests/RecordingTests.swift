import Testing
import VirtIOTesting

/// An animation of what a running guest shows.
@Suite struct RecordingTests {
  private static func showcase(_ arguments: String) throws -> MachineConfiguration {
    var machine = MachineConfiguration(image: try Repository.image("Showcase"))
    machine.gpus = ["virtio-gpu-pci,xres=64,yres=48"]
    machine.append = arguments
    return machine
  }

  @Test("a recording has pictures of the time asked for, which differ")
  func record() async throws {
    let (animation, milliseconds) = try await MachineSlots.shared.run(Self.showcase("")) {
      machine in
      try await machine.waitUntilReady()
      return try await machine.record(for: .seconds(2), rate: 5)
    }
    #expect((2...10).contains(animation.count) && milliseconds >= 200)
    let file = try #require(animation.file(milliseconds: milliseconds))
    let size: [UInt8] = [0, 0, 0, 64, 0, 0, 0, 48]
    #expect(Array(file[16..<24]) == size)
    #expect(Set(animation.pictures).count > 1)
  }

  @Test("a guest that switches the machine off ends its recording")
  func end() async throws {
    let (animation, _) = try await MachineSlots.shared.run(Self.showcase("frames=240")) { machine in
      try await machine.waitUntilReady()
      return try await machine.record(for: .seconds(60), rate: 10)
    }
    #expect(animation.count > 0)
  }
}
