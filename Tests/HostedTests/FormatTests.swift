import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// Pictures in each of the eight formats, on QEMU's device.
@Suite struct FormatTests {
  private static let second = PollingWaiter(timeout: .seconds(1))
  private static let formats: [PixelFormat] = [
    .b8g8r8a8, .b8g8r8x8, .a8r8g8b8, .x8r8g8b8, .r8g8b8a8, .x8b8g8r8, .a8b8g8r8, .r8g8b8x8,
  ]

  /// Draws a part of a picture in whatever format the frame has.
  private static func draw(_ part: Rectangle, of picture: ExpectedPicture, in frame: inout Frame) {
    var canvas = Canvas(
      width: frame.width, height: frame.height, format: frame.format, pixels: frame.pixels)
    canvas.clip = part
    canvas.copy(picture.words.span, in: .b8g8r8x8, width: picture.width, x: 0, y: 0)
  }

  /// Presents whole pictures, and damage on the last, and compares.
  private static func show(
    _ format: PixelFormat, _ display: inout Screen, _ machine: HostedMachine
  ) async throws {
    var picture = ExpectedPicture(width: 0, height: 0, words: [])
    for seed in 0..<3 as Range<UInt32> {
      var frame = try display.nextFrame(waiting: second)
      #expect(frame.format == format)
      picture = ExpectedPicture(width: frame.width, height: frame.height, seed: seed)
      draw(frame.bounds, of: picture, in: &frame)
      try display.finish(try display.present(frame), waiting: second)
    }
    #expect(picture.difference(from: try await machine.qemu.picture()) == nil, "\(format)")
    let new = ExpectedPicture(width: picture.width, height: picture.height, seed: 9)
    for number in 0..<3 {
      var frame = try display.nextFrame(waiting: second)
      let part = Rectangle(x: 10 * number, y: 5 * number, width: 33, height: 21)
      picture.copy(part, from: new)
      let stale = frame.staleRegion
      for index in stale.rectangles.indices {
        draw(stale.rectangles[index], of: picture, in: &frame)
      }
      draw(part, of: picture, in: &frame)
      let presentation = try display.present(frame, damage: [part].span)
      try display.finish(presentation, waiting: second)
    }
    #expect(picture.difference(from: try await machine.qemu.picture()) == nil, "\(format)")
  }

  @Test("F-FORMATS, GPU-D-6: one display shows pictures in all formats, one after the other")
  func changing() async throws {
    let configuration = HostedMachine.configuration(width: 120, height: 70)
    try await HostedMachine.run(configuration) { machine in
      var display = try machine.openScreen()
      for format in Self.formats + Self.formats.reversed() {
        try display.followDisplay(format: format)
        try await Self.show(format, &display, machine)
      }
      try display.setMode(width: 77, height: 55)
      try await Self.show(Self.formats[0], &display, machine)
      try display.setMode(width: 77, height: 55, format: .r8g8b8x8)
      try await Self.show(.r8g8b8x8, &display, machine)
      try display.close(waiting: Self.second)
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("a display is opened with any format", arguments: [0, 2, 4, 6])
  func opened(_ index: Int) async throws {
    let configuration = HostedMachine.configuration(width: 120, height: 70)
    try await HostedMachine.run(configuration) { machine in
      let format = Self.formats[index]
      var display = try Screen.open(
        machine.transport(), on: machine.platform, format: format, waiting: .polling(.seconds(2)))
      try await Self.show(format, &display, machine)
      try display.close(waiting: Self.second)
    }
  }
}
