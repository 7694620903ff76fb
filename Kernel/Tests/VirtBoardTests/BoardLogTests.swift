import Testing

@testable import VirtBoard

@Suite("The log that is kept")
struct BoardLogTests {
  private static func append(_ line: String, to tail: inout TextTail) {
    let bytes = Array(line.utf8)
    tail.append(bytes.span)
  }

  private static func rest(of tail: TextTail, from place: inout UInt64) -> String {
    var bytes: [UInt8] = []
    while let byte = tail.nextByte(at: &place) { bytes.append(byte) }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("what was said before somebody reads is there, and what comes later, each byte once")
  func inOrder() {
    var tail = TextTail()
    var place: UInt64 = 0
    #expect(Self.rest(of: tail, from: &place) == "")
    Self.append("one\ntw", to: &tail)
    Self.append("o\n", to: &tail)
    #expect(Self.rest(of: tail, from: &place) == "one\ntwo\n")
    Self.append("three\n", to: &tail)
    #expect(Self.rest(of: tail, from: &place) == "three\n")
    #expect(Self.rest(of: tail, from: &place) == "")
    var other: UInt64 = 0
    #expect(Self.rest(of: tail, from: &other) == "one\ntwo\nthree\n")
  }

  @Test("no more than 4 KiB are kept: who reads too seldom goes on at the beginning of a line")
  func overflow() {
    var tail = TextTail()
    var place: UInt64 = 0
    for number in 0..<1000 { Self.append("line \(number)\n", to: &tail) }
    let text = Self.rest(of: tail, from: &place)
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines.last == "line 999")
    #expect(lines == (1000 - lines.count..<1000).map { "line \($0)" })
    #expect((4096 - 10...4096).contains(text.utf8.count))
    // A line that never ends has no beginning to go on at.
    Self.append(String(repeating: "x", count: 5000), to: &tail)
    #expect(Self.rest(of: tail, from: &place) == "")
    Self.append("\nnext\n", to: &tail)
    #expect(Self.rest(of: tail, from: &place) == "\nnext\n")
  }

  @Test("just as much as is kept is not too much")
  func fullness() {
    var tail = TextTail()
    var place: UInt64 = 0
    Self.append(String(repeating: "a", count: 4096), to: &tail)
    #expect(Self.rest(of: tail, from: &place).utf8.count == 4096)
  }
}
