import Foundation
import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// Pictures that are shown where they were drawn, by a QEMU that has blobs: that takes `/dev/udmabuf`, or OpenGL
/// and a newer one than that of `make qemu`, which then makes blobs but shows only those of a 3D library's. With
/// `BLOB_WITNESS` set to the GPU, such as `virtio-gpu-gl-pci,blob=on`, and `BLOB_DISPLAY` to what `-display`
/// takes, it is put to the test.
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
    "frames are shown in place, or the blob is made and cannot be shown", arguments: [false, true])
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
        do throws(GPUError) {
          try display.finish(presentation, waiting: Self.second)
        } catch {
          // Without udmabuf: the blob was made, of all its pieces, and cannot be shown.
          guard case .command(let failure) = error, failure.subject.command == .setScanoutBlob,
            failure.reason == .refused(.unspecified)
          else { throw error }
          #expect(machine.qemu.guestErrors().allSatisfy { $0.contains("not backed by dmabuf") })
          #expect(machine.qemu.commands.contains { $0.hasPrefix("res_create_blob") })
          break
        }
        #expect(expected.difference(from: try await machine.qemu.picture()) == nil)
      }
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
    }
  }
}
