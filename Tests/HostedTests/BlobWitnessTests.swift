import Foundation
import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// Pictures that are shown where they were drawn, by a QEMU that can do that: one that makes blobs without
/// `/dev/udmabuf` needs OpenGL and is newer than that of `make qemu`. With `BLOB_WITNESS` set to the GPU's
/// properties, such as `virtio-gpu-gl-pci,blob=on`, and `qemu-system-aarch64` on `PATH`, it is put to the test.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["BLOB_WITNESS"] != nil))
struct BlobWitnessTests {
  private static let second = PollingWaiter(timeout: .seconds(5))

  private static func configuration() -> MachineConfiguration {
    var machine = HostedMachine.configuration(width: 320, height: 200)
    let gpu = ProcessInfo.processInfo.environment["BLOB_WITNESS"] ?? ""
    machine.gpus = ["\(gpu),id=gpu0,xres=320,yres=200"]
    machine.display = .window
    machine.extraArguments = [
      "-display", ProcessInfo.processInfo.environment["BLOB_DISPLAY"] ?? "sdl,gl=on",
    ]
    machine.traceEvents = ["virtio_gpu_cmd_*"]
    return machine
  }

  @Test(
    "GPU-BLOB-1, GPU-SCANBLOB-1, GPU-D-13: frames are shown in place", arguments: [false, true])
  func frames(isScattered: Bool) async throws {
    try await HostedMachine.run(Self.configuration()) { machine in
      if isScattered { machine.memory.scatter(.shuffled(seed: 5)) }
      var display = try Screen.open(
        machine.transport(), on: machine.platform, wanting: .virgl, pixels: .shared([]),
        waiting: Self.second)
      for seed: UInt32 in 0..<6 {
        var frame = try display.nextFrame(waiting: Self.second)
        let expected = ExpectedPicture(width: 320, height: 200, seed: seed)
        var pixels = frame.pixels
        expected.draw(in: &pixels)
        let presentation = try display.present(frame)
        do {
          try display.finish(presentation, waiting: Self.second)
        } catch {
          Issue.record("\(error): \(machine.qemu.commands), \(machine.qemu.guestErrors())")
          break
        }
        #expect(expected.difference(from: try await machine.qemu.picture()) == nil)
      }
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
    }
  }
}
