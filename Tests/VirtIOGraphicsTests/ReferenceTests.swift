import Testing
import VirtIOGraphics

/// What is drawn many pixels at a time is what the definition gives for each.
@Suite("Definitions")
struct ReferenceTests {
  private static let formats: [PixelFormat] = [
    .b8g8r8a8, .b8g8r8x8, .a8r8g8b8, .x8r8g8b8, .r8g8b8a8, .x8b8g8r8, .a8b8g8r8, .r8g8b8x8,
  ]
  private static let stride = 90

  private static func words(_ count: Int, _ random: inout Numbers) -> [UInt32] {
    (0..<count).map { _ in UInt32(truncatingIfNeeded: random.next() >> 16) }
  }

  /// A colour at the edges of what there is, or between.
  private static func color(_ random: inout Numbers) -> Color {
    func byte() -> UInt8 {
      [0, 1, 127, 128, 254, 255, UInt8(random.next(0...255))][random.next(0...6)]
    }
    return Color(red: byte(), green: byte(), blue: byte(), alpha: byte())
  }

  private static func draw(
    on words: inout [UInt32], _ format: PixelFormat, _ body: (inout Canvas) -> Void
  ) {
    let height = words.count / stride
    var canvas = Canvas(
      width: stride, height: height, format: format, pixels: words.mutableSpan)
    body(&canvas)
  }

  @Test("a colour laid over a rectangle, in each format, over whatever words", arguments: formats)
  func shade(format: PixelFormat) {
    var random = Numbers(seed: 7)
    for width in 0...80 {
      let color = Self.color(&random)
      let before = Self.words(3 * Self.stride, &random)
      var (after, expected) = (before, before)
      let x = random.next(0...9)
      for row in 0..<2 {
        for column in 0..<width where color.alpha > 0 {
          let index = row * Self.stride + x + column
          expected[index] = format.encode(color.over(format.decode(before[index])))
        }
      }
      Self.draw(on: &after, format) {
        $0.blend(Rectangle(x: x, y: 0, width: width, height: 2), with: color)
      }
      #expect(after == expected, "\(width) pixels of \(color)")
    }
  }

  @Test("every alpha over every byte, rounded to nearest")
  func everyAlpha() {
    let before = (0..<256).map {
      PixelFormat.b8g8r8a8.encode(
        Color(red: UInt8($0), green: 255, blue: 0, alpha: UInt8(255 - $0)))
    }
    for alpha in 0...255 {
      let color = Color(red: 255, green: 3, blue: 130, alpha: UInt8(alpha))
      var after = before
      var canvas = Canvas(width: 256, height: 1, format: .b8g8r8a8, pixels: after.mutableSpan)
      canvas.blend(canvas.bounds, with: color)
      let expected = before.map {
        PixelFormat.b8g8r8a8.encode(color.over(PixelFormat.b8g8r8a8.decode($0)))
      }
      #expect(after == expected, "\(alpha)")
    }
  }

  @Test("a picture laid over, in each format from each format", arguments: formats)
  func pictures(format: PixelFormat) {
    var random = Numbers(seed: 11)
    for source in Self.formats {
      for width in Array(1...20) + [31, 32, 33, 64, 70] {
        let picture = Self.words(2 * width, &random)
        let alpha = [255, 255, 1, 128, UInt8(random.next(1...255))][random.next(0...4)]
        let before = Self.words(4 * Self.stride, &random)
        var (after, expected) = (before, before)
        let x = random.next(-3...9)
        for row in 0..<2 {
          for column in 0..<width where x + column >= 0 {
            let index = (row + 1) * Self.stride + x + column
            var color = source.decode(picture[row * width + column])
            color.alpha = UInt8((2 * Int(color.alpha) * Int(alpha) + 255) / 510)
            expected[index] = format.encode(color.over(format.decode(before[index])))
          }
        }
        Self.draw(on: &after, format) {
          $0.blend(picture.span, in: source, width: width, x: x, y: 1, alpha: alpha)
        }
        #expect(after == expected, "\(width) pixels from \(source) by \(alpha)")
      }
    }
  }

