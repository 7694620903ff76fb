import Testing
import VirtIOPCI

@testable import VirtBoard

@Suite("Messages")
struct MessageTests {
  static func text(_ message: Message) -> String {
    var result = ""
    let text = message.text
    for index in text.indices { result.unicodeScalars.append(Unicode.Scalar(text[index])) }
    return result
  }

  @Test("values stand where they were put")
  func interpolation() {
    let address = PCIAddress(bus: 2, device: 31, function: 7)
    let line: Message = "a \(0) b \(-12) c \(hexadecimal: 0xBEEF) d \(address) e \(UInt64.max)"
    #expect(Self.text(line) == "a 0 b -12 c 0xbeef d 2:31.7 e 18446744073709551615")
  }

  @Test("padded numbers have all their digits", arguments: [0, 0x1f, 0xfedc_ba98_7654_3210])
  func padded(number: UInt64) {
    var line = Message()
    line.write(paddedHexadecimal: number)
    let digits = String(number, radix: 16)
    #expect(Self.text(line) == "0x" + String(repeating: "0", count: 16 - digits.count) + digits)
  }

  @Test("a line that is too long is cut off, not lost")
  func long() {
    var line = Message()
    for _ in 0..<100 { line.write("0123456789") }
    #expect(Self.text(line).count == 248)
  }

  @Test(
    "errors say what was expected and what was found",
    arguments: zip(
      [
        PCIError.wrongDevice(vendorID: 0x1af4, deviceID: 0x1041), .capabilityListLoops,
        .capabilityOutsideConfiguration(offset: 0x20), .legacyDevice,
        .structureMissing(kind: .common, rejected: nil),
      ],
      [
        "not the VirtIO device that was looked for: found 0x1af4:0x1041",
        "the capability list loops: expected at most 48 capabilities",
        "the capability list leaves its space: expected offsets from 0x40, found 0x20",
        "no VirtIO capability was found: a legacy device, which is not supported",
        "no usable VirtIO structure of type 1 was found",
      ]))
  func errors(error: PCIError, words: String) {
    #expect(Self.text("\(error)") == words)
  }
}
