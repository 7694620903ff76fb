import Testing
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// What the device says about its displays.
@Suite struct InformationTests {
  private static let second = PollingWaiter(timeout: .seconds(1))

  @Test("GPU-INIT-1, GPU-INIT-2: the displays are those that QEMU was given")
  func displayInformation() async throws {
    let configuration = HostedMachine.configuration(width: 1023, height: 769, "max_outputs=3")
    try await HostedMachine.run(configuration) { machine in
      var display = try machine.openScreen()
      #expect(display.scanoutCount == 3)
      let first = display.scanouts[0]
      #expect(first.isEnabled && first.width == 1023 && first.height == 769)
      #expect(first.x == 0 && first.y == 0)
      #expect(!display.scanouts[1].isEnabled && !display.scanouts[2].isEnabled)
      #expect(display.firstScanout == first.id)
      #expect(display.scanout(ScanoutID(rawValue: 3)) == nil)
      // What is not connected cannot be drawn on, what does not exist neither.
      for number: UInt32 in [1, 3, 16, .max] {
        let id = ScanoutID(rawValue: number)
        #expect(throws: GPUError.scanoutDisabled(id)) { try display.tryNextFrame(on: id) != nil }
      }
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("a display describes itself")
  func edid() async throws {
    try await HostedMachine.run(HostedMachine.configuration(width: 800, height: 600)) { machine in
      var display = try machine.openScreen()
      #expect(display.features.contains(.edid))
      let description = try display.readEDID(of: display.scanouts[0].id, waiting: Self.second)
      let bytes = description.bytes
      try #require(bytes.count >= 128)
      for (index, byte) in [0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00].enumerated() {
        #expect(bytes[index] == UInt8(byte))
      }
      // The bytes of the base block add up to 0.
      var sum: UInt8 = 0
      for index in 0..<128 { sum &+= bytes[index] }
      #expect(sum == 0)
      // The first detailed timing has the size that QEMU was given.
      let width = UInt16(bytes[56]) | UInt16(bytes[58] >> 4) << 8
      let height = UInt16(bytes[59]) | UInt16(bytes[61] >> 4) << 8
      #expect(width == 800 && height == 600)
      #expect(throws: GPUError.scanoutDisabled(ScanoutID(rawValue: 1))) {
        _ = try display.readEDID(of: ScanoutID(rawValue: 1), waiting: Self.second)
      }
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("FEAT-12: without EDID the driver does without")
  func withoutEDID() async throws {
    var configuration = HostedMachine.configuration("edid=off")
    configuration.traceEvents = ["virtio_gpu_cmd_*"]
    try await HostedMachine.run(configuration) { machine in
      var display = try machine.openScreen()
      #expect(display.features == [])
      #expect(throws: GPUError.notOffered(.edid)) {
        _ = try display.readEDID(of: display.scanouts[0].id, waiting: Self.second)
      }
      #expect(machine.qemu.commands == ["get_display_info"])
      let frame = try display.nextFrame(waiting: Self.second)
      try display.finish(try display.present(frame), waiting: Self.second)
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }
}
