import Testing
import VirtIOInput

@testable import Showcase

@Suite("Commands")
struct CommandTests {
  private static let commands: [(UInt8, Key, Command)] = [
    (UInt8(ascii: "h"), .h, .help), (UInt8(ascii: "m"), .m, .nextMode),
    (UInt8(ascii: "c"), .c, .clear), (UInt8(ascii: "q"), .q, .quit),
    (UInt8(ascii: "0"), .digit0, .mode(0)), (UInt8(ascii: "1"), .digit1, .mode(1)),
    (UInt8(ascii: "9"), .digit9, .mode(9)),
  ]

  @Test("a key of the keyboard does what its letter on the serial line does")
  func keys() {
    for (byte, key, command) in Self.commands {
      #expect(Command(byte: byte) == command)
      #expect(Command(key: key) == command)
    }
  }

  @Test("there are no others")
  func others() {
    #expect((0...UInt8.max).count { Command(byte: $0) != nil } == 15)
    #expect((0...UInt16.max).count { Command(key: Key(rawValue: $0)) != nil } == 14)
  }

  @Test(
    "whatever a device says of its axis, a place is on the display",
    arguments: [(0, 32_767), (5, 5), (7, -7), (Int32.min, Int32.max), (-100, 100)])
  func axes(_ minimum: Int32, _ maximum: Int32) {
    for value in [minimum, maximum, 0, 1, Int32.min, Int32.max] {
      let place = Pointer.place(value, from: minimum, to: maximum)
      #expect((0...ScenePlace.limit).contains(place))
    }
    guard minimum < maximum else { return }
    #expect(Pointer.place(minimum, from: minimum, to: maximum) == 0)
    #expect(Pointer.place(maximum, from: minimum, to: maximum) == ScenePlace.limit)
  }
}
