import VirtIOGPU
import VirtIOGraphics

/// A console on the frames of a display.
enum ConsoleFrame {
  /// Draws what has changed, and what this frame has missed before: with several on their way, each has seen
  /// only some of the lines.
  static func draw<Font: BitmapFont & ~Copyable & ~Escapable>(
    _ console: borrowing TextConsole, on frame: inout Frame, _ damage: DamageList,
    font: borrowing Font
  ) {
    var region = frame.staleRegion
    region.formUnion(damage)
    var canvas = Canvas(
      width: frame.width, height: frame.height, format: .b8g8r8x8, pixels: frame.pixels)
    // Around the grid too there may be what was there before.
    if region.bounds == canvas.bounds { canvas.fill(.black) }
    console.draw(on: &canvas, in: region.rectangles, font: font)
  }
}
