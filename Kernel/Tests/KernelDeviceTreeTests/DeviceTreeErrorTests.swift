import KernelDeviceTree
import Testing

/// What errors say to a panic line.
@Suite("Errors of a device tree")
struct DeviceTreeErrorTests {
  /// Each error, with what was found and where.
  private static let cases: [(error: DeviceTreeError, found: UInt64?, offset: UInt32?)] = [
    (.badMagic(found: 7), 7, nil), (.unsupportedVersion(found: 16), 16, nil),
    (.badBlock(offset: 8), nil, 8), (.truncated(offset: 12), nil, 12),
    (.badToken(found: 5, offset: 16), 5, 16), (.nestedTooDeep(offset: 20), nil, 20),
    (.badCellCount(found: 3, offset: 24), 3, 24), (.badValue(offset: 28), nil, 28),
    (.untranslatable(address: 1 << 40, offset: 32), 1 << 40, 32), (.noMemory, nil, nil),
  ]

  @Test("each says what was looked for, in words of its own")
  func expectations() {
    let texts = Self.cases.map { "\($0.error.expectation)" }
    #expect(Set(texts).count == texts.count)
    for text in texts { #expect(!text.isEmpty && text.utf8.allSatisfy { 0x20..<0x7f ~= $0 }) }
  }

  @Test("each says what was found instead, and where")
  func findings() {
    for (error, found, offset) in Self.cases {
      #expect(error.found == found, "\(error)")
      #expect(error.offset == offset, "\(error)")
    }
  }
}
