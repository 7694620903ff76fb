import Testing
import VirtIOTesting

/// Reading a portable pixmap, and the card's formula.
@Suite struct PictureTests {
  private static func file(_ header: String, _ pixels: [UInt8]) -> [UInt8] {
    Array(header.utf8) + pixels
  }

  @Test func readsWidthHeightAndPixels() throws {
    let picture = try #require(
      Picture(ppm: Self.file("P6\n# made by hand\n2 1\n255\n", [1, 2, 3, 10, 32, 6])))
    #expect(picture.width == 2 && picture.height == 1)
    #expect(picture[0, 0] == .init(red: 1, green: 2, blue: 3))
    #expect(picture[1, 0] == .init(red: 10, green: 32, blue: 6))
  }

  @Test(arguments: [
    "", "P6", "P5\n1 1\n255\n", "P6\n1 1\n65535\n", "P6\n1\n", "P6\n2 1\n255\n",
    "P6\n99999999999999999999 1\n255\n", "P6\n9223372036854775807 3\n255\n",
  ])
  func refusesOtherFiles(_ header: String) {
    #expect(Picture(ppm: Self.file(header, [1, 2, 3])) == nil)
  }

  @Test func dropsTheFillOfRows() throws {
    let rows: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0xAA, 0xAA, 0xAA]
    let picture = try #require(Picture(ppm: Self.file("P6\n3 2\n255\n", rows + rows)))
    #expect(picture.bytes == Array(rows[..<9] + rows[..<9]))
  }

  @Test func theCardFollowsItsFormula() throws {
    let card = try #require(TestCardPicture.expected(scanout: 1, width: 5, height: 3))
    #expect(card[0, 0] == .init(red: 0, green: 0, blue: 64))
    #expect(card[4, 2] == .init(red: 255, green: 255, blue: 4 ^ 2 ^ 64))
    #expect(card[3, 1] == .init(red: 191, green: 127, blue: 3 ^ 1 ^ 64))
    let line = try #require(TestCardPicture.expected(scanout: 0, width: 1, height: 2))
    #expect(line[0, 1] == .init(red: 0, green: 255, blue: 1))
    let wrong = TestCardPicture.difference(card, scanout: 0, width: 5, height: 3)
    #expect(wrong?.hasPrefix("15 pixels differ; the first at 0, 0") == true)
  }

  @Test(arguments: [
    ("TESTCARD READY", true), ("X READY", true), (" READY", false), ("READY", false),
    ("TESTCARD READY ", false), ("TestCard READY", false), ("A B READY", false),
  ])
  func knowsTheReadyLine(_ text: String, _ isReady: Bool) {
    #expect(SerialLine(text: text, time: .zero).saysReady == isReady)
  }
}
