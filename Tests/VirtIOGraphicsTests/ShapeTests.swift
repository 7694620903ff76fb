import Testing
import VirtIOGraphics

/// Lines, circles and pictures laid over: exact, and the same where a part is clipped away.
@Suite("Shapes")
struct ShapeTests {
  @Test("a line has one pixel in each column, or in each row if it is steep")
  func lines() {
    let flat = art(9, 4) { $0.line(from: (0, 0), to: (8, 3), with: .white) }
    #expect(flat == "##.......\n..##.....\n....###..\n.......##")
    #expect(art(4, 1) { $0.line(from: (3, 0), to: (1, 0), with: .white) } == ".###")
    #expect(art(1, 4) { $0.line(from: (0, 1), to: (0, 1), with: .white) } == ".\n#\n.\n.")
    let diagonal = art(4, 4) { $0.line(from: (3, 0), to: (0, 3), with: .pureRed) }
    #expect(diagonal == "...r\n..r.\n.r..\nr...")
    let steep = art(3, 5) { $0.line(from: (0, 0), to: (2, 4), with: .white) }
    #expect(steep == "#..\n.#.\n.#.\n..#\n..#")
    #expect(
      art(3, 1) { $0.line(from: (0, 0), to: (2, 0), with: Color.white.withAlpha(128)) } == "+++")
  }

  @Test("circles and rings")
  func circles() {
    let disc = art(7, 7) { $0.fill(Circle(x: 3, y: 3, radius: 3), with: .white) }
    #expect(disc == "..###..\n.#####.\n#######\n#######\n#######\n.#####.\n..###..")
    let ring = art(7, 7) { $0.outline(Circle(x: 3, y: 3, radius: 3), with: .white) }
    #expect(ring == "..###..\n.#...#.\n#.....#\n#.....#\n#.....#\n.#...#.\n..###..")
    #expect(art(3, 1) { $0.fill(Circle(x: 1, y: 0, radius: 0), with: .white) } == ".#.")
    #expect(art(3, 1) { $0.fill(Circle(x: 1, y: 0, radius: -1), with: .white) } == "...")
    let thick = art(7, 7) { $0.outline(Circle(x: 3, y: 3, radius: 3), thickness: 9, with: .white) }
    #expect(thick == disc)
    #expect(
      art(3, 3) { $0.outline(Circle(x: 1, y: 1, radius: 1), thickness: 0, with: .white) }
        == "...\n...\n...")
  }

  @Test("a circle has every pixel within half a pixel more than its radius", arguments: 0...40)
  func definition(radius: Int) {
    let size = 2 * radius + 3
    var picture = Picture(size, size)
    let middle = radius + 1
    picture.draw { $0.fill(Circle(x: middle, y: middle, radius: radius), with: .white) }
    for y in 0..<size {
      for x in 0..<size {
        let (dx, dy) = (x - middle, y - middle)
        let isInside = 4 * (dx * dx + dy * dy) <= (2 * radius + 1) * (2 * radius + 1)
        #expect((picture.words[y * size + x] & 0xFF_FFFF != 0) == isInside)
      }
    }
  }

  @Test("pictures are laid over by their own alpha, and by that of all")
  func pictures() {
    let format = PixelFormat.r8g8b8a8
    let source = [
      format.encode(.white), format.encode(Color.white.withAlpha(128)),
      format.encode(Color.white.withAlpha(0)), format.encode(.pureRed),
    ]
    let two = art(4, 3) { $0.blend(source.span, in: format, width: 2, x: 1, y: 1) }
    #expect(two == "....\n.#+.\n..r.")
    #expect(
      art(4, 1) { $0.blend(source.span, in: format, width: 4, x: 0, y: 0, alpha: 0) } == "....")
    #expect(
      art(1, 1) { $0.blend(source.span, in: format, width: 1, x: 0, y: 0, alpha: 128) } == "+")
    let opaque = [PixelFormat.b8g8r8x8.encode(.pureGreen) & 0xFF_FFFF]
    #expect(art(1, 1) { $0.blend(opaque.span, in: .b8g8r8x8, width: 1, x: 0, y: 0) } == "g")
    #expect(art(2, 2) { $0.blend(source.span, in: format, width: 2, x: -1, y: -1) } == "r.\n..")
    #expect(art(1, 1) { $0.blend(source.span, in: format, width: 0, x: 0, y: 0) } == ".")
  }

  @Test("what is drawn in a clip is the cut of what is drawn without", arguments: 0..<60)
  func cut(seed: Int) {
    var random = Numbers(seed: UInt64(seed))
    let clip = Rectangle(
      x: random.next(-4...20), y: random.next(-4...20), width: random.next(0...20),
      height: random.next(0...20))
    let shape = RandomShape(&random)
    var whole = Picture(24, 24)
    var part = Picture(24, 24)
    whole.draw { shape.draw(on: &$0) }
    var damage = Rectangle.empty
    part.draw { canvas in
      canvas.clip = clip
      canvas.trackDamage()
      shape.draw(on: &canvas)
      damage = canvas.damage
    }
    for y in 0..<24 {
      for x in 0..<24 {
        let index = y * 24 + x
        let expected = clip.contains(x: x, y: y) ? whole.words[index] : 0xFF00_0000
        #expect(part.words[index] == expected, "\(shape) in \(clip) at \(x), \(y)")
        #expect(part.words[index] == 0xFF00_0000 || damage.contains(x: x, y: y))
      }
    }
    #expect(clip.contains(damage))
  }

  @Test("a line is the same wherever the surface lies along it", arguments: [0, 1, 7, 100])
  func along(offset: Int) {
    let ends = [(0, 0, 300, 113), (0, 113, 300, 0), (3, 5, 120, 297), (300, 10, 2, 290)]
    for (x0, y0, x1, y1) in ends {
      var whole = Picture(301, 301)
      whole.draw { $0.line(from: (x0, y0), to: (x1, y1), with: .white) }
      var part = Picture(50, 50)
      part.draw {
        $0.line(from: (x0 - offset, y0 - offset), to: (x1 - offset, y1 - offset), with: .white)
      }
      for y in 0..<50 {
        for x in 0..<50 {
          #expect(part.words[y * 50 + x] == whole.words[(y + offset) * 301 + x + offset])
        }
      }
    }
  }

  @Test("the edges of Int32 are exact, and those of Int do not trap", arguments: edges32, edges32)
  func extremes(x: Int, y: Int) {
    let source: [UInt32] = [1, 2, 3, 4]
    var picture = Picture(5, 5)
    picture.draw { canvas in
      for other in edges32 {
        canvas.line(from: (x, y), to: (other, x), with: .white)
        canvas.line(from: (other, other), to: (x, y), with: .white)
        canvas.fill(Circle(x: x, y: y, radius: other), with: .white)
        canvas.outline(Circle(x: x, y: other, radius: y), thickness: x, with: .white)
        canvas.blend(source.span, in: .a8r8g8b8, width: other, x: x, y: y)
      }
    }
    // From corner to corner of all there is: the diagonal, through the surface.
    let diagonal = art(3, 3) {
      $0.line(
        from: (Int(Int32.min), Int(Int32.min)), to: (Int(Int32.max), Int(Int32.max)), with: .white)
    }
    #expect(diagonal == "#..\n.#.\n..#")
    let farRing = art(3, 2) {
      $0.outline(Circle(x: 2 - Int(Int32.max), y: 0, radius: Int(Int32.max)), with: .white)
    }
    #expect(farRing == "..#\n..#")
  }

  @Test("damage is noted from when it is asked for")
  func damage() {
    var picture = Picture(200, 200)
    picture.draw { canvas in
      canvas.fill(.white)
      #expect(canvas.damage.isEmpty)
      canvas.trackDamage()
      canvas.fill(Rectangle(x: 190, y: 190, width: 20, height: 20), with: .black)
      #expect(canvas.damage == Rectangle(x: 190, y: 190, width: 10, height: 10))
      canvas.set(x: 180, y: 199, to: .white)
      canvas.set(x: -180, y: 199, to: .white)
      #expect(canvas.damage == Rectangle(x: 180, y: 190, width: 20, height: 10))
      canvas.trackDamage()
      #expect(canvas.damage.isEmpty)
    }
  }
}

