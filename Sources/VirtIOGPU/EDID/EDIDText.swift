import VirtIO

/// A few words in an EDID: up to 13 characters of printable ASCII.
public struct EDIDText: Equatable, Sendable {
  private var storage: FixedArray<13, UInt8>
  /// How many characters there are: 1 to 13.
  public var count: Int { Int(characterCount) }
  private var characterCount: UInt8

  /// Reads a text of up to 13 bytes: it ends with a line feed or a zero if it is shorter. What is not
  /// printable ASCII is left out, and so are spaces at the end.
  ///
  /// - Returns: Nil if nothing is left.
  init?(_ block: EDIDBlock, at start: Int) {
    var characters = FixedArray<13, UInt8>(repeating: 0)
    var (count, end): (UInt8, UInt8) = (0, 0)
    var place = start
    while place < start &+ 13 {
      let byte = block.byte(place)
      place &+= 1
      if byte == 0x0a || byte == 0 { break }
      guard 0x20...0x7e ~= byte else { continue }
      characters[Int(count)] = UInt8(truncatingIfNeeded: byte)
      count &+= 1
      if byte != 0x20 { end = count }
    }
    if end == 0 { return nil }
    storage = FixedArray { index in index < Int(end) ? characters[index] : 0 }
    characterCount = end
  }

  /// Three capital letters of five bits each, 1 for A; nil if one is none.
  init?(letters: Int) {
    for shift in stride(from: 0, through: 10, by: 5) {
      guard 1...26 ~= letters &>> shift & 0x1f else { return nil }
    }
    storage = FixedArray { index in
      index < 3 ? UInt8(truncatingIfNeeded: 0x40 &+ letters &>> (10 &- index &* 5) & 0x1f) : 0
    }
    characterCount = 3
  }

  /// The characters.
  public var ascii: Span<UInt8> {
    @_lifetime(borrow self) get { storage.span.extracting(first: count) }
  }

  /// Whether two texts have the same characters.
  public static func == (one: Self, other: Self) -> Bool {
    guard one.count == other.count else { return false }
    for index in 0..<one.count where one.storage[index] != other.storage[index] { return false }
    return true
  }
}
