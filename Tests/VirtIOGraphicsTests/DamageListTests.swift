import Testing
import VirtIOGraphics

@Suite("Damage")
struct DamageListTests {
  private func rectangles(_ list: DamageList) -> [Rectangle] {
    list.rectangles.indices.map { list.rectangles[$0] }
  }

  @Test("what is far apart stays apart")
  func apart() {
    var list = DamageList(Rectangle(x: 0, y: 0, width: 10, height: 10))
    list.insert(Rectangle(x: 100, y: 100, width: 10, height: 10))
    #expect(list.count == 2 && list.bounds == Rectangle(x: 0, y: 0, width: 110, height: 110))
  }

  @Test(
    "two become one if that moves no more than 32 pixels more", arguments: [(32, 1), (33, 2)])
  func cost(_ gap: Int, _ count: Int) {
    var list = DamageList(Rectangle(x: 0, y: 0, width: 5, height: 1))
    list.insert(Rectangle(x: 5 + gap, y: 0, width: 5, height: 1))
    #expect(list.count == count)
  }

  @Test("what joins one may join others too")
  func chain() {
    var list = DamageList(Rectangle(x: 0, y: 0, width: 40, height: 40))
    list.insert(Rectangle(x: 80, y: 0, width: 40, height: 40))
    #expect(list.count == 2)
    list.insert(Rectangle(x: 40, y: 0, width: 40, height: 40))
    #expect(rectangles(list) == [Rectangle(x: 0, y: 0, width: 120, height: 40)])
  }

  @Test("empty rectangles, and those inside others, add nothing")
  func nothing() {
    var list = DamageList()
    list.insert(.empty)
    #expect(list.isEmpty && list.bounds == .empty)
    list.insert(Rectangle(x: 0, y: 0, width: 100, height: 100))
    list.insert(Rectangle(x: 10, y: 10, width: 50, height: 50))
    #expect(rectangles(list) == [Rectangle(x: 0, y: 0, width: 100, height: 100)])
  }

  @Test("however many are added, there are few, and no pixel is lost")
  func bounded() {
    var list = DamageList()
    var state: UInt32 = 7
    var added: [Rectangle] = []
    for _ in 0..<300 {
      state = state &* 1_664_525 &+ 1_013_904_223
      let rectangle = Rectangle(
        x: Int(state >> 8 & 1023), y: Int(state >> 18 & 1023), width: Int(state >> 4 & 31),
        height: Int(state >> 12 & 31))
      added.append(rectangle)
      list.insert(rectangle)
      #expect(list.count <= DamageList.capacity)
    }
    let found = rectangles(list)
    for rectangle in added { #expect(found.contains { $0.contains(rectangle) }) }
    var both = DamageList(Rectangle(x: 5000, y: 0, width: 9, height: 9))
    both.formUnion(list)
    #expect(both.contains(x: 5008, y: 8) && !both.contains(x: 5009, y: 8))
    for rectangle in added where !rectangle.isEmpty {
      #expect(both.contains(x: rectangle.x, y: rectangle.y))
    }
  }

  @Test("rectangles at the ends of arithmetic do no harm, and are cut to bounds")
  func ends() {
    let whole = Rectangle(x: .min, y: .min, width: .max, height: .max)
    var list = DamageList(whole)
    list.insert(Rectangle(x: 1, y: 1, width: .max, height: .max))
    #expect(list.count >= 1)
    let far = [Rectangle(x: -5, y: -5, width: 10, height: 10), whole, .empty]
    let cut = DamageList(far.span, within: Rectangle(x: 0, y: 0, width: 100, height: 100))
    #expect(rectangles(cut) == [Rectangle(x: 0, y: 0, width: 5, height: 5)])
    list.removeAll()
    #expect(list.isEmpty)
  }
}