/// Coordinates at the edges of `Int32` and of `Int`.
private let edges32 = [
  Int.min, Int(Int32.min) - 1, Int(Int32.min), -3, 0, 2, Int(Int32.max) - 1, Int(Int32.max),
  Int(Int32.max) + 1, Int.max,
]

/// Numbers that look like chance, and are the same each time.
struct Numbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  mutating func next(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }
}

/// One call of the drawing functions.
private struct RandomShape {
  let kind: Int
  let numbers: [Int]
  let color: Color

  init(_ random: inout Numbers) {
    kind = random.next(0...8)
    numbers = (0..<5).map { _ in random.next(-10...34) }
    color = Color.white.withAlpha(kind % 2 == 0 ? 255 : 100)
  }

  func draw(on canvas: inout Canvas) {
    let rectangle = Rectangle(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
    let circle = Circle(x: numbers[0], y: numbers[1], radius: numbers[2])
    let words = (0..<200).map { UInt32($0) &* 0x0101_4321 }
    switch kind {
    case 0, 1:
      canvas.line(from: (numbers[0], numbers[1]), to: (numbers[2], numbers[3]), with: color)
    case 2: canvas.fill(circle, with: color)
    case 3: canvas.outline(circle, thickness: numbers[3], with: color)
    case 4: canvas.fill(rectangle, with: color)
    case 5: canvas.outline(rectangle, thickness: numbers[4], with: .white)
    case 6: canvas.blend(words.span, in: .b8g8r8a8, width: 13, x: numbers[0], y: numbers[1])
    case 7:
      let gradient = Gradient(from: .pureRed, to: .white, direction: .diagonal, isDithered: true)
      canvas.fill(rectangle, with: gradient)
    default:
      canvas.draw("gW", x: numbers[0], y: numbers[1], scale: 2, color: color)
    }
  }
}
