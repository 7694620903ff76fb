/// How words in one layout become words in another.
///
/// Each of the eight layouts has red, green and blue in a row, forwards or backwards, with the fourth
/// byte on either side. So bytes 0 and 2 of a word keep their distance, as do 1 and 3: two rotations make
/// any layout of any other.
@frozen
public struct PixelConversion: BitwiseCopyable, Sendable {
  /// How far bytes 0 and 2 are rotated to the left, in bits, and bytes 1 and 3.
  @usableFromInline let (even, odd): (UInt32, UInt32)
  /// What is set besides, where no alpha is known or kept.
  @usableFromInline let opaque: UInt32

  /// From words in `source` to words in `target`. What has no alpha on one side is opaque on the other.
  public init(from source: PixelFormat, to target: PixelFormat) {
    let (from, to) = (source.layout, target.layout)
    let (green, blue) = ((to.green &- from.green) & 31, (to.blue &- from.blue) & 31)
    let isGreenEven = from.green & 8 == 0
    even = isGreenEven ? green : blue
    odd = isGreenEven ? blue : green
    opaque = from.hasAlpha && to.hasAlpha ? 0 : 0xff &<< to.alpha
  }

  /// One word in the other layout.
  @inlinable
  public func convert(_ stored: UInt32) -> UInt32 {
    let word = UInt32(littleEndian: stored)
    let result =
      Self.rotate(word & 0x00ff_00ff, even) | Self.rotate(word & 0xff00_ff00, odd) | opaque
    return result.littleEndian
  }

  @inlinable
  static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word &<< count | word &>> (0 &- count)
  }

  /// Converts words where they are.
  @_lifetime(words: copy words)
  public func convert(_ words: inout MutableSpan<UInt32>) {
    var index = 0
    while words.count &- index >= 16 {
      let converted = convert(words.span.block(at: index))
      words.store(converted, at: index)
      index &+= 16
    }
    while index < words.count {
      words[index] = convert(words[index])
      index &+= 1
    }
  }

  /// Sixteen words in the other layout.
  @inline(__always)
  func convert(_ words: SIMD16<UInt32>) -> SIMD16<UInt32> {
    Self.rotate(words & SIMD16(repeating: 0x00ff_00ff), even)
      | Self.rotate(words & SIMD16(repeating: 0xff00_ff00), odd) | SIMD16(repeating: opaque)
  }

  @inline(__always)
  private static func rotate(_ words: SIMD16<UInt32>, _ count: UInt32) -> SIMD16<UInt32> {
    words &<< SIMD16(repeating: count) | words &>> SIMD16(repeating: 0 &- count)
  }
}
