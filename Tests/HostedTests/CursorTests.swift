import Testing
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// The cursor of QEMU's screen, as its trace tells of it.
@Suite struct CursorTests {
  private static let second = PollingWaiter(timeout: .seconds(1))
  private static let image = [UInt32](repeating: 0x8000_ff00, count: cursorSize * cursorSize)

  private static var configuration: MachineConfiguration {
    var configuration = HostedMachine.configuration()
    configuration.traceEvents = ["virtio_gpu_update_cursor", "virtio_gpu_cmd_*"]
    return configuration
  }

  @Test("F-CURSOR, F-HOTSPOT, GPU-CUR-1, GPU-CUR-2: shown, moved, changed and hidden")
  func cursor() async throws {
    try await HostedMachine.run(Self.configuration) { machine in
      var display = try machine.openScreen()
      let image = Self.image
      try display.setCursor(
        image.span, hotspotX: 3, hotspotY: 5, x: 100, y: 200, waiting: Self.second)
      try display.moveCursor(toX: 639, y: 479)
      try display.setCursor(
        image.span, hotspotX: 0, hotspotY: 0, x: 1, y: 2, waiting: Self.second)
      try display.hideCursor()
      let expected = [
        "scanout 0, x 100, y 200, update, res 0x1", "scanout 0, x 639, y 479, move, res 0x1",
        "scanout 0, x 1, y 2, update, res 0x1", "scanout 0, x 1, y 2, update, res 0x0",
      ]
      #expect(try await eventually { machine.qemu.cursorUpdates.count >= expected.count })
      #expect(machine.qemu.cursorUpdates == expected)
      // The pixels were there before the cursor was told of them; the resource is made once.
      let log = machine.qemu.log().map { $0.split(separator: " ")[0] }
      #expect(
        log == [
          "virtio_gpu_cmd_get_display_info", "virtio_gpu_cmd_res_create_2d",
          "virtio_gpu_cmd_res_back_attach", "virtio_gpu_cmd_res_xfer_toh_2d",
          "virtio_gpu_update_cursor", "virtio_gpu_update_cursor",
          "virtio_gpu_cmd_res_xfer_toh_2d", "virtio_gpu_update_cursor", "virtio_gpu_update_cursor",
        ])
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("SPLIT-AVAIL-1: more moves than the queue has places: some are left out, never the newest")
  func manyMoves() async throws {
    try await HostedMachine.run(Self.configuration) { machine in
      var display = try machine.openScreen()
      let image = Self.image
      try display.setCursor(
        image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: Self.second)
      for x in 1...200 { try display.moveCursor(toX: UInt32(x), y: 7) }
      let all =
        ["scanout 0, x 0, y 0, update, res 0x1"]
        + (1...200).map { "scanout 0, x \($0), y 7, move, res 0x1" }
      #expect(
        try await eventually {
          try display.drain()
          return machine.qemu.cursorUpdates.last == all.last
        })
      // What the device was told is in order, and nothing comes twice.
      let told = machine.qemu.cursorUpdates.compactMap { all.firstIndex(of: $0) }
      #expect(told.count == machine.qemu.cursorUpdates.count && told.count > 16)
      #expect(zip(told, told.dropFirst()).allSatisfy { $0 < $1 })
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("an image of another size is refused before the device sees it")
  func wrongImage() async throws {
    try await HostedMachine.run(Self.configuration) { machine in
      var display = try machine.openScreen()
      let image = [UInt32](repeating: 0, count: 63 * 64)
      #expect(throws: GPUError.invalidCursorImage(pixelCount: 63 * 64)) {
        try display.setCursor(
          image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: Self.second)
      }
      #expect(machine.qemu.commands == ["get_display_info"])
      try display.close(waiting: Self.second)
    }
  }
}
