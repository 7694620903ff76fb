import Testing
import VirtIO

@testable import VirtBoard

@Suite("Boot arguments")
struct BootArgumentsTests {
  static func number(_ name: StaticString, in text: String) -> UInt64? {
    let bytes = Array(text.utf8)
    return BootArguments(bytes.span).number(name)
  }

  @Test(
    "a number is found wherever its word stands",
    arguments: ["frames=42", "wait=poll frames=42", "  frames=42  x", "xframes=7 frames=42"])
  func found(text: String) {
    #expect(Self.number("frames", in: text) == 42)
  }

  @Test(
    "what is no number is none",
    arguments: [
      "", "frames", "frames=", "frames= 1", "frames=4x", "frames=-1", "frame=3",
      "frames=18446744073709551616", "Frames=3",
    ])
  func absent(text: String) {
    #expect(Self.number("frames", in: text) == nil)
  }

  @Test("the greatest number fits")
  func greatest() {
    #expect(Self.number("frames", in: "frames=18446744073709551615") == .max)
  }

  @Test("a word is the value only as a whole")
  func words() {
    let bytes = Array("wait=poll fault=stack xfault=text fault=null".utf8)
    let arguments = BootArguments(bytes.span)
    #expect(arguments.has("fault", "stack") && arguments.has("wait", "poll"))
    #expect(!arguments.has("fault", "stac") && !arguments.has("fault", "stacks"))
    #expect(!arguments.has("fault", "null") && !arguments.has("fault", "text"))
    #expect(arguments.has("xfault", "text") && !arguments.has("xfault", "text fault=null x"))
    let last = Array("fault=null".utf8)
    #expect(BootArguments(last.span).has("fault", "null"))
    #expect(!BootArguments(last.span).has("fault", "nullx"))
  }

  @Test(
    "features= and queue= name what is not to be used",
    arguments: [
      ("", 0), ("queue=auto", 0), ("queue=packed", 0), ("queue=split", 1 << 34),
      ("features=", 0), ("features=-event_idx", 1 << 29), ("x features=-packed y", 1 << 34),
      ("features=-edid,-indirect_desc,-in_order", 1 << 1 | 1 << 28 | 1 << 35),
      ("queue=split features=-notification_data,-notif_config_data", 1 << 34 | 3 << 38),
      ("features=-ring_reset,-order_platform,-access_platform", 1 << 40 | 1 << 36 | 1 << 33),
    ] as [(String, UInt64)])
  func declined(text: String, bits: UInt64) {
    let bytes = Array(text.utf8)
    var complaints = 0
    let declined = BootArguments(bytes.span).declinedFeatures { _ in complaints += 1 }
    #expect(declined.rawValue == bits && complaints == 0)
  }

  @Test(
    "what features= and queue= do not know is complained of, and the rest is heeded",
    arguments: [
      ("queue=mixed", 0, 1), ("features=event_idx", 0, 1), ("features=-event", 0, 1),
      ("features=-event_idx,,-packed", 1 << 29 | 1 << 34, 1),
      ("queue= features=-x,-packed,-", 1 << 34, 3),
    ] as [(String, UInt64, Int)])
  func misunderstood(text: String, bits: UInt64, count: Int) {
    let bytes = Array(text.utf8)
    var complaints = 0
    let declined = BootArguments(bytes.span).declinedFeatures { _ in complaints += 1 }
    #expect(declined.rawValue == bits && complaints == count)
  }

  @Test("of a line that is too long, the first 512 bytes count")
  func long() {
    let padding = String(repeating: "x", count: 500)
    #expect(Self.number("frames", in: padding + " frames=3") == 3)
    #expect(Self.number("frames", in: padding + "     frames=3") == nil)
  }
}
