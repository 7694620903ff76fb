import Testing

@testable import VirtIOGraphics

/// The decoder says what the standard library says, however the bytes come.
@Suite("UTF8Decoder")
struct UTF8DecoderTests {
  private static func decode(_ bytes: [UInt8]) -> String {
    var decoder = UTF8Decoder()
    var text = String.UnicodeScalarView()
    var rest = bytes[...]
    while let byte = rest.first {
      switch decoder.take(byte) {
      case .incomplete: rest.removeFirst()
      case .interrupted: text.append(UTF8Decoder.replacement)
      case .scalar(let scalar):
        rest.removeFirst()
        text.append(scalar)
      }
    }
    if decoder.isWithinCharacter { text.append(UTF8Decoder.replacement) }
    return String(text)
  }

  @Test("every character is decoded")
  func all() {
    for value in 0..<UInt32(0x11_0000) {
      guard let scalar = Unicode.Scalar(value) else { continue }
      var decoder = UTF8Decoder()
      var last = UTF8Decoder.Step.incomplete
      for byte in UTF8.encode(scalar)! { last = decoder.take(byte) }
      if last != .scalar(scalar) || decoder.isWithinCharacter {
        Issue.record("U+\(String(value, radix: 16)) became \(last)")
        return
      }
    }
  }

  @Test(
    "what is no UTF-8 gives one U+FFFD for each longest part",
    arguments: [
      [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0x80], [0xED, 0xA0, 0x80],
      [0xF4, 0x90, 0x80, 0x80],
      [0xF5], [0xFF, 0xFE], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x41],
      [0xE2, 0x82, 0xE2, 0x82, 0xAC],
      [0xF1, 0x80, 0x80, 0xE1, 0x80, 0xC2, 0x62, 0x80], [0xF0, 0x80], [0xC2], [],
    ] as [[UInt8]])
  func bad(bytes: [UInt8]) {
    #expect(Self.decode(bytes) == String(decoding: bytes, as: UTF8.self))
  }

  @Test("random bytes give what the standard library makes of them", arguments: 0..<20)
  func random(seed: Int) {
    var random = Numbers(seed: UInt64(seed))
    for _ in 0..<300 {
      // Leads, continuations and others, about as many of each.
      let bytes = (0..<random.next(0...12)).map { _ -> UInt8 in
        switch random.next(0...3) {
        case 0: UInt8(random.next(0xC0...0xFF))
        case 1, 2: UInt8(random.next(0x80...0xBF))
        default: UInt8(random.next(0...0x7F))
        }
      }
      #expect(Self.decode(bytes) == String(decoding: bytes, as: UTF8.self), "\(bytes)")
    }
  }
}
