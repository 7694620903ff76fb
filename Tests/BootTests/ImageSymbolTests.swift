import Testing
import VirtIOTesting

/// The linked images: what they contain, and that nothing is missing in them.
@Suite struct ImageSymbolTests {
  /// All images; each must have been built.
  static let images = [
    "TestCard", "Minimal", "Showcase", "Scenario", "Faults", "SelfTest", "Scatter", "Interrupts",
    "Bench", "Console",
  ]

  private static func symbols(_ image: String, _ options: [String]) async throws -> [String] {
    let output = try await Command(
      Toolchain.tool("llvm-nm"), options + [Repository.image(image)]
    ).collect()
    try #require(output.succeeded, "\(output.errorText)")
    return output.text.split(separator: "\n").compactMap { line in
      line.split(separator: " ").last.map(String.init)
    }
  }

  @Test(arguments: images)
  func nothingIsUndefined(_ image: String) async throws {
    #expect(try await Self.symbols(image, ["--undefined-only"]) == [])
  }

  @Test func minimalLinksNoAllocator() async throws {
    let symbols = try await Self.symbols("Minimal", [])
    // An image without any symbol would prove nothing.
    #expect(symbols.contains("_start"))
    #expect(Set(symbols).isDisjoint(with: ["posix_memalign", "free"]))
  }

  @Test("the least image stays as small as it has become")
  func minimalIsSmall() async throws {
    let size = try await ImageSize(elf: Repository.image("Minimal"))
    #expect(
      size.byteCount <= 84_400, "by module: \(size.modules), constants \(size.constantByteCount)")
  }

  @Test("no frame is larger than the stack's guard, so none can step over it", arguments: images)
  func framesAreSmallerThanTheGuard(_ image: String) async throws {
    let guardByteCount = 128 << 10
    let output = try await Command(
      Toolchain.tool("llvm-objdump"),
      ["-d", "--no-show-raw-insn", "--print-imm-hex", Repository.image(image)]
    ).collect()
    try #require(output.succeeded, "\(output.errorText)")
    // "sub sp, sp, #5, lsl #12" and one more of less reserve a frame; a larger one is put together in a
    // register. Two ways into a function count as one here, which is too much rather than too little.
    let amount = /sub\s+sp, sp, #0x([0-9a-f]+)(?:, lsl #(\d+))?/
    var largest = 0
    var frame = 0
    for line in output.text.split(separator: "\n") {
      if line.hasSuffix(">:") { frame = 0 }
      guard line.contains("\tsub\t"), let match = line.firstMatch(of: amount),
        let count = Int(match.1, radix: 16)
      else { continue }
      frame += count << (match.2 == nil ? 0 : 12)
      largest = max(largest, frame)
    }
    #expect(largest > 0 && largest < guardByteCount, "\(largest) bytes")
    #expect(output.text.firstMatch(of: /sub\s+sp, sp, x/) == nil)
  }

  @Test("S8: ring indices are shared by load-acquire and store-release, and a barrier for devices")
  func indicesAreOrdered() async throws {
    let output = try await Command(
      Toolchain.tool("llvm-objdump"), ["-d", "--no-show-raw-insn", Repository.image("Minimal")]
    ).collect()
    for instruction in [/\tldarh\t/, /\tstlrh\t/, /\tdmb\tosh\n/] {
      #expect(output.text.firstMatch(of: instruction) != nil)
    }
  }
}
