import Foundation
import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// QEMU's GPU with a 3D library behind it, which takes a display and OpenGL: `make gl` has them, and sets
/// `GL_WITNESS`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["GL_WITNESS"] != nil))
struct GLTests {
  private static let second = PollingWaiter(timeout: .seconds(5))

  private static func configuration() -> MachineConfiguration {
    var machine = HostedMachine.configuration(width: 320, height: 200)
    machine.gpus = ["virtio-gpu-gl-pci,id=gpu0,xres=320,yres=200"]
    machine.display = .window
    machine.extraArguments = ["-display", "sdl,gl=on"]
    return machine
  }

  private static func open(_ machine: HostedMachine, _ wanted: GPUFeatures) throws -> Screen {
    try Screen.open(machine.transport(), on: machine.platform, wanting: wanted, waiting: second)
  }

  @Test("F-CAPSETS, GPU-CAPS-1: virglrenderer's two capability sets are listed and read")
  func capabilitySets() async throws {
    try await HostedMachine.run(Self.configuration()) { machine in
      var display = try Self.open(machine, .virgl)
      #expect(display.features.contains(.virgl))
      let found = try display.readCapabilitySets(waiting: Self.second)
      #expect(found.count >= 2)
      let virgl = try #require(found[.virgl])
      let virgl2 = try #require(found[.virgl2])
      #expect(virgl.maximumVersion == 1 && virgl.maximumByteCount == 308)
      #expect(virgl2.maximumVersion >= 2 && virgl2.maximumByteCount >= 1376)
      for set in [virgl, virgl2] {
        var bytes = [UInt8](repeating: 0xee, count: Int(set.maximumByteCount))
        var target = bytes.mutableSpan
        let count = try display.readCapabilities(of: set, into: &target, waiting: Self.second)
        #expect(count == bytes.count)
        // `max_version`, the first word of both (virgl_hw.h).
        let version = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[$1]) << (8 * $1) }
        #expect(version == set.maximumVersion)
        // Formats that can be sampled, rendered to and so on: some can.
        #expect(bytes[4..<68].contains { $0 != 0 })
      }
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("frames go on beside that, from scattered pages too")
  func frames() async throws {
    try await HostedMachine.run(Self.configuration()) { machine in
      machine.memory.scatter(.shuffled(seed: 4))
      var display = try Self.open(machine, .virgl)
      for seed: UInt32 in 0..<10 {
        var frame = try display.nextFrame(waiting: Self.second)
        var pixels = frame.pixels
        ExpectedPicture(width: 320, height: 200, seed: seed).draw(in: &pixels)
        try display.finish(try display.present(frame), waiting: Self.second)
        #expect(try display.readCapabilitySets(waiting: Self.second).count >= 2)
      }
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }
}
