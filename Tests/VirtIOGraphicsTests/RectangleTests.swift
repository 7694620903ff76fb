import Testing
import VirtIOGraphics

/// Coordinates at and around the places where arithmetic ends.
let edges = [Int.min, Int.min + 1, -7, -1, 0, 1, 2, 5, 100, Int.max - 1, Int.max]

@Suite("Rectangle")
struct RectangleTests {
  @Test("edges, emptiness and area")
  func measures() {
    let rectangle = Rectangle(x: 2, y: 3, width: 4, height: 5)
    #expect(rectangle.maxX == 6 && rectangle.maxY == 8)
    #expect(rectangle.area == 20 && !rectangle.isEmpty)
    #expect(rectangle.contains(x: 2, y: 3) && rectangle.contains(x: 5, y: 7))
    #expect(!rectangle.contains(x: 6, y: 3) && !rectangle.contains(x: 2, y: 8))
    #expect(Rectangle(x: 0, y: 0, width: -1, height: 5).isEmpty)
    #expect(Rectangle(x: 5, y: 5, width: 3, height: 0).isEmpty)
    #expect(Rectangle(minX: 4, minY: 0, maxX: 2, maxY: 9).isEmpty)
  }

  @Test("intersection and union")
  func combinations() {
    let one = Rectangle(x: 0, y: 0, width: 4, height: 4)
    let two = Rectangle(x: 2, y: 3, width: 4, height: 4)
    #expect(one.intersection(two) == Rectangle(x: 2, y: 3, width: 2, height: 1))
    #expect(one.union(two) == Rectangle(x: 0, y: 0, width: 6, height: 7))
    let beside = Rectangle(x: 4, y: 0, width: 4, height: 4)
    #expect(one.intersection(beside) == .empty && !one.intersects(beside))
    #expect(one.union(.empty) == one && Rectangle.empty.union(one) == one)
    #expect(one.contains(Rectangle(x: 1, y: 1, width: 3, height: 3)))
    #expect(!one.contains(two) && one.contains(.empty))
    #expect(one.expanded(by: 1) == Rectangle(x: -1, y: -1, width: 6, height: 6))
    #expect(one.expanded(by: -2).isEmpty)
  }

  @Test("edges beyond Int saturate")
  func saturation() {
    #expect(Rectangle(x: Int.max, y: 0, width: Int.max, height: 1).maxX == Int.max)
    #expect(Rectangle(x: Int.min, y: 0, width: Int.max, height: 1).maxX == -1)
    let all = Rectangle(minX: Int.min, minY: Int.min, maxX: Int.max, maxY: Int.max)
    #expect(all.width == Int.max && all.area == Int.max)
  }

  @Test("no coordinates trap, and combinations keep their laws", arguments: edges, edges)
  func extremes(x: Int, width: Int) {
    let rectangle = Rectangle(x: x, y: width, width: width, height: x)
    let small = Rectangle(x: -3, y: -3, width: 9, height: 9)
    let shared = rectangle.intersection(small)
    #expect(small.contains(shared))
    #expect(shared.isEmpty || rectangle.contains(shared))
    #expect(rectangle.isEmpty == (rectangle.area == 0))
    for margin in edges {
      let other = rectangle.expanded(by: margin)
      #expect(other.union(rectangle).isEmpty == (other.isEmpty && rectangle.isEmpty))
    }
  }
}
