import Testing
import VirtIOGraphics

@Suite("Gradient")
struct GradientTests {
  static let directions = [Gradient.Direction.horizontal, .vertical, .diagonal]
  let start = Color(rgb: 0x1020F0)
  let end = Color(rgb: 0xFF0307)

  @Test("exact at both ends, dithered or not", arguments: directions, [false, true])
  func ends(direction: Gradient.Direction, isDithered: Bool) {
    for size in [1, 2, 3, 17, 130] {
      var picture = Picture(size, size)
      picture.draw { canvas in
        canvas.fill(
          canvas.bounds,
          with: Gradient(from: start, to: end, direction: direction, isDithered: isDithered))
        #expect(canvas.color(x: 0, y: 0) == start)
        if size > 1 { #expect(canvas.color(x: size - 1, y: size - 1) == end) }
      }
    }
  }

  @Test("evenly spaced, rounded to nearest")
  func steps() {
    var picture = Picture(256, 1)
    picture.draw { canvas in
      canvas.fill(
        canvas.bounds, with: Gradient(from: .black, to: .white, direction: .horizontal))
      for x in 0..<256 {
        #expect(canvas.color(x: x, y: 0)?.green == UInt8(x))
      }
    }
    #expect(
      art(1, 3) { $0.fill($0.bounds, with: Gradient(from: .black, to: .white)) } == ".\n+\n#")
  }

  @Test("the same pixels whatever part is drawn", arguments: directions, [false, true])
  func clipped(direction: Gradient.Direction, isDithered: Bool) {
    let gradient = Gradient(
      from: start, to: end, direction: direction, isDithered: isDithered)
    let area = Rectangle(x: -20, y: -9, width: 150, height: 61)
    var whole = Picture(100, 40)
    whole.draw { $0.fill(area, with: gradient) }
    var parts = Picture(100, 40)
    parts.draw { canvas in
      for y in stride(from: 0, to: 40, by: 7) {
        for x in stride(from: 0, to: 100, by: 13) {
          canvas.clip = Rectangle(x: x, y: y, width: 13, height: 7)
          canvas.fill(area, with: gradient)
        }
      }
    }
    #expect(whole.words == parts.words)
  }

  @Test("dithering keeps the mean of a block and stays within one step")
  func dithering() {
    let gradient = Gradient(from: .black, to: Color(rgb: 0x010101))
    var lit = 0
    for y in 0..<4 {
      for x in 0..<4 {
        let bias = Gradient.ditherBias(x: x, y: y)
        let red = gradient.color(at: 16_384, bias: bias).red
        #expect(red <= 1)
        lit += Int(red)
      }
    }
    #expect(lit == 4)  // A quarter of the way: a quarter of the pixels.
  }
}
