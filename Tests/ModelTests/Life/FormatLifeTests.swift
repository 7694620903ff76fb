import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// Pictures in each of the eight formats, on a device that checks all rules.
@Suite struct FormatLifeTests {
  @Test(
    "F-FORMATS, GPU-D-6: a picture in any format is on the scanout, pixel for pixel",
    arguments: [
      .b8g8r8a8, .b8g8r8x8, .a8r8g8b8, .x8r8g8b8, .r8g8b8a8, .x8b8g8r8, .a8b8g8r8, .r8g8b8x8,
    ] as [PixelFormat])
  func format(_ format: PixelFormat) throws {
    let machine = ModelMachine()
    var display = try ModelDisplay.open(
      machine.makeTransport(), on: machine.platform, format: format, waiting: patience)
    for (width, number) in [(64, 1), (33, 2)] {
      if number > 1 { try display.setMode(width: UInt32(width), height: 48) }
      var frame = try display.nextFrame(waiting: patience)
      #expect(frame.format == format && frame.width == width)
      let bounds = frame.bounds
      var canvas = Canvas(
        width: frame.width, height: frame.height, format: format, pixels: frame.pixels)
      canvas.fill(bounds) { x, y in PixelFormat.b8g8r8x8.decode(LifeTests.color(x, y, number)) }
      try display.finish(display.present(frame), waiting: patience)
      let picture = try #require(machine.pixels(ofScanout: 0))
      for y in 0..<48 {
        for x in 0..<width { #expect(picture[x, y].rgb == LifeTests.color(x, y, number)) }
      }
    }
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
    #expect(machine.liveAllocationCount == 0)
  }
}
