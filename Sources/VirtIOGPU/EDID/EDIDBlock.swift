import VirtIO

/// A block of an EDID, copied: 128 bytes.
///
/// As they are in place, no index can trap; all that is read is inside all the same, whatever the bytes say.
struct EDIDBlock {
  private let bytes: FixedArray<128, UInt8>

  /// How many bytes each has.
  static var byteCount: Int { 128 }

  /// Makes each byte from its index.
  init(_ byte: (Int) -> UInt8) { bytes = FixedArray(byte) }

  /// The byte at `index`, 0 to 127.
  func byte(_ index: Int) -> Int { Int(bytes[index]) }

  /// The two bytes at `index`, 0 to 126, the lower first.
  func word(_ index: Int) -> Int { byte(index) | byte(index &+ 1) &<< 8 }

  /// What the bytes from `start` to before `end` add up to, modulo 256.
  func sum(from start: Int, to end: Int) -> UInt8 {
    var sum: UInt8 = 0
    var index = start
    while index < end {
      sum &+= bytes[index]
      index &+= 1
    }
    return sum
  }
}
