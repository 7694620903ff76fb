import Testing
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// The cursor as a client of QEMU's screen gets it: each pixel, and which of them points.
@Suite struct CursorImageTests {
  private static let second = PollingWaiter(timeout: .seconds(1))

  /// An image of which each pixel is different, its alpha too.
  private static func image(_ width: Int, _ height: Int, seed: UInt32) -> [UInt32] {
    (0..<UInt32(width * height)).map { ($0 &+ seed) &* 0x9e37_79b9 }
  }

  /// What the device is to show of such an image.
  private static func shown(
    _ image: [UInt32], _ width: Int, _ height: Int, hotspot: (Int, Int)
  ) -> RFBCursor {
    let pixels = (0..<cursorSize * cursorSize).map { index in
      let (row, column) = (index / cursorSize, index % cursorSize)
      return row < height && column < width ? image[row * width + column] : 0
    }
    return RFBCursor(
      width: cursorSize, height: cursorSize, hotspotX: hotspot.0, hotspotY: hotspot.1,
      pixels: pixels)
  }

  private static func configuration(heads: Int) -> MachineConfiguration {
    var configuration = HostedMachine.configuration(
      width: 320, height: 200, "max_outputs=\(heads)")
    configuration.display = .heads(heads)
    configuration.traceEvents = ["virtio_gpu_update_cursor"]
    return configuration
  }

  @Test(
    """
    F-CURSOR, F-HOTSPOT, GPU-CUR-1, GPU-CUR-2: each image arrives pixel by pixel, padded where it \
    is smaller
    """)
  func pixels() async throws {
    try await HostedMachine.run(Self.configuration(heads: 1)) { machine in
      var display = try machine.openScreen()
      let client = try await machine.qemu.connectVNC(head: 0)
      try await client.announceCursor()
      let sizes = [(64, 64), (1, 1), (16, 24), (63, 64), (64, 1), (32, 32), (64, 64)]
      for (number, (width, height)) in sizes.enumerated() {
        // Each while the one before is shown.
        let image = Self.image(width, height, seed: UInt32(number) * 977)
        try display.setCursor(
          image.span, width: UInt32(width), height: UInt32(height), hotspotX: UInt32(width - 1),
          hotspotY: UInt32(height / 2), x: UInt32(number), y: 7, waiting: Self.second)
        let found = try await client.nextCursor()
        #expect(
          found == Self.shown(image, width, height, hotspot: (width - 1, height / 2)),
          "\(width)x\(height)")
      }
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("GPU-CUR-1: set again, hidden, moved while hidden and shown again")
  func hiding() async throws {
    try await HostedMachine.run(Self.configuration(heads: 1)) { machine in
      var display = try machine.openScreen()
      let client = try await machine.qemu.connectVNC(head: 0)
      try await client.announceCursor()
      let image = Self.image(8, 8, seed: 1)
      for _ in 0..<2 {
        try display.setCursor(
          image.span, width: 8, height: 8, hotspotX: 1, hotspotY: 2, x: 3, y: 4,
          waiting: Self.second)
        #expect(try await client.nextCursor() == Self.shown(image, 8, 8, hotspot: (1, 2)))
      }
      try display.hideCursor()
      try display.moveCursor(toX: 9, y: 10)
      try display.setCursor(
        image.span, width: 8, height: 8, hotspotX: 1, hotspotY: 2, x: 9, y: 10,
        waiting: Self.second)
      let expected = [
        "scanout 0, x 3, y 4, update, res 0x1", "scanout 0, x 3, y 4, update, res 0x1",
        "scanout 0, x 3, y 4, update, res 0x0", "scanout 0, x 9, y 10, move, res 0x0",
        "scanout 0, x 9, y 10, update, res 0x1",
      ]
      #expect(try await eventually { machine.qemu.cursorUpdates.count >= expected.count })
      #expect(machine.qemu.cursorUpdates == expected)
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test(
    """
    F-CURSOR, GPU-CUR-1: the cursor goes from head to head with its image, and is on one at a \
    time
    """)
  func heads() async throws {
    try await HostedMachine.run(Self.configuration(heads: 2)) { machine in
      var display = try machine.openScreen()
      let clients = [
        try await machine.qemu.connectVNC(head: 0), try await machine.qemu.connectVNC(head: 1),
      ]
      try await clients[1].setDesktopSize(width: 400, height: 300)
      #expect(try display.takeDisplayEvent(waiting: Self.second))
      for client in clients { try await client.announceCursor() }
      let image = Self.image(20, 10, seed: 5)
      let shown = Self.shown(image, 20, 10, hotspot: (19, 9))
      try display.setCursor(
        image.span, width: 20, height: 10, hotspotX: 19, hotspotY: 9, x: 1, y: 2,
        waiting: Self.second)
      #expect(try await clients[0].nextCursor() == shown)
      // To the other head, by a move; back, by another image.
      try display.moveCursor(toX: 30, y: 40, on: ScanoutID(rawValue: 1))
      #expect(try await clients[1].nextCursor() == shown)
      let other = Self.image(3, 3, seed: 9)
      try display.setCursor(
        other.span, width: 3, height: 3, hotspotX: 0, hotspotY: 0, x: 5, y: 6,
        on: ScanoutID(rawValue: 0), waiting: Self.second)
      let expected = [
        "scanout 0, x 1, y 2, update, res 0x1", "scanout 0, x 1, y 2, update, res 0x0",
        "scanout 1, x 30, y 40, update, res 0x1", "scanout 1, x 30, y 40, update, res 0x0",
        "scanout 0, x 5, y 6, update, res 0x1",
      ]
      #expect(try await eventually { machine.qemu.cursorUpdates.count >= expected.count })
      #expect(machine.qemu.cursorUpdates == expected)
      // Hiding tells the client of the old image once more; then comes the new one.
      #expect(try await clients[0].nextCursor() == shown)
      #expect(try await clients[0].nextCursor() == Self.shown(other, 3, 3, hotspot: (0, 0)))
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }
}
