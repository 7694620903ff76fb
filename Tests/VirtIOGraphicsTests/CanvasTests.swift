import Testing
import VirtIOGraphics

@Suite("Canvas")
struct CanvasTests {
  @Test("fills a rectangle, and nothing between the rows")
  func fill() {
    let drawn = art(6, 4, stride: 9) { canvas in
      canvas.fill(Rectangle(x: 1, y: 1, width: 3, height: 2), with: .white)
    }
    #expect(drawn == "......\n.###..\n.###..\n......")
    #expect(art(3, 2, stride: 5) { $0.fill(.white) } == "###\n###")
  }

  @Test("clips at every edge")
  func clipping() {
    let around = [(-2, -2), (1, -2), (4, -2), (-2, 1), (4, 1), (-2, 4), (1, 4), (4, 4)]
    let expected = [
      "#.....\n......\n......\n......\n......", ".###..\n......\n......\n......\n......",
      "....##\n......\n......\n......\n......", "......\n#.....\n#.....\n#.....\n......",
      "......\n....##\n....##\n....##\n......", "......\n......\n......\n......\n#.....",
      "......\n......\n......\n......\n.###..", "......\n......\n......\n......\n....##",
    ]
    for (corner, picture) in zip(around, expected) {
      let drawn = art(6, 5, stride: 8) { canvas in
        canvas.fill(Rectangle(x: corner.0, y: corner.1, width: 3, height: 3), with: .white)
      }
      #expect(drawn == picture)
    }
  }

  @Test("a clip limits everything and never leaves the surface")
  func clip() {
    let drawn = art(5, 3) { canvas in
      canvas.clip = Rectangle(x: 3, y: -5, width: 100, height: 7)
      #expect(canvas.clip == Rectangle(x: 3, y: 0, width: 2, height: 2))
      canvas.fill(.white)
      canvas.set(x: 0, y: 0, to: .pureRed)
      canvas.set(x: 4, y: 1, to: .pureGreen)
    }
    #expect(drawn == "...##\n...#g\n.....")
  }

  @Test("runs of every length up to beyond the vector block are exact")
  func runs() {
    for width in 0...140 {
      var picture = Picture(150, 1)
      picture.draw { $0.fill(Rectangle(x: 5, y: 0, width: width, height: 1), with: .white) }
      let expected = "....." + String(repeating: "#", count: width)
      #expect(picture.art == expected.padding(to: 150))
    }
  }

  @Test("outline")
  func outline() {
    let one = art(5, 4) {
      $0.outline(Rectangle(x: 0, y: 0, width: 5, height: 4), with: .white)
    }
    #expect(one == "#####\n#...#\n#...#\n#####")
    let filled = art(3, 3) {
      $0.outline(Rectangle(x: 0, y: 0, width: 3, height: 3), thickness: 9, with: .white)
    }
    #expect(filled == "###\n###\n###")
  }

  @Test("a size beyond the pixels is reduced", arguments: edges, edges)
  func degenerate(width: Int, height: Int) {
    for stride in edges {
      for count in [0, 1, 7, 24] {
        var words = [UInt32](repeating: 0, count: count)
        var canvas = Canvas(
          width: width, height: height, stride: stride, format: .r8g8b8a8,
          pixels: words.mutableSpan)
        #expect(canvas.width <= max(0, min(width, stride, count)))
        #expect(canvas.height <= max(0, height))
        canvas.fill(.white)
        canvas.fill(
          canvas.bounds, with: Gradient(from: .black, to: .white, direction: .diagonal))
      }
    }
  }

  @Test("pixels are set and read only on the surface")
  func pixels() {
    var picture = Picture(2, 2)
    picture.draw { canvas in
      for x in edges {
        for y in edges {
          canvas.set(x: x, y: y, to: .white)
          canvas.blend(x: x, y: y, with: Color.pureRed.withAlpha(255))
          #expect((canvas.color(x: x, y: y) == nil) == !(0...1 ~= x && 0...1 ~= y))
        }
      }
    }
    #expect(picture.art == "rr\nrr")
  }

  @Test("blends by alpha")
  func blend() {
    let drawn = art(4, 1) { canvas in
      canvas.blend(Rectangle(x: 0, y: 0, width: 1, height: 1), with: .white)
      canvas.blend(Rectangle(x: 1, y: 0, width: 1, height: 1), with: Color.white.withAlpha(128))
      canvas.blend(Rectangle(x: 2, y: 0, width: 1, height: 1), with: Color.white.withAlpha(0))
    }
    #expect(drawn == "#+..")
  }

  @Test("copies words, clipped")
  func copy() {
    let format = PixelFormat.b8g8r8x8
    let (r, g, w) = (format.encode(.pureRed), format.encode(.pureGreen), format.encode(.white))
    let source = [r, g, w, g, w, r, w]  // Two rows of three, and one word too many.
    #expect(art(3, 3) { $0.copy(source.span, width: 3, x: 0, y: 0) } == "rg#\ng#r\n...")
    #expect(art(3, 3) { $0.copy(source.span, width: 3, x: -1, y: -1) } == "#r.\n...\n...")
    #expect(art(3, 3) { $0.copy(source.span, width: 3, x: 2, y: 2) } == "...\n...\n..r")
    #expect(art(3, 3) { $0.copy(source.span, width: 0, x: 0, y: 0) } == "...\n...\n...")
  }

  @Test("no coordinates trap", arguments: edges, edges)
  func extremes(x: Int, width: Int) {
    let source: [UInt32] = [1, 2, 3, 4]
    var picture = Picture(3, 3)
    picture.draw { canvas in
      for y in edges {
        for height in edges {
          let rectangle = Rectangle(x: x, y: y, width: width, height: height)
          canvas.fill(rectangle, with: .white)
          canvas.blend(rectangle, with: Color.pureRed.withAlpha(9))
          canvas.outline(rectangle, thickness: x, with: .pureGreen)
          canvas.copy(source.span, width: width, x: x, y: y)
          canvas.clip = rectangle
          canvas.clip = canvas.bounds
          for direction in [Gradient.Direction.horizontal, .vertical, .diagonal] {
            canvas.fill(rectangle, with: Gradient(from: .pureRed, to: .white, direction: direction))
          }
        }
        canvas.draw("Ag", x: x, y: y, scale: width, color: .white)
        canvas.draw(decimal: x, digits: width, x: y, y: x, scale: width, color: .white)
      }
    }
  }
}

extension String {
  fileprivate func padding(to count: Int) -> String {
    self + String(repeating: ".", count: Swift.max(0, count - self.count))
  }
}
