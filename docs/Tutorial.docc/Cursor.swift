import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOPCI

@main
struct Main {
  static func main() {
    let board = Board()
    guard let device = board.nextDevice(ofType: 16) else { panic("there is no GPU") }
    device.requireDMACoherence()
    guard let transport = try? PCITransport(device.function, deviceType: 16) else {
      panic("the GPU does not have what VirtIO devices have on PCI")
    }
    do throws(GPUError) {
      var screen = try Display.open(
        transport, on: board.platform, waiting: .polling(.seconds(2)))
      try showCursor(on: &screen)
      try play(on: &screen, frames: board.arguments.number("frames") ?? .max)
    } catch {
      panic("\(error)")
    }
    printLine("HELLO READY")
    idle()
  }

  /// Gives the cursor a ring for an image, which points with its middle.
  static func showCursor<T: Transport & ~Copyable>(
    on screen: inout Display<BoardPlatform, T>
  ) throws(GPUError) {
    var image = InlineArray<1024, UInt32>(repeating: 0)
    var canvas = Canvas(width: 32, height: 32, format: .b8g8r8a8, pixels: image.mutableSpan)
    canvas.outline(Circle(x: 16, y: 16, radius: 14), thickness: 3, with: .white)
    try screen.setCursor(
      image.span, width: 32, height: 32, hotspotX: 16, hotspotY: 16, x: 16, y: 16,
      waiting: .polling(.seconds(1)))
  }

  /// Shows so many frames, sixty in a second.
  static func play<T: Transport & ~Copyable>(
    on screen: inout Display<BoardPlatform, T>, frames: UInt64
  ) throws(GPUError) {
    let patience = PollingWaiter(timeout: .seconds(1))
    var ball = Ball()
    var due = screen.platform.now
    var number: UInt64 = 0
    while number < frames {
      number += 1
      var frame = try screen.nextFrame(waiting: patience)
      let old = ball.bounds
      ball.move(within: frame.bounds)
      let changed = old.union(ball.bounds)
      // What has changed in the picture, and what these pixels have not seen of earlier changes.
      var damage = frame.staleRegion
      damage.insert(changed)
      draw(ball, in: &frame, damage)
      let changes = InlineArray<1, Rectangle>(repeating: changed)
      let presentation = try screen.present(frame, damage: changes.span)
      try screen.moveCursor(toX: UInt32(clamping: ball.x), y: UInt32(clamping: ball.y))
      if number == frames { try screen.finish(presentation, waiting: patience) }
      due = Nanoseconds(rawValue: due.rawValue + 16_666_667)
      screen.platform.wait(until: due)
    }
  }

  static func draw(_ ball: Ball, in frame: inout Frame, _ damage: DamageList) {
    var canvas = Canvas(
      width: frame.width, height: frame.height, format: frame.format, pixels: frame.pixels)
    for index in 0..<damage.count {
      canvas.clip = damage[index]
      canvas.fill(Color(rgb: 0x10_2040))
      canvas.draw("Hello, pixels!", x: 32, y: 32, scale: 4, color: .white)
      canvas.fill(Circle(x: ball.x, y: ball.y, radius: Ball.radius), with: Color(rgb: 0xF0_5138))
    }
  }
}

/// A ball that comes back from each edge.
struct Ball {
  static let radius = 40
  var x = 100
  var y = 100
  var stepX = 4
  var stepY = 3

  var bounds: Rectangle { Circle(x: x, y: y, radius: Self.radius).bounds }

  mutating func move(within edges: Rectangle) {
    if x + stepX < Self.radius || x + stepX >= edges.width - Self.radius { stepX = -stepX }
    if y + stepY < Self.radius || y + stepY >= edges.height - Self.radius { stepY = -stepY }
    x += stepX
    y += stepY
  }
}
