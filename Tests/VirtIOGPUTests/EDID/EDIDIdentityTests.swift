import Testing
import VirtIOGPU

/// Who a display says that it is.
@Suite struct EDIDIdentityTests {
  private func edid(_ change: (inout [UInt8]) -> Void) -> EDID {
    EDID(EDIDBytes.base(change).span)
  }

  private func named(_ content: [UInt8], tag: UInt8 = 0xfc) -> EDID {
    edid { $0.replaceSubrange(72..<90, with: EDIDBytes.descriptor(tag, content)) }
  }

  @Test("manufacturer, product, serial number and version")
  func numbers() {
    let plain = edid { _ in }
    #expect(plain.manufacturer?.string == "ABC" && plain.productCode == 0x1234)
    #expect(plain.serialNumber == nil && plain.version == EDID.Version(major: 1, minor: 4))
    let numbered = edid { $0.replaceSubrange(12..<16, with: [0x78, 0x56, 0x34, 0xf2]) }
    #expect(numbered.serialNumber == 0xf234_5678)
    let last = edid { $0.replaceSubrange(8..<10, with: [0x6b, 0x5a]) }
    #expect(last.manufacturer?.string == "ZZZ")
  }

  @Test(
    "letters that are none make no manufacturer",
    arguments: [
      [0x00, 0x43], [0x6c, 0x43], [0x04, 0x03], [0x07, 0x63], [0x04, 0x40], [0x04, 0x5b],
    ])
  func noManufacturer(_ bytes: [UInt8]) {
    let found = edid { $0.replaceSubrange(8..<10, with: bytes) }
    #expect(found.isValid && found.manufacturer == nil)
  }

  @Test("name and serial number as text, from any descriptor")
  func texts() {
    let found = edid {
      $0.replaceSubrange(90..<108, with: EDIDBytes.descriptor(0xff, Array("SN-1\n   ".utf8)))
      $0.replaceSubrange(108..<126, with: EDIDBytes.descriptor(0xfc, Array("A Display\n".utf8)))
    }
    #expect(found.displayName?.string == "A Display" && found.serialText?.string == "SN-1")
    #expect(found.displayName?.count == 9)
    #expect(edid { _ in }.displayName == nil)
  }

  @Test("a text in an extension of CTA-861 is found too, but one of the base block first")
  func textInExtension() {
    let name = EDIDBytes.descriptor(0xfc, Array("Second\n".utf8))
    let cta = EDIDBytes.cta(
      descriptors: [EDIDBytes.detailed(64, blank: 8, 48, blank: 2, clock: 20), name])
    #expect(EDID(EDIDBytes.base(with: [cta]).span).displayName?.string == "Second")
    let both = EDIDBytes.base(with: [cta]) {
      $0.replaceSubrange(72..<90, with: EDIDBytes.descriptor(0xfc, Array("First\n".utf8)))
    }
    #expect(EDID(both.span).displayName?.string == "First")
    // A section of DisplayID has no such descriptors, whatever its bytes look like.
    let other = EDIDBytes.base(with: [EDIDBytes.displayID([0, 0] + name)])
    #expect(EDID(other.span).displayName == nil)
  }

  @Test("a text without an end is as long as its descriptor")
  func endless() {
    #expect(named(Array("ABCDEFGHIJKLMNOP".utf8)).displayName?.string == "ABCDEFGHIJKLM")
    #expect(named(Array("ABCDEF       ".utf8)).displayName?.string == "ABCDEF")
    #expect(named([0x41, 0, 0x42]).displayName?.string == "A")
  }

  @Test(
    "G29: what is not printable ASCII is left out of a text; one of which nothing is left is none")
  func notASCII() {
    #expect(named([0xe4, 0x41, 0x7f, 0x09, 0x20, 0x42, 0xff]).displayName?.string == "A B")
    #expect(named([UInt8](repeating: 0xe4, count: 13)).displayName == nil)
    #expect(named(Array("\n".utf8)).displayName == nil)
    #expect(named([UInt8](repeating: 0x20, count: 13)).displayName == nil)
    #expect(named([], tag: 0xff).serialText == nil)
  }

  @Test("texts are equal by their characters, not by what was left out")
  func equality() {
    #expect(named(Array("AB\nCD".utf8)).displayName == named(Array("AB  \nEF".utf8)).displayName)
    #expect(named(Array("AB".utf8)).displayName != named(Array("AC".utf8)).displayName)
    #expect(named(Array("AB".utf8)).displayName != named(Array("ABC".utf8)).displayName)
  }

  @Test("a size is that of the first timing in millimetres, or that of the display in centimetres")
  func size() {
    let none = edid { _ in }
    #expect(none.physicalSize == nil)
    let rough = edid { $0.replaceSubrange(21..<23, with: [52, 29]) }
    #expect(rough.physicalSize == EDID.PhysicalSize(width: 520, height: 290))
    let shape = edid { $0.replaceSubrange(21..<23, with: [79, 0]) }
    #expect(shape.physicalSize == nil)
    let timing = EDIDBytes.detailed(64, blank: 8, 48, blank: 2, clock: 20, size: (4095, 297))
    let exact = edid {
      $0.replaceSubrange(21..<23, with: [52, 29])
      $0.replaceSubrange(54..<72, with: timing)
    }
    #expect(exact.physicalSize == EDID.PhysicalSize(width: 4095, height: 297))
    let unsized = edid {
      $0.replaceSubrange(21..<23, with: [52, 29])
      $0.replaceSubrange(
        54..<72, with: EDIDBytes.detailed(64, blank: 8, 48, blank: 2, clock: 20, size: (5, 0)))
    }
    #expect(unsized.physicalSize == EDID.PhysicalSize(width: 520, height: 290))
  }
}