  @Test("a picture larger than the surface shows its part, wherever it lies", arguments: -8...4)
  func largerThanTheSurface(x: Int) {
    let format = PixelFormat.b8g8r8x8
    let picture = (0..<63).map { format.encode(Color(rgb: UInt32($0) &* 0x03_0507)) }
    for y in -8...3 {
      var blended = Picture(3, 2, stride: 5)
      var copied = Picture(3, 2, stride: 5)
      blended.draw { $0.blend(picture.span, in: format, width: 9, x: x, y: y) }
      copied.draw { $0.copy(picture.span, width: 9, x: x, y: y) }
      for row in 0..<2 {
        for column in 0..<5 {
          let (u, v) = (column - x, row - y)
          let isSeen = column < 3 && (0..<9).contains(u) && (0..<7).contains(v)
          let expected = isSeen ? picture[v * 9 + u] : format.encode(.black)
          #expect(blended.words[row * 5 + column] == expected, "\(column), \(row) from \(y)")
          #expect(copied.words[row * 5 + column] == expected, "\(column), \(row) from \(y)")
        }
      }
    }
  }

  @Test("a line's pixels, and its damage", arguments: 0..<200)
  func line(seed: Int) {
    var random = Numbers(seed: UInt64(seed))
    let range = seed % 2 == 0 ? -4...43 : -300...300
    let (x0, y0) = (random.next(range), random.next(range))
    let (x1, y1) = (random.next(range), random.next(range))
    let color = seed % 3 == 0 ? Color.white.withAlpha(100) : Color.pureGreen
    var picture = Picture(40, 30, stride: 44)
    var expected = picture.words
    var damage = Rectangle.empty
    let (dx, dy) = (abs(x1 - x0), abs(y1 - y0))
    let long = max(dx, dy)
    for step in 0...long {
      let offset = long == 0 ? 0 : (step * min(dx, dy) + long / 2) / long
      let (along, aside) = dy > dx ? (offset, step) : (step, offset)
      let (x, y) = (x0 + (x1 < x0 ? -along : along), y0 + (y1 < y0 ? -aside : aside))
      guard (0..<40).contains(x), (0..<30).contains(y) else { continue }
      let index = y * 44 + x
      expected[index] = picture.format.encode(color.over(picture.format.decode(expected[index])))
      damage = damage.union(Rectangle(x: x, y: y, width: 1, height: 1))
    }
    var noted = Rectangle.empty
    picture.draw {
      $0.trackDamage()
      $0.line(from: (x0, y0), to: (x1, y1), with: color)
      noted = $0.damage
    }
    #expect(picture.words == expected && noted == damage, "\(x0), \(y0) to \(x1), \(y1)")
  }

  @Test(
    "a gradient longer than any surface is the same, whatever part is drawn",
    arguments: [20, 30, 31, 44, 61])
  func longGradient(bits: Int) {
    // In the middle of the surface the colour changes.
    let area = Rectangle(x: 20 - (1 << bits), y: 0, width: 1 << (bits + 1), height: 1)
    let gradient = Gradient(from: .black, to: .white, direction: .horizontal)
    var whole = Picture(40, 1)
    var parts = Picture(40, 1)
    whole.draw { $0.fill(area, with: gradient) }
    parts.draw { canvas in
      for x in 0..<40 {
        canvas.clip = Rectangle(x: x, y: 0, width: 1, height: 1)
        canvas.fill(area, with: gradient)
      }
    }
    #expect(whole.words == parts.words)
    #expect(whole.words.map { $0 & 255 } == (0..<40).map { $0 < 20 ? 127 : 128 })
  }

  @Test(
    "a gradient's pixels",
    arguments: [Gradient.Direction.horizontal, .vertical, .diagonal], [false, true])
  func gradient(direction: Gradient.Direction, isDithered: Bool) {
    var random = Numbers(seed: 5)
    for format in Self.formats {
      for width in [1, 2, 3, 15, 16, 17, 40, 70] {
        let gradient = Gradient(
          from: Self.color(&random), to: Self.color(&random), direction: direction,
          isDithered: isDithered)
        let area = Rectangle(x: random.next(-7...9), y: -2, width: width, height: 7)
        let before = Self.words(4 * Self.stride, &random)
        var (after, expected) = (before, before)
        for y in 0..<4 {
          for x in max(0, area.x)..<max(0, area.maxX) {
            let (across, down) = (x - area.x, y - area.y)
            let distance = [.horizontal: across, .vertical: down][direction] ?? across + down
            let length = [.horizontal: width - 1, .vertical: 6][direction] ?? width + 5
            let bias = isDithered ? Gradient.ditherBias(x: x, y: y) : 32_768
            let color = gradient.color(
              at: length == 0 ? 0 : distance * 65_536 / length, bias: bias)
            expected[y * Self.stride + x] = format.encode(color)
          }
        }
        Self.draw(on: &after, format) { $0.fill(area, with: gradient) }
        #expect(after == expected, "\(width) in \(format)")
      }
    }
  }
}
